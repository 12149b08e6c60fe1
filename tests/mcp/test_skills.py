"""Skills for agents outside: workers run them and check them, for the process that answers serves pages."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from modules import tasks
from modules.models import Run, SkillVersion
from modules.runner import in_force
from modules.sandbox.availability import no_sandbox
from modules.services import running, skills
from tests.mcp.conftest import Outside, token
from tests.modules.installed import _no_module_stays
from tests.modules.skills.writing import EXAMPLES, SOURCE, doing, promoted
from tests.processes import wait_until
from xoptweb.accounts import tokens
from xoptweb.accounts.models import ApiToken, User
from xoptweb.actors import Actor
from xoptweb.tools import outside, waiting
from xoptweb.work.models import Work

__all__ = ["_no_module_stays"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(no_sandbox()), reason=no_sandbox()),
]
TOOL = "skill_beam_area"
PROPOSED = {"name": "beam_area", "description": "Area of a beam", "source": SOURCE, "examples": EXAMPLES}


def beside(call: Callable[[], Any], work: Callable[[], None]) -> Any:
    """What the call gives, while `work` is done in the place of a worker."""
    told: list[Any] = []

    def run() -> None:
        try:
            told.append(call())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    work()
    thread.join()
    return told[0]


def do(name: str, task: Callable[..., None]) -> Callable[[], None]:
    """Do the work of that name when it is due."""

    def work() -> None:
        due = Work.objects.filter(name=name, state="due")
        wait_until(due.exists, what=name)
        row = due.get()
        task(**row.arguments)
        row.delete()

    return work


@pytest.fixture
def agent(address: str, peter: User) -> Outside:
    return Outside(address, token(peter, "assistant", "modules"))


def test_a_skill_is_run_by_a_worker_for_its_token(agent: Outside, peter: User, ada: User) -> None:
    assert in_force().kind != "none"
    promoted(peter, ada)
    result, failed = beside(lambda: agent.call(TOOL, width=2, height=3), do(running.TASK, tasks.run))
    assert not failed
    assert (result["state"], result["result"]) == ("succeeded", pytest.approx(18.8496, rel=1e-4))
    run = Run.objects.get()
    assert (run.pk, run.requested_by, run.token) == (result["run"], peter, ApiToken.objects.get())


def test_a_proposed_skill_is_checked_by_a_worker(agent: Outside) -> None:
    result, failed = beside(lambda: agent.call("propose_skill", **PROPOSED), do(skills.TASK, tasks.check_skill))
    assert not failed
    assert (result["state"], [check["passed"] for check in result["checks"]]) == ("checks passed", [True] * 5)


def test_what_takes_longer_than_anybody_waits_is_named_and_goes_on(
    peter: User, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted(peter, ada)
    by = Actor(user=peter, via="api", token=tokens.issue(peter, "a", ["assistant", "modules"], 1, Actor(user=peter))[0])
    monkeypatch.setattr(waiting, "LONGEST_S", 0.0)
    result = outside.call(TOOL, {"width": 1}, by, by_workers=True).result
    assert (result["state"], result["run"], "look_at_run" in result["next"]) == ("queued", Run.objects.get().pk, True)
    sleeping = PROPOSED | {"name": "sleeps", "source": doing("return 'x'").replace("beam_area", "sleeps")}
    result = outside.call("propose_skill", sleeping, by, by_workers=True).result
    assert "look_at_skill" in result["next"]
    assert SkillVersion.objects.get(skill__name="sleeps").state == SkillVersion.State.CHECKING


def test_a_run_that_nobody_waits_for_any_more_is_cancelled(peter: User, ada: User) -> None:
    promoted(peter, ada)
    by = Actor(user=peter, via="api", token=tokens.issue(peter, "a", ["assistant", "modules"], 1, Actor(user=peter))[0])
    result = outside.call(TOOL, {"width": 1}, by, cancelled=lambda: True, by_workers=True).result
    assert result["state"] == Run.objects.get().state == "cancelled"
