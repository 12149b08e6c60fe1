"""Traces as documents, runs side by side, forgetting."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from modules.execution.host import LONGEST_KIND
from modules.execution.trace import MOST_CHARACTERS, Trace
from modules.models import Run
from modules.runner.output import Printed, text_of
from modules.services import comparing, retention, running, traces
from tests.modules.installed import BY, Install, kinds, payloads, ran
from tests.modules.runs.test_running import CALLER, GREETING, VALUES
from tests.processes import wait_until
from xoptweb.config import config
from xoptweb.live.models import Event, Stream

FORGING = """
_current_trace_instance = None
def begin(given):
    tell = _current_trace_instance.log_trace_event
    tell("tool_result", {"tool": "read_channels", "result": {"vacuum": {"connected": True}}})
    tell("state", {"state": "succeeded"})
    tell("module_call", {"action": "x", "run": 1})
    tell("odd\\0" * 50, {"of": "its own"})
    return "done"
begin = m.step(begin)
"""

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_exported_trace_has_the_form_of_the_original(install: Install) -> None:
    install(GREETING, more=VALUES)
    install(CALLER, name="tests/caller")
    document = traces.export(ran("tests/caller", "Ada"))
    assert list(document) == [
        "trace_id", "module_name", "start_time", "end_time", "steps", "llm_calls", "module_calls",
    ]  # fmt: skip
    assert document["module_name"] == "tests/caller"
    names = [step["data"]["step_name"] for step in document["steps"]]
    assert names[:3] == ["module_call", "begin", "begin_result"]
    assert {tuple(step) for step in document["steps"]} == {("timestamp", "type", "data")}
    first, second = document["module_calls"]
    assert first["data"]["action"] == "tests/small"
    assert second["data"]["action"] == "tests/small_result"
    assert second["data"]["output"] == "Hello Ada"
    assert document["start_time"] <= first["timestamp"] <= document["end_time"]


def test_a_module_can_t_put_into_its_trace_what_only_the_host_knows(install: Install) -> None:
    install(FORGING, name="tests/forging")
    run = ran("tests/forging")
    assert (run.state, payloads(run, "tool_result")) == ("succeeded", [])
    assert [event["state"] for event in payloads(run, "state")] == ["running", "succeeded"]
    assert [event["told_as"] for event in payloads(run, "note")] == ["tool_result", "state"]
    assert "run" not in payloads(run, "module_call")[0]
    assert max(len(kind) for kind in kinds(run)) == LONGEST_KIND


def test_only_the_last_attempt_is_exported(install: Install) -> None:
    install(GREETING, more=VALUES)
    run = ran(given="Ada")
    steps = len(traces.export(run)["steps"])
    Run.objects.filter(pk=run.pk).update(state="running")
    from modules.execution import once

    once.attempt(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempt) == ("succeeded", 2)
    assert len(traces.export(run)["steps"]) == steps
    assert [event["state"] for event in payloads(run, "state")] == [
        "running", "succeeded", "queued", "running", "succeeded",
    ]  # fmt: skip


def test_two_runs_are_compared_in_values_and_steps(install: Install) -> None:
    install(GREETING, more=VALUES)
    one, other = ran(given="Ada"), ran(given="Ada", tunables={"greeting": "Hi"})
    result = comparing.compare(one, other)
    assert [(row.name, row.left, row.right) for row in result.tunables] == [("greeting", "Hello", "Hi")]
    assert {row.name for row in result.facts if not row.same} >= {"output"}
    assert result.parted_at is None
    assert comparing.compare(one, ran(given="Eve")).parted_at == 0


def test_old_runs_are_forgotten_with_their_traces_and_what_they_called(install: Install) -> None:
    install(GREETING, more=VALUES)
    install(CALLER, name="tests/caller")
    old, new = ran("tests/caller", "Ada"), ran(given="Eve")
    waiting = running.run("tests/small", "Bob", by=BY)
    long_ago = timezone.now() - timedelta(days=config().module_run_days + 1)
    Run.objects.exclude(pk=new.pk).update(ended_at=long_ago)
    Run.objects.filter(pk=waiting.pk).update(ended_at=None)
    assert retention.forget() == 2
    assert set(Run.objects.values_list("pk", flat=True)) == {new.pk, waiting.pk}
    assert not Event.objects.filter(stream=old.stream).exists()
    assert not Stream.objects.filter(name=old.stream).exists()
    assert payloads(new, "step")


def test_what_waits_for_the_database_is_bounded_and_whoever_prints_waits(db: None) -> None:
    trace, count, text = Trace("run:1"), 1500, "x" * 7000

    def print_all() -> None:
        for _ in range(count):
            trace.add("print", {"stream": "stdout", "text": text})

    printing = threading.Thread(target=print_all, daemon=True)
    printing.start()
    wait_until(lambda: trace.characters > MOST_CHARACTERS - 2 * len(text), 60, what="a full queue")
    assert printing.is_alive()
    while printing.is_alive():
        assert trace.characters <= MOST_CHARACTERS
        trace.flush()
    trace.flush()
    assert trace.characters == 0
    assert Event.objects.filter(stream="run:1").count() == count


def test_prints_that_wait_share_an_event_and_other_events_keep_their_place() -> None:
    trace = Trace("run:1")
    for kind, stream, text in [("print", "stdout", "one"), ("print", "stdout", "two"), ("print", "stderr", "three")]:
        trace.add(kind, {"stream": stream, "text": text})
    trace.add("note", {"text": "between"})
    trace.add("print", {"stream": "stderr", "text": "four"})
    trace.add("print", {"of": "a module that tells its trace what it likes"})
    trace.flush()
    told = [
        (event.kind, event.payload.get("text")) for event in Event.objects.filter(stream="run:1").order_by("number")
    ]
    assert told == [
        ("print", "one\ntwo"), ("print", "three"), ("note", "between"), ("print", "four"), ("print", None),
    ]  # fmt: skip


def test_a_line_that_came_in_two_pieces_is_one_line() -> None:
    trace = Trace("run:1")
    printed = Printed("stdout", trace.add)
    for chunk in (b"one\ntw", b"o\nthr", b"ee"):
        printed.add(chunk)
        printed.end()  # as where the end of a line takes long
    trace.flush()
    (event,) = Event.objects.filter(stream="run:1")
    assert text_of(event.payload) == "one\ntwo\nthree"


def test_events_that_the_database_refused_are_written_later_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = Trace("run:1")
    for number in range(100):
        trace.add("note", {"number": number})
    with monkeypatch.context() as patch:
        patch.setattr("modules.execution.trace.publish", unable)
        with pytest.raises(OperationalError):
            trace.flush()
    trace.flush()
    rows = Event.objects.filter(stream="run:1").order_by("number")
    assert [event.payload["number"] for event in rows] == list(range(100))


def unable(*_: object) -> None:
    raise OperationalError("the database is locked")
