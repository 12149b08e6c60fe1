"""What somebody wrote: everything about one text of a skill that people decide on."""

import json
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from modules.models import SkillVersion
from modules.services.grants import parse, written
from modules.skills import limits
from xoptweb.approvals import digest as digests
from xoptweb.errors import Invalid
from xoptweb.plain import plain, storable

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True)
class Written:
    """`examples` are objects with `arguments` (an object) and `result`, as JSON values."""

    name: str
    description: str
    source: str
    examples: list[dict[str, Any]]
    dependencies: list[str]
    grants: list[str]

    @property
    def content(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "description": self.description,
            "source": self.source,
            "examples": self.examples,
            "dependencies": self.dependencies,
            "grants": self.grants,
        }

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        return digests.of(self.content, None)


def of(version: SkillVersion) -> Written:
    """What is stored of a version."""
    return Written(
        version.skill.name,
        version.description,
        version.source,
        version.examples,
        version.dependencies,
        version.grants,
    )


def checked(
    name: str,
    source: str,
    description: str,
    examples: Sequence[Mapping[str, Any]],
    dependencies: Sequence[str],
    grants: Sequence[str],
) -> Written:
    """What was handed in, as it is stored. Whether the function is any good is not asked here.

    Raises:
        Invalid: a part of it can't be stored or understood; `fields` names it.
    """
    wrong: dict[str, str] = {}
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        wrong["name"] = "Small letters, digits and _, beginning with a letter, at most 40: the name of the function."
    text = storable(source).replace("\r\n", "\n").strip("\n") + "\n"
    if not text.strip():
        wrong["source"] = "is needed"
    elif len(text) > limits.LONGEST_SOURCE:
        wrong["source"] = f"must have at most {limits.LONGEST_SOURCE} characters"
    said = " ".join(storable(description).split())
    if not said or len(said) > limits.LONGEST_DESCRIPTION:
        wrong["description"] = f"Say what it does, in at most {limits.LONGEST_DESCRIPTION} characters."
    made = Written(
        name,
        said,
        text,
        _examples(examples, wrong),
        _dependencies(dependencies, wrong),
        _grants(grants, wrong),
    )
    if wrong:
        raise Invalid("This can't be stored as a skill.", fields=wrong)
    return made


def _examples(given: Sequence[Mapping[str, Any]], wrong: dict[str, str]) -> list[dict[str, Any]]:
    rows = [{"arguments": plain(one.get("arguments", {})), "result": plain(one.get("result"))} for one in given]
    if len(rows) > limits.MOST_EXAMPLES:
        wrong["examples"] = f"At most {limits.MOST_EXAMPLES} examples."
    for number, row in enumerate(rows, 1):
        if not isinstance(row["arguments"], dict):
            wrong["examples"] = f"The arguments of example {number} are no object."
        elif len(json.dumps(row)) > limits.LONGEST_EXAMPLE:
            wrong["examples"] = f"Example {number} is too long."
    return rows


def _dependencies(given: Sequence[str], wrong: dict[str, str]) -> list[str]:
    found = []
    for line in given:
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            wrong["dependencies"] = f"“{line[:80]}” is not a dependency such as “numpy>=2”."
            continue
        if wanted.url or wanted.extras or wanted.marker:
            wrong["dependencies"] = f"“{line[:80]}”: only a name and a version are taken."
        found.append(str(wanted))
    if len(found) > limits.MOST_DEPENDENCIES:
        wrong["dependencies"] = f"At most {limits.MOST_DEPENDENCIES} dependencies."
    return sorted(set(found))


def _grants(given: Sequence[str], wrong: dict[str, str]) -> list[str]:
    try:
        found = sorted(written(*one) for one in parse(given))
    except Invalid as problem:
        wrong["grants"] = " ".join(f"{name}: {text}" for name, text in problem.fields.items())
        return []
    if len(found) > limits.MOST_GRANTS:
        wrong["grants"] = f"At most {limits.MOST_GRANTS} grants."
    return found
