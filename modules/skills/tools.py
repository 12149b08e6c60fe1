"""Tools of agents: proposing a skill, and looking at one."""

from typing import Any

from pydantic import BaseModel, Field

from modules.models import SkillVersion
from modules.sandbox.availability import no_code
from modules.services import promoting, skills
from modules.skills import limits, offering, written
from xoptweb.actors import Actor
from xoptweb.tools import serving, waiting
from xoptweb.tools.registry import tool

NEXT = "It is a proposal. The person looks at it, asks for its promotion, and somebody else approves that."

STILL_CHECKED = "A worker is at it. look_at_skill tells how the checks went."


class Example(BaseModel):
    """A call and what it must give."""

    arguments: dict[str, Any] = Field(description="The arguments by their names.")
    result: Any = Field(description="The result that is expected, as JSON; numbers may differ in the last figures.")


class ProposeSkill(BaseModel):
    """A Python function that should become a tool.

    One function without a leading underscore, called like the skill; every parameter and the result with types that
    JSON can carry (int, float, str, bool, None, list, dict[str, …], Literal, unions, classes on pydantic.BaseModel in
    the same text); a docstring with a section "Args:" and a line "name: what it is" for each parameter; nothing that
    happens on import. It runs without network and files.
    """

    name: str = Field(description="The name of the function: small letters, digits, underscores.", max_length=40)
    description: str = Field(description="What it is good for, in a sentence.", max_length=limits.LONGEST_DESCRIPTION)
    source: str = Field(description="The Python text.", max_length=limits.LONGEST_SOURCE)
    examples: list[Example] = Field(description="At least one.", max_length=limits.MOST_EXAMPLES)
    dependencies: list[str] = Field([], description='Such as "numpy>=2".', max_length=limits.MOST_DEPENDENCIES)


@tool(
    "propose_skill",
    "Propose a Python function as a new tool, or a better text of one: it is checked, and its examples are run, in a"
    " sandbox; the answer has the results. People decide whether it becomes a tool.",
    "run_modules",
    changes=True,
    absent=no_code,
)
def propose_skill(arguments: ProposeSkill, *, by: Actor) -> dict[str, Any]:
    rows = [each.model_dump() for each in arguments.examples]
    given = written.checked(
        arguments.name, arguments.source, arguments.description, rows, arguments.dependencies, grants=[]
    )
    version = skills.write(given, by=by, origin=serving.subject(), here=not serving.by_workers())
    waiting.until(lambda: _is_checked(version))
    if version.state == SkillVersion.State.CHECKING:
        return {**_shown(version), "next": STILL_CHECKED}
    if version.state != SkillVersion.State.CHECKED:
        return {**_shown(version), "next": "Mend it, and propose it again."}
    return {"created": False, "title": f"the skill {version.skill.name}", **_shown(version), "next": NEXT}


def _is_checked(version: SkillVersion) -> bool:
    version.refresh_from_db(fields=["state", "checks", "digest"])
    return version.state != SkillVersion.State.CHECKING


class LookAtSkill(BaseModel):
    """One skill."""

    name: str = Field(max_length=40)


@tool("look_at_skill", "Read a skill: its text, how its checks went, whether it is a tool.", "view_machine")
def look_at_skill(arguments: LookAtSkill, *, by: Actor) -> dict[str, Any]:
    skill = skills.find(arguments.name)
    version = skills.find_version(skill, skill.versions.values_list("number", flat=True)[0])
    now = promoting.promoted(skill)
    return {
        **_shown(version),
        "description": version.description,
        "source": version.source,
        "dependencies": version.dependencies,
        "tool": skill.tool if offering.find(skill.tool) is not None else None,
        "version_of_the_tool": now.number if now is not None else None,
    }


def _shown(version: SkillVersion) -> dict[str, Any]:
    return {
        "name": version.skill.name,
        "version": version.number,
        "state": version.get_state_display(),
        "checks": [_check(each) for each in version.checks],
        "link": offering.page(version.skill.name, version.number),
    }


def _check(check: dict[str, Any]) -> dict[str, Any]:
    failed = [row for row in check["rows"] if not row["passed"]]
    told: dict[str, Any] = {"check": check["name"], "passed": check["passed"], "said": check["said"]}
    return told | ({"failed_examples": failed} if failed else {})


offering.register()
