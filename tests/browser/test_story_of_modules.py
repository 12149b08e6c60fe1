"""A module as people live through it: uploaded, approved, installed, run, watched, tuned, run again, rolled back.

The tests are chapters of one story and run in their order. Its environment is a real one.
"""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from modules import package
from tests.browser.control_room import ControlRoom
from tests.modules.real import directory
from tests.patience import patient

pytestmark = [pytest.mark.browser, pytest.mark.timeout(patient(180))]

MANIFEST = """name: "story/echo"
version: "1.0.0"
description: Says what it is given, in turns.
tunables:
  greeting: "Hello"
  turns: 3
"""
CODE = """
import time

import xopt
from xopt.models import Module, StepResult

client = xopt.client()
greeting = client.tunable("greeting", "What it says first")
turns = client.tunable("turns", "How often")


@xopt.step
def begin(given):
    print("it begins")
    state = {"given": given, "left": turns()}
    return StepResult(action="step_call", content="", module_name="turn", module_input=state)


@xopt.step
def turn(state):
    xopt.progress(1 - state["left"] / turns(), f"{state['left']} turns left")
    time.sleep(0.4)  # long enough for people to see it grow
    if state["left"] > 1:
        rest = state | {"left": state["left"] - 1}
        return StepResult(action="step_call", content="", module_name="turn", module_input=rest)
    return f"{greeting()}, {state['given']['name']}!"


@xopt.module
def echo():
    module = Module("story/echo", "1.0.0", "Says what it is given, in turns.", tunables=[greeting, turns])
    module.register("begin", begin, dict, str)
    module.register("turn", turn, dict, str)
    module.set_start_step("begin")
    return module


xopt.register(echo)
"""
PAGE = "/modules/story/echo/"
BUSY, ENDED = "li.k-step.busy:has-text('turn')", "li.k-step:not(.busy):has-text('turn')"
STILL_HERE = "window.stillHere = true"
ASKED = json.dumps({"name": "world"})


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("story")
    source = directory(place / "echo", "", MANIFEST, main__py=CODE)
    return package.write(source, place)


def test_what_is_no_package_is_refused_with_the_reason(room: ControlRoom, tmp_path: Path) -> None:
    wrong = tmp_path / "holiday.xopt"
    wrong.write_text("this is no archive")
    page = room.visit("peter", "/")
    page.get_by_role("link", name="Modules").click()
    page.get_by_label("Package").set_input_files(wrong)
    page.get_by_role("button", name="Upload and ask").click()
    expect(page.get_by_role("alert")).to_contain_text("Not taken: holiday.xopt")
    room.forgive("422")


def test_a_package_waits_until_another_person_approves_its_installation(room: ControlRoom, packaged: Path) -> None:
    page = room.visit("peter", "/modules/")
    page.get_by_label("Package").set_input_files(packaged)
    page.get_by_role("button", name="Upload and ask").click()
    expect(page.get_by_role("heading", name="story/echo")).to_be_visible()
    expect(page.locator("#head")).to_contain_text("Waits for a decision. Install story/echo@1.0.0")
    expect(page.locator("#head .page-head")).to_contain_text("uploaded, not installed")
    expect(page.get_by_role("button", name="Run", exact=True)).to_have_count(0)


def test_the_installation_is_watched_line_by_line_without_reloading(room: ControlRoom) -> None:
    page = room.page("peter")
    page.evaluate(STILL_HERE)
    room.approve("admin")
    log = page.locator("#log")
    expect(log.locator("li").first).to_be_visible()
    expect(log).to_contain_text("installed in")
    expect(page.locator("#head .page-head")).to_contain_text("installed")
    expect(page.locator("#versions")).to_contain_text("current")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    assert page.evaluate("window.stillHere"), "the page was loaded again"


def test_bad_json_is_named_and_stays_as_it_was_typed(room: ControlRoom) -> None:
    page = room.visit("peter", PAGE)
    page.get_by_label("Input", exact=True).fill('{"name": world}')
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("line 1, column 10")
    expect(page.get_by_label("Input", exact=True)).to_have_value('{"name": world}')
    room.forgive("422")


def test_the_trace_grows_while_it_runs(room: ControlRoom) -> None:
    page = _run(room)
    page.evaluate(STILL_HERE)
    trace = page.locator("#trace-panel")
    steps = trace.locator(ENDED)
    page.locator(f"#trace-panel:has({BUSY}):has({ENDED})").wait_for()  # looked for with each frame: it lasts 0.8 s
    expect(page.locator("#head .metered")).to_contain_text("turns left")
    expect(steps).to_have_count(3)
    expect(page.locator("#answer")).to_contain_text("Hello, world!")
    expect(page.locator("#head .pill").first).to_have_text("succeeded")
    expect(trace).to_contain_text("it begins")
    assert page.evaluate("window.stillHere"), "the page was loaded again"


def test_an_event_unfolds_and_stays_unfolded_as_the_trace_grows(room: ControlRoom) -> None:
    page = _run(room)
    trace = page.locator("#trace-panel")
    first = trace.locator("li.k-step", has_text="begin").last
    first.locator("summary").click()
    expect(first.locator(".unfolded")).to_contain_text("world")
    expect(page.locator("#head .pill").first).to_have_text("succeeded")
    expect(trace.locator("li", has_text="succeeded")).to_be_visible()
    expect(first.locator(".unfolded")).to_be_visible()


def test_a_tunable_is_edited_and_the_next_run_uses_it(room: ControlRoom) -> None:
    page = room.visit("peter", PAGE)
    page.get_by_role("link", name="Tunables").click()
    page.get_by_role("link", name="greeting").click()
    page.get_by_label("Value").fill("Good evening")
    page.get_by_label("Why").fill("it is late")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#history")).to_contain_text("it is late")
    _set_turns(room, "1")
    page = _run(room)
    expect(page.locator("#answer")).to_contain_text("Good evening, world!")
    expect(page.locator("#side")).to_contain_text("set for the module")


def test_a_number_that_is_none_is_named_and_kept(room: ControlRoom) -> None:
    page = _set_turns(room, "many")
    expect(page.get_by_role("alert")).to_contain_text("This is not a number.")
    expect(page.get_by_label("Value")).to_have_value("many")
    room.forgive("422")


def test_what_is_rolled_back_is_shown_before_and_holds_for_the_next_run(room: ControlRoom) -> None:
    page = room.visit("peter", f"{PAGE}tunables/value/?name=greeting")
    watched = room.visit("admin", f"{PAGE}tunables/value/?name=greeting")
    watched.evaluate(STILL_HERE)
    page.get_by_role("link", name="Roll back to 0").click()
    difference = page.locator("#difference")
    expect(difference.locator("del")).to_have_text("Good evening")
    expect(difference.locator("ins")).to_have_text("Hello")
    difference.get_by_role("button", name="Roll back to number 0").click()
    expect(page.locator("#history")).to_contain_text("rolled back to 0")
    expect(watched.locator("#history")).to_contain_text("rolled back to 0")
    assert watched.evaluate("window.stillHere"), "the page was loaded again"
    page = _run(room)
    expect(page.locator("#answer")).to_contain_text("Hello, world!")


def test_a_run_is_cancelled_after_saying_what_that_means(room: ControlRoom) -> None:
    _set_turns(room, "500")
    page = _run(room)
    expect(page.locator("#trace-panel li.k-step", has_text="turn").first).to_be_visible()
    page.get_by_role("button", name="Cancel…").click()
    expect(page.locator("dialog[open]")).to_contain_text("All processes of the module are ended")
    page.locator("dialog[open]").get_by_role("button", name="Cancel the run").click()
    expect(page.locator("#head .pill").first).to_have_text("cancelled")
    _set_turns(room, "1")


def test_two_runs_are_compared(room: ControlRoom) -> None:
    page = room.visit("peter", "/runs/")
    rows = page.locator("tbody tr", has_text="story/echo")
    expect(rows.nth(2)).to_be_visible()
    second, third = (str(rows.all()[-number].get_attribute("id")).removeprefix("run-") for number in (2, 3))
    for number in (second, third):
        page.get_by_label(f"Compare run {number}", exact=True).check()
    page.get_by_role("button", name="Compare the two chosen").click()
    expect(page.get_by_role("heading", name=f"Run {second} and run {third}")).to_be_visible()
    expect(page.locator("tr.differs", has_text="greeting")).to_contain_text("Good evening")


def test_a_project_locks_what_it_depends_on(room: ControlRoom) -> None:
    page = room.visit("admin", "/projects/")
    page.get_by_label("Name").fill("Night shift")
    page.get_by_role("button", name="Make it").click()
    page.get_by_label("Module").fill("story/echo")
    page.get_by_label("Version").fill(">=1")
    page.get_by_role("button", name="Depend on it").click()
    expect(page.locator("#dependencies")).to_contain_text("not locked")
    page.get_by_role("button", name="Sync").click()
    expect(page.locator("#head .pill").first).to_have_text("synced")
    expect(page.locator("#dependencies tbody tr")).to_contain_text("1.0.0")


def test_uninstalling_says_who_needs_it(room: ControlRoom) -> None:
    page = room.visit("admin", PAGE)
    page.get_by_role("link", name="Uninstall…").click()
    expect(page.get_by_role("alert")).to_contain_text("is needed by project Night shift")
    expect(page.get_by_role("button", name="Uninstall 1.0.0")).to_be_disabled()


def _run(room: ControlRoom) -> Page:
    """Have the module run; the page of the run."""
    page = room.visit("peter", PAGE)
    page.get_by_label("Input", exact=True).fill(ASKED)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile(r"Run \d+"))).to_be_visible()
    return page


def _set_turns(room: ControlRoom, value: str) -> Page:
    page = room.visit("peter", f"{PAGE}tunables/value/?name=turns")
    page.get_by_label("Value").fill(value)
    page.get_by_role("button", name="Save").click()
    return page
