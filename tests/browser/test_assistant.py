"""An administrator connects a model; an operator asks it, watches it answer, cancels, and looks at what it proposes."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.control_room import ControlRoom
from tests.endpoint import Answer, Endpoint, Said, endpoint
from tests.patience import patient

pytestmark = [pytest.mark.browser, pytest.mark.timeout(patient(180))]

WISH = {
    "environment": "screen-focus",
    "sentence": "make the beam on the screen smaller",
    "variables": {"Q1": {"low": 8.5, "high": 9.5}},
}


PLOT = "import matplotlib.pyplot as plt\nplt.plot([3, 1, 2])\nplt.title('Beam size')"
REACHES_OUT = """<p id="out">no script ran</p><script>
const ways = {
  parent: () => parent.document.title, cookie: () => document.cookie, storage: () => localStorage.length,
  top: () => { top.location.href = "/campaigns/"; },
};
const said = Object.entries(ways).map(([name, way]) => {
  try { way(); return `${name} yes`; } catch { return `${name} no`; }
});
const network = fetch("/artifacts/").then(() => "network yes", () => "network no");
network.then((last) => { document.getElementById("out").textContent = [...said, last].join(", "); });
</script>"""


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
        if "how large" in question:
            return "It is 6.28 mm²." if read else Said("", (("skill_beam_area", {"width": 2, "height": 1}),))
        if "plot the beam" in question:
            page = {"title": "A page", "text": REACHES_OUT, "kind": "html"}
            return "Here it is." if read else Said("", (("python", {"code": PLOT}), ("keep_artifact", page)))
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


def ask(room: ControlRoom, text: str, name: str = "olga") -> Page:
    """Begin a conversation; its page."""
    page = room.visit(name, "/assistant/")
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


def test_a_skill_is_written_tried_out_approved_by_another_and_used_by_the_assistant(room: ControlRoom) -> None:
    page = room.visit("peter", "/modules/")
    page.get_by_role("link", name="Skills", exact=True).click()
    page.get_by_role("link", name="Write a skill").first.click()
    page.get_by_label("What it is good for").fill("Area of a beam, in mm²")
    page.get_by_role("button", name="Store and check").click()
    expect(page.locator("#checks")).to_contain_text("1 example gives what is expected.")
    page.get_by_role("button", name="Ask for its promotion").click()
    expect(page.locator("main")).to_contain_text("Waits for a decision")
    page.evaluate("window.stillHere = true")
    room.approve("admin")
    expect(page.locator("#skill-body .page-head")).to_contain_text("is the tool")
    assert page.evaluate("window.stillHere"), "the page was loaded again"
    page = ask(room, "how large is the beam?", "peter")
    expect(page.locator(".answer")).to_have_text("It is 6.28 mm².")
    page.locator("details.call summary").click()
    expect(page.locator("details.call")).to_contain_text("6.283185307179586")
    page.get_by_role("link", name="beam_area").click()
    expect(page.locator("#used")).to_contain_text("1 time")


def test_what_it_made_is_walked_through_by_keyboard_and_a_page_of_it_reaches_nothing(room: ControlRoom) -> None:
    page = ask(room, "plot the beam size")
    expect(page.locator(".answer")).to_have_text("Here it is.")
    expect(page.locator(".made .card-link")).to_have_count(2)
    assert page.locator(".made img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    expect(page.locator(".rail .count.fresh")).to_have_text("2")
    page = room.visit("olga", "/artifacts/")
    expect(page.locator(".new-badge")).to_have_count(2)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card-link").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Beam size")).to_be_visible()
    expect(page.locator("img.whole")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="A page")).to_be_visible()
    out = page.frame_locator(".page-frame").locator("#out")
    expect(out).to_have_text("no script ran")
    page.get_by_role("link", name="Run its scripts, shut in").click()
    expect(out).to_have_text("parent no, cookie no, storage no, top no, network no")
    room.forgive("Content Security Policy", "sandboxed", "Unsafe attempt", "Failed to load resource", "Blocked script")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Artifacts")).to_be_visible()
    expect(page.locator(".card-link").first).to_be_focused()
    expect(page.locator(".new-badge")).to_have_count(0)
    expect(page.locator(".rail .count.fresh")).to_have_count(0)
