"""Traces as documents, runs side by side, forgetting."""

from datetime import timedelta

import pytest
from django.utils import timezone

from modules.models import Run
from modules.services import comparing, retention, running, traces
from tests.modules.installed import BY, Install, payloads, ran
from tests.modules.runs.test_running import CALLER, GREETING, VALUES
from xoptweb.config import config
from xoptweb.live.models import Event, Stream

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
