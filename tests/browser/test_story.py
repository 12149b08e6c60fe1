"""A campaign as people live through it: asked in words, decided by another, watched, paused, stopped, remembered.

The tests are chapters of one story and run in their order. Setpoints are read at the IOC by a client of its own.
"""

import os
import re
import signal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.control_room import QUADRUPOLES, ControlRoom
from tests.patience import patient
from tests.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(patient(180))]

BEFORE = {"Q1": 10.0, "Q2": -9.0, "Q3": 5.0}
EVALUATIONS = 10
BETTER = re.compile(r"beam_size: 3\d\d(\.\d)? ± .+ → 1\d\d(\.\d+)? ± .+ µm \(−\d\d %\)")
STILL_HERE = "window.stillHere = true"


def test_the_approver_arms_the_machine_and_is_asked_for_the_password_again(room: ControlRoom) -> None:
    page = room.visit("peter", "/machine/")
    expect(page.get_by_role("heading", name="Demo linac", exact=True)).to_be_visible()
    expect(page.locator("#standing .pill").first).to_have_text("disarmed")
    room.outlast_login("peter")
    assert room.insist("peter", page.get_by_role("button", name="Arm…"), dialog=True), "no password was asked for"
    expect(page.locator("#standing .pill").first).to_have_text(re.compile(r"armed · 7 h 59 min left"))
    assert room.setpoints() == BEFORE


def test_an_operator_asks_in_words_and_can_change_what_was_understood(room: ControlRoom) -> None:
    page = room.visit("olga", "/campaigns/new/")
    sentence, understood = page.get_by_label("What should become better?"), page.locator("#understood")
    sentence.fill("tea for everyone")
    expect(understood).to_have_text(re.compile("Which"))
    sentence.fill("make the beam on the screen smaller")
    expect(understood).to_have_text("understood as: minimise beam size")
    page.get_by_label("or exactly").select_option("charge")
    expect(understood).to_have_text("chosen by hand")
    page.get_by_label("or exactly").select_option("")
    expect(understood).to_have_text("understood as: minimise beam size")


def test_a_request_arrives_at_the_approver_without_reloading(room: ControlRoom) -> None:
    queue = room.visit("peter", "/approvals/?state=pending")
    expect(queue.locator("#queue")).to_contain_text("Nothing waits here")
    queue.evaluate(STILL_HERE)
    page = room.ask("olga", EVALUATIONS, generator="neldermead")
    expect(page.locator(".stage.done")).to_have_text([re.compile("ready"), re.compile("optim"), re.compile("simplex")])
    expect(page.locator(".stage.now")).to_contain_text("Approval")
    expect(page.locator("#head")).to_contain_text("Waits for a decision")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(queue.locator("#queue tbody tr")).to_have_count(1)
    expect(queue.locator("#queue")).to_contain_text("make the beam on the screen smaller")
    expect(queue.locator("#rail .count")).to_have_text("1")
    assert queue.evaluate("window.stillHere")


def test_the_approver_reads_what_will_move_and_approves(room: ControlRoom) -> None:
    page = room.page("peter")
    page.locator("#queue tbody a").click()
    expect(page.get_by_role("heading", name=f"Approve: {EVALUATIONS} evaluations on 3 channels")).to_be_visible()
    rows = page.locator("table", has=page.get_by_text("step ≤")).locator("tbody tr")
    for row, (name, address) in zip(rows.all(), QUADRUPOLES.items(), strict=True):
        now = f"{BEFORE[name]:.3f}".replace("-", "−")
        for shown in (name, address, f"{now}m⁻²", "−20.000", "20.000", "−30 … 30", "5"):
            expect(row).to_contain_text(shown)
        expect(row.get_by_role("img")).to_be_visible()
    expect(page.locator("main")).to_contain_text(re.compile(r"baseline3\d\d(\.\d)? ± [\d.]+ µm"))
    assert room.setpoints() == BEFORE
    room.insist("peter", page.get_by_role("button", name="Approve"))
    expect(page.locator("#approval-head .pill")).to_have_text(re.compile("approved|used"))


def test_the_operator_watches_it_live_pauses_resumes_and_lets_it_finish(room: ControlRoom) -> None:
    page = room.page("olga")
    page.evaluate(STILL_HERE)
    objective, variables = page.locator("[data-chart=objective]"), page.locator("[data-chart=variables]")
    expect(page.locator(".stage.now")).to_contain_text("Execution")
    expect(page.locator("#evaluation-2 .pill")).to_have_text(re.compile("confirmed"))
    assert page.evaluate("window.stillHere")
    page.get_by_role("button", name="Pause").click()
    expect(objective).to_have_attribute("aria-label", re.compile("[2-9] evaluations, best"))
    room.expect_state(page, "paused")
    quiet = room.setpoints()
    assert {value for _, value in room.outside.watch(QUADRUPOLES["Q1"], 1.0)} <= {quiet["Q1"]}
    assert room.setpoints() == quiet
    page.get_by_role("button", name="Resume").click()
    page.evaluate(STILL_HERE)
    expect(page.locator(f"#evaluation-{EVALUATIONS} .pill")).to_have_text(re.compile("confirmed"))
    expect(objective).to_have_attribute("aria-label", re.compile("1[0-3] evaluations, best 1"))
    expect(variables.locator("canvas")).to_be_visible()
    expect(page.locator("[data-chart-key]")).to_have_text("Q1Q2Q3")
    room.expect_state(page, "waiting for approval")
    assert page.evaluate("window.stillHere"), "the page was loaded again"


def test_the_analysis_says_from_what_to_what_and_the_second_iteration_asks_again(room: ControlRoom) -> None:
    page = room.page("olga")
    expect(page.locator("#stage-rail [aria-current=true]")).to_have_text(re.compile("^2"))
    expect(page.locator(".stage.now")).to_contain_text("Approval")
    expect(page.locator("#side .big").first).to_have_text(re.compile(r"^1\d\d(\.\d)?µm$"))
    expect(page.locator("#side .big").last).to_have_text(re.compile(r"^−\d\d\s%$"))
    page.get_by_role("link", name="Analysis").click()
    expect(page.locator("#analysis .verdict")).to_have_text(BETTER)
    expect(page.locator("#analysis")).to_contain_text("left at the best point, as approved")
    best = {name: float(text) for name, text in zip(QUADRUPOLES, _best(page), strict=True)}
    assert room.setpoints() == pytest.approx(best, abs=0.05)


def _best(page: Page) -> list[str]:
    values = page.locator("#analysis dl").last.locator("dd").all_inner_texts()
    return [value.replace("−", "-") for value in values]


def test_rejecting_ends_the_campaign_in_peace_and_moves_nothing(room: ControlRoom) -> None:
    standing = room.setpoints()
    page = room.visit("peter", "/approvals/?state=pending")
    page.locator("#queue tbody a").click()
    expect(page.locator("main")).to_contain_text("Difference from iteration 1")
    page.get_by_label("Reason").fill("It is small enough.")
    room.insist("peter", page.get_by_role("button", name="Reject"))
    expect(page.locator("#approval-head .pill")).to_have_text("rejected")
    operator = room.page("olga")
    room.expect_state(operator, "rejected")
    expect(operator.locator("#head")).to_contain_text("It is small enough.")
    assert room.setpoints() == standing


def test_the_machine_can_be_brought_back_to_before_the_campaign(room: ControlRoom) -> None:
    page = room.page("olga")
    page.get_by_role("button", name="Restore to before the campaign…").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("Q3")
    dialog.get_by_role("button", name="Ask for the restore").click()
    expect(page.get_by_role("heading", name=re.compile("Restore 1 channel"))).to_be_visible()
    room.approve("peter")
    wait_until(lambda: room.setpoints() == BEFORE, 20, what="the setpoints from before the campaign")
    expect(room.visit("olga", "/machine/demo-linac/").locator("#restores")).to_contain_text("All channels are free.")


def test_stop_restores_the_beam(room: ControlRoom) -> None:
    page = _executing(room)
    page.get_by_role("button", name="STOP", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="STOP on Demo linac")).to_contain_text("goes back")
    room.expect_state(page, "stopped")
    expect(page.locator("#head")).to_contain_text("The channels are back at the values from before.")
    expect(page.locator("#evaluations .busy")).to_have_count(0)
    assert room.setpoints() == BEFORE


def test_stop_in_a_terminal_does_the_same_while_the_web_is_down(room: ControlRoom) -> None:
    page = _executing(room)
    web = room.house.status()["web"]["pid"]
    os.kill(web, signal.SIGSTOP)
    said = room.house.command("stop")
    assert said.returncode == 0, said.stderr
    assert "STOP on Demo linac" in said.stdout
    wait_until(lambda: room.setpoints() == BEFORE, 20, what="the setpoints from before the campaign")
    os.kill(web, signal.SIGKILL)
    wait_until(lambda: room.house.status()["web"]["pid"] != web, 20, what="another web process")
    room.expect_state(page, "stopped")
    expect(page.locator("[data-live-state]")).to_have_text("live")
    room.forgive("ERR_", "WebSocket", "htmx:")  # a page must complain while nobody answers


def _executing(room: ControlRoom) -> Page:
    """A campaign that has moved the machine and would go on for a while."""
    page = room.ask("olga", 60, generator="random")
    room.approve("peter")
    expect(page.locator("#evaluation-2 .pill")).to_have_text(re.compile("confirmed"))
    assert room.setpoints() != BEFORE
    return page


def test_every_page_that_is_linked_works_without_errors(room: ControlRoom) -> None:
    seen, waiting = set[str](), ["/"]
    page = room.page("peter")
    while waiting:
        path = waiting.pop()
        response = page.goto(room.url(path))
        assert response is not None
        assert response.status == 200, path
        seen.add(path)
        links = page.evaluate("[...document.querySelectorAll('a[href]')].map((a) => a.href)")
        found = {_path(link) for link in links if link.startswith(room.url("/"))}
        waiting += [path for path in found - seen - set(waiting) if not re.search(r"\.(csv|yaml|json)|admin|\?", path)]
    assert {"/campaigns/1/trace/", "/approvals/1/", "/machine/demo-linac/channels/Q1/", "/account/"} <= seen


def _path(link: str) -> str:
    return urlsplit(link)._replace(scheme="", netloc="", fragment="").geturl()


def test_all_of_it_is_still_there_after_restarting_everything(room: ControlRoom) -> None:
    page = room.page("olga")
    shown = [_records(room, page, number) for number in (1, 2, 3)]
    for each in room.pages.values():
        each.goto("about:blank")
    assert room.house.process is not None
    room.house.send(signal.SIGINT)
    assert room.house.process.returncode == 0
    room.house.start()
    assert [_records(room, page, number) for number in (1, 2, 3)] == shown
    room.visit("peter", "/machine/demo-linac/")
    expect(room.page("peter").locator("#standing .pill").first).to_have_text(re.compile("armed · "))


def _records(room: ControlRoom, page: Page, number: int) -> list[str]:
    """What the tabs of a campaign say."""
    room.visit("olga", f"/campaigns/{number}/")
    said = [
        page.locator("#head .page-head > .pill").first.inner_text(),
        page.locator("#evaluations table").inner_text(),
    ]
    for tab in ("trace", "writes", "configuration", "analysis", "audit"):
        room.visit("olga", f"/campaigns/{number}/{tab}/")
        said.append(page.locator("section.panel").last.inner_text())
    return said
