"""The assistant proposes a skill, looks at one, and uses one that was promoted."""

import threading
from typing import Any

import pytest

from agents.presentation.turns import rows_of
from modules import places
from modules.models import SkillVersion
from modules.runner import isolation
from modules.skills import trying
from tests.agents.conftest import profile
from tests.agents.loop.conftest import Talking, talking
from tests.endpoint import Said
from tests.modules.installed import actor
from tests.modules.skills.writing import EXAMPLES, SOURCE, doing, promoted, text
from tests.people import person
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.approvals.models import Approval
from xoptweb.config import config
from xoptweb.errors import Invalid, NotFound, Unavailable
from xoptweb.tools import registry
from xoptweb.tools.serving import serving

__all__ = ["profile", "talking"]

pytestmark = pytest.mark.django_db(transaction=True)
PROPOSED = {"name": "beam_area", "description": "Area of a beam", "source": SOURCE, "examples": EXAMPLES}


def propose(by: User, **changed: Any) -> dict[str, Any]:
    with serving("conversation:7"):
        told: dict[str, Any] = registry.call("propose_skill", PROPOSED | changed, actor(by))
    return told


def test_a_proposal_is_checked_at_once_and_waits_for_the_person(peter: User) -> None:
    told = propose(peter)
    assert (told["created"], told["state"]) == (False, "checks passed")
    assert [(each["check"], each["passed"]) for each in told["checks"]][-1] == ("examples", True)
    assert told["link"] == "/modules/skills/beam_area/text/1/"
    version = SkillVersion.objects.get()
    assert (version.origin, version.by, version.grants) == ("conversation:7", "peter", [])
    assert not Approval.objects.exists()
    assert "skill_beam_area" not in {spec.name for spec in registry.offered(actor(peter))}


def test_what_is_wrong_comes_back_with_what_it_gave_and_is_mended_in_place(peter: User) -> None:
    told = propose(peter, examples=[{"arguments": {"width": 2.0}, "result": 1}])
    assert "created" not in told
    assert told["checks"][-1]["failed_examples"][0]["given"] == pytest.approx(6.2832, rel=1e-4)
    assert "types" in str(propose(peter, source=SOURCE.replace("width: float", "width"))["checks"])
    assert propose(peter)["state"] == "checks passed"
    assert SkillVersion.objects.get().number == 1


def test_cancelling_does_not_wait_for_the_examples_of_a_proposal(peter: User) -> None:
    """They sleep for a day: had they been waited for, this test would not end."""
    wanted_no_more = threading.Event()
    wanted_no_more.set()
    sleeping = PROPOSED | {"source": doing("import time\ntime.sleep(86_400)\nreturn 'x'")}
    with serving("conversation:7", wanted_no_more.is_set):
        told = registry.call("propose_skill", sleeping, actor(peter))
    assert (told["state"], told["checks"][-1]["said"]) == ("checks failed", [trying.CANCELLED])
    wait_until(lambda: "examples" not in {each.name for each in threading.enumerate()}, what="their end")
    assert not list(places.checks().iterdir())


def test_nothing_is_proposed_where_models_may_run_no_code(peter: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XOPTWEB_AGENT_PYTHON", "false")
    config.cache_clear()
    with pytest.raises(Unavailable, match="XOPTWEB_AGENT_PYTHON"):
        propose(peter)
    monkeypatch.undo()
    config.cache_clear()


def test_a_sandbox_that_lets_signals_out_is_none_for_what_nobody_has_approved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "bubblewrap", lambda: None)
    monkeypatch.setattr(isolation, "landlock_version", lambda: 3)
    found = trying.examples(text(), 1)
    assert (found.passed, found.rows) == (False, [])
    assert "no sandbox" in found.said[0]


def test_a_proposal_never_changes_what_somebody_else_wrote(peter: User) -> None:
    propose(peter)
    told = propose(person("paula", "physicist"), source=SOURCE.replace("math.pi", "3.1415926535897931"))
    assert told["version"] == 2
    assert SkillVersion.objects.get(number=1).source.strip() == SOURCE.strip()


def test_a_proposal_wants_no_grants_and_its_parts_are_bounded(peter: User) -> None:
    propose(peter, grants=["network"])
    assert SkillVersion.objects.get().grants == []
    for changed in (
        {"name": "../../x"},
        {"source": "x" * 30_000},
        {"examples": EXAMPLES * 30},
        {"dependencies": ["-e ."]},
    ):
        with pytest.raises(Invalid):
            propose(peter, **changed)


def test_a_skill_is_looked_at_with_its_text_and_whether_it_is_a_tool(peter: User, ada: User, vera: User) -> None:
    promoted(peter, ada)
    told = registry.call("look_at_skill", {"name": "beam_area"}, actor(vera))
    assert (told["tool"], told["version_of_the_tool"]) == ("skill_beam_area", 1)
    assert told["source"].strip() == SOURCE.strip()
    with pytest.raises(NotFound):
        registry.call("look_at_skill", {"name": "nothing"}, actor(vera))


def test_a_proposal_stands_in_the_conversation_with_a_link(talking: Talking, peter: User) -> None:
    with talking(Said("", (("propose_skill", PROPOSED),)), "Look at it.", user=peter) as talk:
        turn = talk.ask("write me a tool for areas")
        (row,) = rows_of(talk.conversation, [turn], turn.number)
        assert [(one.text, one.button) for one in row.proposals] == [("the skill beam_area", "Look at it")]
        assert "skill_beam_area" not in str(talk.scripted.asked[-1]["tools"])


def test_a_promoted_skill_is_offered_used_and_cited(talking: Talking, peter: User, ada: User) -> None:
    promoted(peter, ada)
    with talking(Said("", (("skill_beam_area", {"width": 2}),)), "It is 6.28 mm².", user=peter) as talk:
        turn = talk.ask("how large is it?")
        offered = next(
            each for each in talk.scripted.asked[0]["tools"] if each["function"]["name"] == "skill_beam_area"
        )
        assert offered["function"]["parameters"]["required"] == ["width"]
        (row,) = rows_of(talk.conversation, [turn], turn.number)
        assert ("/modules/skills/beam_area/text/1/", "beam_area") in {(one.link, one.label) for one in row.sources}
        assert talk.results[0].result["result"] == pytest.approx(6.2832, rel=1e-4)
