"""An administrator connects a model; an operator asks it, watches it answer, cancels, and looks at what it proposes."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.control_room import ControlRoom
from tests.endpoint import Answer, Endpoint, Said, endpoint

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

WISH = {
    "environment": "screen-focus",
    "sentence": "make the beam on the screen smaller",
    "variables": {"Q1": {"low": 8.5, "high": 9.5}},
}


class Script:
    """What the model says to each question; `hold` keeps it in the middle of a long answer."""

    def __init__(self) -> None:
        self.hold = threading.Event()

    def __call__(self, asked: dict[str, Any]) -> Answer:  # noqa: PLR0911 - one for each thing that can be said
        last = asked["messages"][-1]
        question = next(m["content"] for m in reversed(asked["messages"]) if m["role"] == "user")
        read = last["role"] == "tool"
        if question.startswith("Hold this answer"):
            return '{"unsupported": [{"quote": "It is on fire.", "why": "no result says so"}]}'
        if "one word: ready" in question:
            return "ready"
        if "tool echo" in question:
            return Said("", (("echo", {"word": "ready"}),))
        if "which magnets" in question:
            calls = (("find_channels", {"words": "quadrupole", "machine": "demo-linac"}),)
            link = "[Q1](/machine/demo-linac/channels/Q1/)"
            return f"There are **three**, such as {link}. It is on fire." if read else Said("I look.", calls)
        if "what should we try" in question:
            return "I propose to move Q1 alone." if read else Said("", (("propose_campaign", WISH),))
        if "remember" in question.casefold():
            return "I will." if read else Said("", (("remember", {"text": "The polarity of Q3 was swapped in May."}),))
        if "about Q3" in question:
            return "It was swapped in May." if read else Said("", (("recall", {"words": "Q3 polarity"}),))
        return Said("This takes rather long", hold=self.hold)


@pytest.fixture(scope="module")
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
def model(script: Script) -> Iterator[Endpoint]:
    with endpoint(script) as scripted:
        yield scripted
        script.hold.set()


def ask(room: ControlRoom, text: str) -> Page:
    """Begin a conversation; its page."""
    page = room.visit("olga", "/assistant/")
    page.get_by_label("What would you like to know?").fill(text)
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".question")).to_contain_text(text)
    return page


def test_without_a_model_the_page_says_what_to_do(room: ControlRoom) -> None:
    page = room.visit("olga", "/assistant/")
    expect(page.locator("main")).to_contain_text("No model is configured.")
    expect(page.get_by_role("button", name="Ask")).to_be_disabled()


def test_an_administrator_adds_a_model_and_tries_it_out(room: ControlRoom, model: Endpoint) -> None:
    page = room.visit("admin", "/admin/agents/modelprofile/add/")
    page.locator("[name=name]").fill("lab")
    page.locator("[name=base_url]").fill(model.url)
    page.locator("[name=model]").fill("llama")
    page.locator("[name=_continue]").click()
    expect(page.locator("body")).to_contain_text("was added successfully")
    page.get_by_role("link", name="Test", exact=True).click()
    expect(page.locator("body")).to_contain_text("It calls tools.")
    expect(page.locator("body")).to_contain_text("“ready”")


def test_an_operator_sees_what_it_looks_up_what_it_cites_and_what_is_not_supported(room: ControlRoom) -> None:
    page = ask(room, "which magnets are there?")
    answer = page.locator(".answer")
    expect(answer).to_contain_text("There are three")
    expect(answer.get_by_role("link", name="Q1")).to_have_attribute("href", "/machine/demo-linac/channels/Q1/")
    page.locator("details.call summary").click()
    expect(page.locator("details.call")).to_contain_text("LI01:QUAD:01:K1")
    expect(page.locator(".remarks")).to_contain_text("“It is on fire.”")


def test_what_is_written_appears_at_once_and_cancelling_ends_it(room: ControlRoom, script: Script) -> None:
    page = room.page("olga")
    page.evaluate("window.stillHere = true")
    page.get_by_label("Ask").fill("tell me everything")
    page.get_by_label("Ask").press("Enter")
    last = page.locator(".turn").last
    expect(last.locator(".draft")).to_have_text("This ")
    last.get_by_role("button", name="Cancel").click()
    expect(last).to_contain_text("It was cancelled.")
    script.hold.set()
    last.get_by_role("button", name="Continue").click()
    expect(page.locator(".turn").last.locator(".answer")).to_have_text("This takes rather long")
    expect(page.get_by_role("button", name="Continue")).to_have_count(0)
    assert page.evaluate("window.stillHere")


def test_a_proposal_lands_filled_in_on_the_page_for_a_new_campaign(room: ControlRoom) -> None:
    page = ask(room, "what should we try?")
    page.get_by_role("link", name="Look at it and start").click()
    expect(page.get_by_label("What should become better?")).to_have_value("make the beam on the screen smaller")
    expect(page.get_by_label("Q1 from")).to_have_value("8.5")
    expect(page.get_by_role("checkbox", name="Q1")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Q2")).not_to_be_checked()


def test_what_is_to_be_remembered_is_found_next_time(room: ControlRoom) -> None:
    page = ask(room, "Remember that Q3 polarity was swapped in May")
    expect(page.locator(".answer")).to_have_text("I will.")
    page = ask(room, "what do you know about Q3?")
    expect(page.locator(".answer")).to_have_text("It was swapped in May.")
    page.locator("details.call summary").click()
    expect(page.locator("details.call")).to_contain_text("The polarity of Q3 was swapped in May.")
    page = room.visit("olga", "/assistant/memory/")
    expect(page.locator("#memories")).to_contain_text("The polarity of Q3 was swapped in May.")


def test_a_conversation_is_read_by_others_through_its_link_alone(room: ControlRoom) -> None:
    page = ask(room, "which magnets are there?")
    expect(page.locator(".answer")).to_contain_text("three")
    address = re.sub(r"^https?://[^/]+", "", page.url)
    page.get_by_role("button", name="Share by link").click()
    link = page.locator(".secret").inner_text()
    peter = room.page("peter")
    peter.goto(link)
    expect(peter.locator(".answer")).to_contain_text("three")
    expect(peter.locator("main form")).to_have_count(0)
    assert peter.request.get(room.url(address)).status == 404
