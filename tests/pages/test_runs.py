"""Runs in a list, one run with its trace, and two of them side by side."""

import json
import re
from html import unescape

import pytest
from django.test import Client

from controls.models import Machine
from modules.models import Module, Run
from tests.pages.modules_world import TRACE, calls, make_module, make_run, many_events
from tests.pages.test_speed import queries
from tests.pages.world import log_in
from xoptweb.accounts.models import User
from xoptweb.live.services import publish


@pytest.fixture
def module(linac: Machine) -> Module:
    return make_module()


@pytest.fixture
def visitor(client: Client, module: Module, peter: User) -> Client:
    return log_in(client, peter)


def text(client: Client, page: str) -> str:
    return unescape(client.get(page).content.decode())


def rows(page: str) -> list[str]:
    """The rows of the waterfall, each from its first to its last word."""
    return page.partition('<ol class="waterfall">')[2].partition("</ol>")[0].split("<li ")[1:]


def row(page: str, word: str) -> str:
    return next(each for each in rows(page) if f"<b>{word}</b>" in each)


def test_a_run_shows_what_went_in_what_came_out_and_what_it_took(visitor: Client, module: Module) -> None:
    run = make_run(module)
    page = text(visitor, f"/runs/{run.pk}/")
    for expected in ('"question": "why?"', "because", "120 → 30", "$0.0042", "3.00 s", "succeeded", "temperature"):
        assert expected in page


def test_a_failure_is_told_to_a_person_with_the_traceback_folded(visitor: Client, module: Module) -> None:
    run = make_run(module, state=Run.State.FAILED, error="The channel is gone.", traceback="line 7, in think")
    page = text(visitor, f"/runs/{run.pk}/")
    assert "Why it failed" in page
    assert "The channel is gone." in page
    assert "<summary>Traceback</summary>" in page


def test_spans_lie_inside_of_one_another_with_times_tokens_and_cost(visitor: Client, module: Module) -> None:
    page = text(visitor, f"/runs/{make_run(module).pk}/")
    indents = [re.search(r'class="what d(\d)"', each)[1] for each in rows(page)]  # type: ignore[index]
    assert indents == ["0", "0", "1", "2", "2", "2", "0"]
    model = row(page, "small")
    for expected in ("Because it is.", "1.00 s", "120 → 30 tokens", "$0.0042"):
        assert expected in model
    bar = re.search(r'<rect x="([\d.]+)%" width="([\d.]+)%"', model)
    assert bar is not None
    assert (float(bar[1]), float(bar[2])) == pytest.approx((3.33, 33.3), abs=0.2)


def test_what_went_wrong_is_marked_and_foreign_text_cannot_hide(visitor: Client, module: Module) -> None:
    page = text(visitor, f"/runs/{make_run(module).pk}/")
    assert "Q1 does not answer" in row(page, "read_channels")
    assert 'class="pill bad"' in row(page, "read_channels")
    assert "thinking \\u202ehard" in page
    assert "\u202e" not in page


def test_a_step_that_never_ended_says_so(visitor: Client, module: Module) -> None:
    assert "no end" in row(text(visitor, f"/runs/{make_run(module, TRACE[:2]).pk}/"), "think")
    running = make_run(module, TRACE[:2], state=Run.State.RUNNING)
    assert 'class="dot busy"' in row(text(visitor, f"/runs/{running.pk}/"), "think")


def test_a_called_modules_trace_lies_inside_of_the_call(visitor: Client, module: Module) -> None:
    helper = make_module("demo/helper")
    child = make_run(helper, [("step", {"step_name": "help", "input": "?", "t": 0.1})], state=Run.State.RUNNING)
    parent = make_run(module, calls(child), state=Run.State.RUNNING)
    Run.objects.filter(pk=child.pk).update(parent=parent)
    page = text(visitor, f"/runs/{parent.pk}/?part=trace")
    titles = [re.search("<b>(.*?)</b>", each)[1] for each in rows(page)]  # type: ignore[index]
    assert titles == ["running", "demo/reasoner", "think", "demo/helper@1.0.0", "running", "help"]
    assert 'class="what d3"' in row(page, "help")
    assert "600 ms" in row(page, "help")  # on the clock of the run that called
    assert f'data-live-stream="{child.stream}"' in page
    assert f"{child.stream}:*" in re.search('data-live-refresh="([^"]*)"', page)[1]  # type: ignore[index]


def test_an_event_unfolds_to_all_that_is_known_of_it(visitor: Client, module: Module) -> None:
    run = make_run(module)
    address = re.search('hx-get="([^"]*)"', row(text(visitor, f"/runs/{run.pk}/"), "small"))[1]  # type: ignore[index]
    detail = unescape(visitor.get(address, headers={"HX-Request": "true"}).content.decode())
    for expected in ("Why is that so?", "Because it is.", "small", "120", 'class="said-block ai"'):
        assert expected in detail
    assert "<html" not in detail
    assert "<html" in text(visitor, address)


def test_a_long_trace_comes_in_pages_that_cost_the_same(visitor: Client, module: Module) -> None:
    short, long = make_run(module), make_run(module)
    many_events(long, 5000)
    assert queries(visitor, f"/runs/{long.pk}/") <= queries(visitor, f"/runs/{short.pk}/") + 1
    assert queries(visitor, f"/runs/{long.pk}/?page=20") <= queries(visitor, f"/runs/{short.pk}/") + 2
    page = text(visitor, f"/runs/{long.pk}/?page=7")
    assert "events 1501 to 1750 of 5010" in page
    assert "?page=6" in page
    assert "?page=8" in page
    assert 150 < len(rows(page)) <= 250
    assert "no end" not in page.partition('<ol class="waterfall">')[2].partition("</ol>")[0]
    assert "events 5001 to 5010" in text(visitor, f"/runs/{long.pk}/?page=latest")
    assert "events 5001 to 5010" in text(visitor, f"/runs/{long.pk}/?page=999999")


def test_the_latest_page_of_a_run_that_goes_on_stays_the_latest(visitor: Client, module: Module) -> None:
    run = make_run(module, state=Run.State.RUNNING)
    many_events(run, 600)
    page = text(visitor, f"/runs/{run.pk}/")
    assert "events 501 to 609" in page
    assert f'hx-get="/runs/{run.pk}/?part=trace&page=latest"' in page


def test_a_second_attempt_shows_what_happened_since_it_began(visitor: Client, module: Module) -> None:
    run = make_run(module, [("print", {"text": "from the first attempt", "t": 0.1})], state=Run.State.RUNNING)
    publish(run.stream, "state", {"state": "queued", "attempt": 1, "message": "The worker of attempt 1 died."})
    publish(run.stream, "state", {"state": "running", "attempt": 2})
    publish(run.stream, "print", {"text": "from the second", "t": 0.1})
    Run.objects.filter(pk=run.pk).update(attempt=2)
    page = text(visitor, f"/runs/{run.pk}/")
    assert "from the second" in page
    assert "from the first attempt" not in page
    assert "attempt 2" in page


def test_progress_is_told_while_it_runs(visitor: Client, module: Module) -> None:
    told = ("progress", {"fraction": 0.4, "text": "reading 5 channels", "t": 0.5})
    run = make_run(module, [told], state=Run.State.RUNNING)
    head = text(visitor, f"/runs/{run.pk}/?part=head")
    assert "reading 5 channels" in head
    assert "40 %" in head


def test_cancelling_ends_what_waits_at_once_and_asks_what_runs_to_end(visitor: Client, module: Module) -> None:
    waits, runs = make_run(module, [], state=Run.State.QUEUED), make_run(module, [], state=Run.State.RUNNING)
    for run in (waits, runs):
        assert 'id="cancel-dialog"' in text(visitor, f"/runs/{run.pk}/")
        assert visitor.post(f"/runs/{run.pk}/cancel/").status_code == 302
        run.refresh_from_db()
    assert (waits.state, runs.cancel_requested) == (Run.State.CANCELLED, True)
    assert "being cancelled" in text(visitor, f"/runs/{runs.pk}/?part=head")
    assert visitor.post(f"/runs/{waits.pk}/cancel/").status_code == 409


def test_running_again_gives_the_same_input(visitor: Client, module: Module) -> None:
    run = make_run(module, overrides={"tunables": {"temperature": 1}})
    answer = visitor.post(f"/runs/{run.pk}/again/")
    again = Run.objects.latest("pk")
    assert answer["Location"] == f"/runs/{again.pk}/"
    assert (again.input, again.overrides["tunables"], again.requester) == (run.input, {"temperature": 1}, "peter")


def test_an_operator_looks_and_can_neither_cancel_nor_run_again(client: Client, module: Module, olga: User) -> None:
    log_in(client, olga)
    run = make_run(module, state=Run.State.RUNNING)
    page = text(client, f"/runs/{run.pk}/")
    assert 'id="do-' not in page
    for verb in ("cancel", "again"):
        assert client.post(f"/runs/{run.pk}/{verb}/").status_code == 403


def test_the_trace_is_given_out_in_the_original_form(visitor: Client, module: Module) -> None:
    run = make_run(module)
    answer = visitor.get(f"/runs/{run.pk}/trace.json")
    assert f'filename="run-{run.pk}-trace.json"' in answer["Content-Disposition"]
    trace = json.loads(answer.content)
    assert [one["type"] for one in trace["llm_calls"]] == ["llm_call", "llm_call"]
    assert trace["module_name"] == "demo/reasoner"


def test_filters_narrow_the_list_and_called_runs_come_when_asked_for(visitor: Client, module: Module) -> None:
    done = make_run(module)
    failed = make_run(module, state=Run.State.FAILED, error="no beam")
    called = make_run(make_module("demo/helper"), parent=done)

    def listed(query: str) -> set[int]:
        return {int(number) for number in re.findall(r'<tr id="run-(\d+)"', text(visitor, f"/runs/{query}"))}

    assert listed("") == {done.pk, failed.pk}
    assert listed("?called=1") == {done.pk, failed.pk, called.pk}
    assert listed("?state=failed") == listed("?search=no+beam") == {failed.pk}
    assert listed("?state=open") == listed("?project=nowhere") == set()
    assert listed("?module=demo/helper&called=1") == {called.pk}


def test_lists_cost_the_same_for_one_and_for_many(visitor: Client, module: Module) -> None:
    make_run(module)
    pages = ("/runs/", "/modules/", "/modules/demo/reasoner/", "/modules/demo/reasoner/runs/", "/projects/")
    counts = [queries(visitor, page) for page in pages]
    for number in range(20):
        make_run(make_module(f"demo/other{number}"), [])
        make_run(module, [])
    assert [queries(visitor, page) for page in pages] == counts


def test_two_runs_stand_side_by_side_with_what_differs(visitor: Client, module: Module) -> None:
    left = make_run(module)
    changed = {"tunables": {"prompt": "Another.", "temperature": 0.2}}
    right = make_run(module, TRACE[:4], output="so", effective=changed)
    page = text(visitor, f"/runs/compare/?run={right.pk}&run={left.pk}")
    assert page.index(f"run {left.pk}</a></th>") < page.index(f"run {right.pk}</a></th>")
    assert re.search(r'<tr class="from-top differs"><td data-label=""><b>output</b>', page)
    assert re.search(r'<tr class="from-top"><td data-label=""><b>temperature</b>', page)
    assert '<span class="line add">+ Another.</span>' in page
    assert "they part at step 4" in page


def test_comparing_takes_two(visitor: Client, module: Module) -> None:
    run = make_run(module)
    assert visitor.get("/runs/compare/").status_code == 422
    assert visitor.get(f"/runs/compare/?run={run.pk}").status_code == 422
    assert visitor.get(f"/runs/compare/?run={run.pk}&run=999999").status_code == 404
