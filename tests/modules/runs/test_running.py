"""Running modules by the service: values, results, traces, calls, refusals."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from django.db import connections
from pydantic import BaseModel

from modules.execution import once
from modules.models import ModuleVersion, Run, Tunable
from modules.runner.output import text_of
from modules.services import grants, installing, running, tunables
from tests.modules.installed import BY, Install, actor, kinds, payloads, project, ran
from tests.patience import patient
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.errors import Invalid, NotAllowed, NotFound
from xoptweb.tools import registry
from xoptweb.tools.watched import WantedNoMore, watched

GREETING = """
more = client.tunable("greeting", "What stands before")
@m.step
def begin(given):
    print("hello")
    return f"{more()} {given}"
"""
VALUES = 'tunables:\n  greeting: "Hello"\n'
CALLER = 'return StepResult(action="module_call", content="", module_name="tests/small", module_input={"input": given})'

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_gives_the_modules_answer_and_keeps_what_it_ran_with(install: Install) -> None:
    version = install(GREETING, more=VALUES)
    run = ran(given="Ada")
    assert (run.state, run.output, run.text) == ("succeeded", "Hello Ada", "Hello Ada")
    assert run.effective["tunables"] == {"greeting": "Hello"}
    assert run.effective["digest"] == version.digest
    assert run.seconds is not None
    assert run.ended_at is not None
    assert run.peak_memory_mb


def test_the_next_run_uses_what_was_set_and_rolling_back_brings_the_old_answer(install: Install) -> None:
    version = install(GREETING, more=VALUES)
    row = tunables.find(Tunable, version.module, "greeting")
    tunables.set_value(row, "Welcome", by=BY)
    assert ran(given="Ada").output == "Welcome Ada"
    here = project()
    tunables.set_value(row, "Howdy", by=BY, project=here)
    assert ran(given="Ada", project=here).output == "Howdy Ada"
    assert ran(given="Ada", tunables={"greeting": "Hi"}).output == "Hi Ada"
    tunables.rollback(row, 0, by=BY)
    assert ran(given="Ada").output == "Hello Ada"


def test_the_trace_has_everything_in_order(install: Install) -> None:
    install(GREETING, more=VALUES)
    run = ran(given="Ada")
    told = kinds(run)
    assert (told[0], told[-1]) == ("state", "state")
    assert [kind for kind in told if kind != "print"] == ["state", "step", "step", "step_result", "state"]
    assert payloads(run, "print")[0]["text"] == "hello"
    times = [event["t"] for kind in ("step", "step_result") for event in payloads(run, kind)]
    assert times == sorted(times)
    assert [event["state"] for event in payloads(run, "state")] == ["running", "succeeded"]


def test_an_exception_fails_the_run_with_its_traceback(install: Install) -> None:
    install('raise ValueError("no such magnet")')
    run = ran(given=1)
    assert run.state == "failed"
    assert "no such magnet" in run.error
    assert "in begin" in run.traceback
    assert payloads(run, "error")


def test_an_input_that_no_database_stores_is_kept_as_far_as_it_can_be(install: Install) -> None:
    install('return given + "\\ud800\\x00"')
    run = ran(given="a\x00")
    assert run.output == "a\ufffd\ufffd\ufffd"
    run.refresh_from_db()
    assert run.output == "a\ufffd\ufffd\ufffd"


def test_an_override_that_does_not_suit_is_refused_before_anything_runs(install: Install) -> None:
    install(GREETING, more=VALUES)
    with pytest.raises(Invalid) as refusal:
        running.run("tests/small", "Ada", by=BY, tunables={"greeting": 3})
    assert set(refusal.value.fields) == {"tunables.greeting"}
    assert not Run.objects.exists()


def test_only_those_who_may_run_modules_do(install: Install, olga: User, peter: User) -> None:
    install(GREETING, more=VALUES)
    with pytest.raises(NotAllowed):
        running.run("tests/small", "Ada", by=actor(olga))
    assert running.run("tests/small", "Ada", by=actor(peter)).state == "queued"


def test_what_is_not_installed_is_named_with_what_there_is(install: Install) -> None:
    install(GREETING, more=VALUES)
    with pytest.raises(NotFound, match=r"2\.0\.0 is not installed\. Installed: 1\.0\.0"):
        running.run("tests/small@2.0.0", "Ada", by=BY)
    with pytest.raises(NotFound, match="tests/none is not installed"):
        running.run("tests/none", "Ada", by=BY)


def test_versions_live_side_by_side(install: Install) -> None:
    install("return 'one'")
    install("return 'two'", version="2.0.0")
    assert ran().output == "two"
    assert ran("tests/small@1.0.0").output == "one"
    assert ran("tests/small:1.0").output == "one"


def test_a_called_module_runs_with_its_own_values_as_a_run_of_its_own(install: Install) -> None:
    install(GREETING, more=VALUES)
    install(CALLER, name="tests/caller")
    run = ran("tests/caller", "Ada")
    assert run.output == "Hello Ada"
    child = run.children.get()
    assert (child.version.module.name, child.state, child.input) == ("tests/small", "succeeded", "Ada")
    call = payloads(run, "module_call")[0]
    assert (call["run"], call["input"]) == (child.pk, "Ada")
    assert payloads(run, "module_result")[0]["output"] == "Hello Ada"
    assert "print" in kinds(child)


def test_a_number_comes_back_as_python_prints_it(install: Install) -> None:
    install("return 345.0")
    install(CALLER, name="tests/caller")
    assert ran("tests/caller").output == "345.0"


def test_a_module_without_the_grant_is_refused_and_the_refusal_is_traced(install: Install) -> None:
    install(GREETING, more=VALUES)
    caller = install(CALLER, name="tests/caller")
    grants.set_grants(caller.module, ["module:tests/other"], by=BY)
    run = ran("tests/caller", "Ada")
    assert run.state == "failed"
    assert "was not granted the module tests/small" in run.error
    assert not run.children.exists()


def test_a_failing_called_module_fails_the_caller_with_its_name(install: Install) -> None:
    install('raise ValueError("no such magnet")')
    install(CALLER, name="tests/caller")
    run = ran("tests/caller", "Ada")
    assert run.state == "failed"
    assert "tests/small@1.0.0 failed" in run.error
    assert "no such magnet" in run.error


def test_a_module_that_nobody_has_is_answered_in_words(install: Install) -> None:
    install(CALLER, name="tests/caller")
    assert ran("tests/caller", "Ada").output == "No module found to handle action 'tests/small'"


def test_calls_that_go_round_in_a_circle_are_an_error_that_shows_it(install: Install) -> None:
    install(CALLER.replace("tests/small", "tests/caller"))
    install(CALLER, name="tests/caller")
    run = ran("tests/caller", "Ada")
    assert run.state == "failed"
    assert "tests/caller → tests/small → tests/caller" in run.error


def test_a_queued_run_is_cancelled_at_once_and_a_running_one_soon(install: Install) -> None:
    """Had the running one not been ended, it would sleep for a day."""
    install("import time\nprint('begun')\ntime.sleep(86_400)")
    queued = running.run("tests/small", by=BY, input=None)
    assert running.cancel(queued, by=BY).state == "cancelled"

    with in_thread(ran) as results:
        run = the_running_one()
        wait_until(lambda: payloads(run, "print"), 60, what="its first words")
        running.cancel(run, by=BY)
    assert results[0].state == "cancelled"


def test_what_is_printed_is_in_the_trace_while_the_run_goes_on(install: Install) -> None:
    """The module ends only after this test has seen each of its words."""
    install("import time\nprint('one')\nprint('two', end='', flush=True)\ntime.sleep(86_400)")
    with in_thread(ran):
        run = the_running_one()
        for word in ("one", "two"):
            wait_until(lambda: word in printed(run), 60, what=f"the word “{word}” in the trace")  # noqa: B023
        assert state_of(run) == "running"
        running.cancel(run, by=BY)


def printed(run: Run) -> str:
    return "".join(text_of(event) for event in payloads(run, "print"))


def state_of(run: Run) -> str:
    run.refresh_from_db(fields=["state"])
    return run.state


def the_running_one() -> Run:
    wait_until(lambda: Run.objects.filter(state="running").exists(), 60, what="a running run")
    return Run.objects.get(state="running")


@contextmanager
def in_thread(action: Callable[[], Run]) -> Iterator[list[Run]]:
    """Do it beside the block; what came out, once the block is left."""
    results: list[Run] = []

    def act() -> None:
        try:
            results.append(action())
        finally:
            connections.close_all()

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    try:
        yield results
    finally:
        thread.join(patient(60))


def test_a_tool_acts_as_whoever_asked_for_the_run(install: Install, peter: User) -> None:
    version = install('from xoptweb_sdk import call_tool\nreturn call_tool("find_modules", words="small")')
    run = ran(by=actor(peter))
    assert "was not granted the tool find_modules" in run.error
    grants.set_grants(version.module, ["tool:find_modules"], by=BY)
    run = ran(by=actor(peter))
    assert run.output is not None
    assert run.output[0]["name"] == "tests/small"
    assert payloads(run, "tool_call")[0]["tool"] == "find_modules"

    peter.groups.clear()
    late = running.again(run, by=BY)
    Run.objects.filter(pk=late.pk).update(requested_by=peter.pk)
    once.attempt(late.pk)
    late.refresh_from_db()
    assert "does not have the permission" in late.error


def test_what_others_say_of_themselves_is_known_as_soon_as_they_are_installed(install: Install) -> None:
    install('import xopt\nreturn xopt.details("tests/other")', name="tests/asker")
    assert ran("tests/asker").output is None
    other = install("return 1", name="tests/other")
    assert ran("tests/asker").output == {
        "name": "tests/other", "steps": ["begin"], "start_step": "begin", "long_description": "A module of the tests.",
    }  # fmt: skip
    installing.uninstall(ModuleVersion.objects.filter(pk=other.pk), by=BY)
    assert ran("tests/asker").output is None


def test_of_a_long_trace_nothing_is_lost(install: Install) -> None:
    install("for number in range(3000):\n    print(number)\nreturn 'done'")
    run = ran()
    assert printed(run).split() == [str(number) for number in range(3000)]


class Nothing(BaseModel):
    """No arguments."""


def test_a_tool_that_waits_is_told_when_its_run_is_cancelled(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a page that is fetched: what serves a run that nobody waits for ends."""
    begun, left = threading.Event(), threading.Event()

    def waits(arguments: Nothing, *, by: Actor) -> None:
        begun.set()
        with suppress(WantedNoMore):
            watched(lambda _: left.wait(patient(60)), "waits", leaving=True)
            return
        left.set()

    spec = registry.Spec("waits", "Waits.", "view_machine", Nothing, waits)
    monkeypatch.setitem(registry._tools, "waits", spec)
    version = install('from xoptweb_sdk import call_tool\nreturn call_tool("waits")')
    grants.set_grants(version.module, ["tool:waits"], by=BY)
    with in_thread(ran) as results:
        run = the_running_one()
        wait_until(begun.is_set, 60, what="the call of the tool")
        running.cancel(run, by=BY)
        assert left.wait(patient(30))
    assert results[0].state == "cancelled"
