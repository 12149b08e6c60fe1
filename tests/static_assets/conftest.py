"""A browser and a small site, shared by the tests of what runs in the browser."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.patience import patient
from tests.static_assets import site as sites
from tests.static_assets.site import Site

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends with this package: while playwright runs, its event loop would trouble asynchronous tests and the ORM."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        expect.set_options(timeout=patient(5000))
        yield browser
        expect.set_options(timeout=None)
        browser.close()


@pytest.fixture(scope="package")
def served_site() -> Iterator[Site]:
    with sites.running() as site:
        yield site


@pytest.fixture
def site(served_site: Site) -> Site:
    served_site.clear()
    return served_site


@dataclass
class Tab:
    """One page of the browser for all tests, as a new one for each would take most of their time."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.set_default_timeout(patient(5000))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda message: self.note(message.text))

    def note(self, text: str) -> None:
        if "Security Policy" in text:
            self.wrong.append(text)

    def forget(self) -> None:
        self.page.unroute_all()
        self.page.evaluate("localStorage.clear()")
        self.page.context.clear_cookies()
        self.page.goto("about:blank")
        self.wrong.clear()


@pytest.fixture(scope="package")
def tab(browser: Browser) -> Iterator[Tab]:
    tab = Tab(browser.new_page())
    tab.watch()
    yield tab
    tab.page.close()


@pytest.fixture
def page(tab: Tab) -> Iterator[Page]:
    tab.page.set_viewport_size({"width": 1200, "height": 800})
    yield tab.page
    wrong = list(tab.wrong)
    tab.forget()
    assert wrong == []


@pytest.fixture
def wrong(tab: Tab) -> list[str]:
    """What went wrong in the page: its policy was violated, or a script raised. Empty at the end, or the test fails."""
    return tab.wrong


@pytest.fixture
def timed_page(browser: Browser) -> Iterator[Page]:
    """A page whose clock the test moves; such a clock stays with its page."""
    page = browser.new_page()
    page.set_default_timeout(patient(5000))
    page.clock.install()
    yield page
    page.close()
