"""The people, their browsers and the machine of a control room, as the story of a campaign needs them."""

import re
import time
from dataclasses import dataclass, field

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.ca_client import IndependentClient
from tests.patience import patient
from tests.supervisor.house import House

REAUTHENTICATE_S = 8  # long enough to press a button again, short enough to be asked
LOGIN = re.compile(r"^    \w+ +(\w+) +([a-z]+(?:-[a-z]+){3})$", re.MULTILINE)
QUADRUPOLES = {"Q1": "LI01:QUAD:01:K1", "Q2": "LI01:QUAD:02:K1", "Q3": "LI01:QUAD:03:K1"}
PATIENCE_MS = patient(30_000)


@dataclass
class ControlRoom:
    """`wrong` collects what any page reports as an error; a test fails on it."""

    house: House
    browser: Browser
    outside: IndependentClient
    wrong: list[str] = field(default_factory=list)
    pages: dict[str, Page] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    confirmed_at: dict[str, float] = field(default_factory=dict)

    # -- people

    def page(self, name: str) -> Page:
        """The browser of one person, who is logged in."""
        if name not in self.pages:
            self.pages[name] = self._enter(name)
        return self.pages[name]

    def _enter(self, name: str) -> Page:
        self.passwords |= dict(LOGIN.findall(self.house.says()))
        page = self.browser.new_context(
            viewport={"width": 1440, "height": 1000},
            reduced_motion="reduce",  # what breathes is painted sixty times a second, on a processor that others need
        ).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: self._note(name, message))
        page.on("pageerror", lambda error: self.wrong.append(f"{name} at {page.url}: {error}"))
        page.goto(self.url("/"))
        expect(page).to_have_title(re.compile("Log in"))
        page.get_by_label("Name").fill(name)
        self._give_password(name, page, "Log in")
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        return page

    def _give_password(self, name: str, page: Page, button: str) -> None:
        page.get_by_label("Password").fill(self.passwords[name])
        page.get_by_role("button", name=button).click()
        self.confirmed_at[name] = time.monotonic()

    def _note(self, name: str, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrong.append(f"{name} at {message.location.get('url')}: {message.text}")

    def forgive(self, *words: str) -> None:
        """Forget the errors that say one of these."""
        self.wrong[:] = [each for each in self.wrong if not any(word in each for word in words)]

    def url(self, path: str) -> str:
        return self.house.address().rstrip("/") + path

    def visit(self, name: str, path: str) -> Page:
        page = self.page(name)
        page.goto(self.url(path))
        return page

    def outlast_login(self, name: str) -> None:
        """Wait until the password was given so long ago that it is asked for again."""
        left = self.confirmed_at[name] + REAUTHENTICATE_S + 0.5 - time.monotonic()
        self.page(name).wait_for_timeout(max(0.0, left) * 1000)

    def insist(self, name: str, button: Locator, *, dialog: bool = False) -> bool:
        """Press what may ask for the password again: then give it, and press again. Whether it was asked for.

        Where pages come slowly, the password can be too old again before the button is pressed.
        """
        page, asked = self.page(name), False
        self._press(page, button, dialog=dialog)
        while re.search("/confirm/", page.url):
            asked = True
            expect(page.get_by_role("heading", name="Your password again")).to_be_visible()
            self._give_password(name, page, "Confirm")
            expect(button).to_be_visible()
            self._press(page, button, dialog=dialog)
        return asked

    @staticmethod
    def _press(page: Page, button: Locator, *, dialog: bool) -> None:
        """Press a button whose form leads to another page."""
        if dialog:
            button.click()
            button = page.locator("dialog[open] button[value=confirm]")
        with page.expect_navigation():
            button.click()

    # -- the machine, seen from outside

    def setpoints(self) -> dict[str, float]:
        return {name: float(self.outside.get(address)) for name, address in QUADRUPOLES.items()}

    # -- campaigns

    def ask(self, name: str, evaluations: int, *, generator: str) -> Page:
        """Ask for a smaller beam; the page that says that it waits for approval."""
        page = self.visit(name, "/campaigns/new/")
        page.get_by_label("What should become better?").fill("make the beam on the screen smaller")
        expect(page.locator("#understood")).to_have_text("understood as: minimise beam size")
        page.get_by_label("Generator").select_option(generator)
        expect(page.locator("#options")).not_to_contain_text("The rules choose")
        page.get_by_label("Evaluations in each iteration").fill(str(evaluations))
        page.get_by_label(re.compile("charge > 50")).uncheck()
        page.get_by_role("button", name="Start the campaign").click()
        expect(page.get_by_role("heading", name="make the beam on the screen smaller")).to_be_visible()
        self.expect_state(page, "waiting for approval")
        return page

    def expect_state(self, page: Page, state: str) -> None:
        expect(page.locator("#head .page-head > .pill").first).to_have_text(state)

    def approve(self, name: str) -> None:
        """Approve the only request that waits."""
        page = self.visit(name, "/approvals/?state=pending")
        page.locator("#queue tbody a").click()
        self.insist(name, page.get_by_role("button", name="Approve"))
        expect(page.locator("#approval-head .pill")).to_have_text(re.compile("approved|used"))
