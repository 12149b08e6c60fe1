"""Pages of skills: the list, writing one, its checks and versions, asking for a promotion, deciding it, removing it."""

from html import unescape
from typing import Any

import pytest
from django.test import Client

from controls.models import Machine
from modules.models import ModuleVersion, Run, SkillVersion
from modules.services import promoting, skills
from tests.modules.installed import actor
from tests.modules.skills.writing import SOURCE, wrote
from tests.pages.modules_world import make_run, make_skill, make_version
from tests.pages.world import log_in
from tests.people import person
from xoptweb.accounts.models import User
from xoptweb.approvals.models import Approval
from xoptweb.work.models import Work

PAGE = "/modules/skills/beam_area/text/1/"
TYPED = {
    "name": "beam_area",
    "description": "Area of a beam",
    "source": SOURCE,
    "examples": '{"width": 1.0} -> 3.141592653589793',
    "dependencies": "",
    "grants": "",
    "seen": "",
}


@pytest.fixture
def physicist(client: Client, peter: User, linac: Machine) -> Client:
    return log_in(client, peter)


@pytest.fixture
def developer(linac: Machine) -> Client:
    return log_in(Client(), person("dora", "module developer"))


def text(client: Client, page: str) -> str:
    return unescape(client.get(page).content.decode())


def write(client: Client, page: str = "/modules/new-skill/", **changed: Any) -> Any:
    return client.post(page, TYPED | changed)


def test_an_empty_list_says_what_to_do_next(physicist: Client) -> None:
    assert "No skill yet" in text(physicist, "/modules/skills/")
    assert "No skill matches" in text(physicist, "/modules/skills/?search=nothing")


def test_the_list_says_what_is_a_tool_how_it_stands_and_how_often_it_was_used(
    physicist: Client, django_assert_max_num_queries: Any
) -> None:
    version = make_skill()
    assert version.module_version is not None
    run = make_run(version.module_version.module)
    row = text(physicist, "/modules/skills/?search=area").partition(f'id="skill-{version.skill.pk}"')[2]
    for expected in ("beam_area", "Area of a beam", "version 1", "is the tool", f"/runs/{run.pk}/"):
        assert expected in row.partition("</tr>")[0]
    with django_assert_max_num_queries(17):  # one of them counts new artifacts, for the rail
        physicist.get("/modules/skills/")


def test_writing_stores_the_text_and_has_it_checked_by_a_worker(physicist: Client) -> None:
    answer = write(physicist)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    version = SkillVersion.objects.get()
    assert (version.state, version.by, version.examples) == (
        "checking", "peter", [{"arguments": {"width": 1.0}, "result": 3.141592653589793}],
    )  # fmt: skip
    assert Work.objects.get().name == skills.TASK
    page = text(physicist, PAGE)
    assert "being checked" in page
    assert "Ask for its promotion" not in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"examples": '{"width": 1} = 3'}, "Example 1 is not like"),
        ({"examples": "nonsense"}, "Example 1 is not like"),
        ({"examples": '{"width": 1} -> NaN'}, "Example 1 is not like"),
        ({"name": "Beam Area"}, "Small letters"),
        ({"grants": "everything"}, "Write llm:MODEL"),
        ({"source": ""}, "is needed"),
    ],
)
def test_what_can_t_be_stored_is_named_and_stays_as_it_was_typed(
    changed: dict[str, str], words: str, physicist: Client
) -> None:
    answer = write(physicist, **changed)
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert words in page
    assert all(typed in page for typed in changed.values())
    assert not SkillVersion.objects.exists()


def test_a_text_with_faults_is_stored_and_each_fault_stands_with_its_check(physicist: Client) -> None:
    assert write(physicist, source=SOURCE.replace("width: float", "width")).status_code == 302
    page = text(physicist, PAGE)
    assert "checks failed" in page
    assert "“width”: a type is missing." in page
    assert not Work.objects.exists()


def test_who_was_slower_is_told_and_keeps_what_was_typed(physicist: Client, developer: Client) -> None:
    write(physicist)
    digest = SkillVersion.objects.get().digest
    page = "/modules/skills/beam_area/text/write/"
    assert digest in text(developer, page)
    assert write(physicist, page, source=SOURCE.replace("math.pi", "3"), seen=digest).status_code == 302
    answer = write(developer, page, source=SOURCE.replace("math.pi", "22 / 7"), seen=digest)
    assert answer.status_code == 409
    told = unescape(answer.content.decode())
    assert "Somebody else has changed" in told
    assert "22 / 7" in told


def test_control_characters_of_a_text_are_written_out_wherever_people_look(physicist: Client, ada: User) -> None:
    make_skill(source="x = 'a\u202eb'\n", state="waiting", description="good \x1b[31m")
    page = text(physicist, PAGE)
    assert "a\\u202eb" in page
    assert "measuring \\u202ehard" in page
    assert "\u202e" not in page
    assert "\x1b" not in page


@pytest.mark.django_db(transaction=True)
def test_what_is_asked_for_is_decided_by_another_who_sees_all_of_it(physicist: Client, peter: User, ada: User) -> None:
    version = wrote(peter)
    assert "Ask for its promotion" in text(physicist, PAGE)
    assert physicist.post(f"{PAGE}ask/", {"digest": "0" * 64}).status_code == 409
    assert physicist.post(f"{PAGE}ask/", {"digest": version.digest}).status_code == 302
    approval = Approval.objects.get()
    assert f"/approvals/{approval.pk}/" in text(physicist, PAGE)
    shown = text(physicist, f"/approvals/{approval.pk}/")
    assert "someone else has to decide" in shown
    for expected in ("return math.pi * width * height", "skill_beam_area", "nothing outside itself",
                     "3.141592653589793", "as expected", "horizontal half axis, in mm."):  # fmt: skip
        assert expected in shown
    admin = log_in(Client(), ada)
    assert "Promote a skill" in text(admin, "/approvals/")
    answer = admin.post(
        f"/approvals/{approval.pk}/decide/", {"verdict": "approve", "reason": "", "digest": approval.digest}
    )
    assert answer.status_code == 302
    assert Work.objects.filter(name="modules.install").count() == 1
    assert "about to be installed" in text(physicist, PAGE)


def test_a_promoted_text_can_t_be_checked_or_asked_for_again(physicist: Client, linac: Machine) -> None:
    version = make_skill()
    for verb in ("check", "ask"):
        answer = physicist.post(f"{PAGE}{verb}/", {"digest": version.digest})
        assert answer.status_code == 409, verb
    assert "is the tool" in text(physicist, PAGE)
    assert "Check again" not in text(physicist, PAGE)


def test_only_who_may_install_removes_and_makes_another_version_the_tool(
    physicist: Client, developer: Client, peter: User
) -> None:
    first = make_skill()
    assert first.module_version is not None
    module = first.module_version.module
    newer = make_version(module, "2")
    SkillVersion.objects.create(
        skill=first.skill, number=2, state="promoted", description="More", source=SOURCE, digest="1" * 64,
        package_digest=newer.digest, module_version=newer, by="ada",
    )  # fmt: skip
    for page in (f"{PAGE}current/", "/modules/skills/beam_area/text/remove/"):
        assert physicist.post(page).status_code == 403
    assert "Make it the tool" in text(developer, PAGE)
    assert developer.post("/modules/skills/beam_area/text/2/current/").status_code == 302
    module.refresh_from_db()
    assert module.current == newer
    Run.objects.all().delete()
    ModuleVersion.objects.update(path="")
    assert "gone at once" in text(developer, "/modules/skills/beam_area/text/remove/")
    assert developer.post("/modules/skills/beam_area/text/remove/").status_code == 302
    assert "It was removed" in text(physicist, PAGE)
    assert promoting.promoted(first.skill) is None or first.skill.removed_at is None
    assert set(ModuleVersion.objects.values_list("state", flat=True)) == {"removed"}
    assert actor(peter).label == "peter"
