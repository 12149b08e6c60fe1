"""What people type into the form of a skill; everything typed is kept as it was."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from modules.models import SkillVersion
from modules.skills import written
from modules.skills.written import Written
from xoptweb.errors import Invalid

ARROWS = ("->", "→")
DECODER = json.JSONDecoder()
BEGINNING = '''def beam_area(width: float, height: float) -> float:
    """Area of an elliptic beam, in mm².

    Args:
        width: horizontal half axis, in mm.
        height: vertical half axis, in mm.
    """
    return 3.141592653589793 * width * height
'''
EXAMPLE = '{"width": 2, "height": 1} -> 6.283185307179586'


@dataclass(frozen=True)
class SkillForm:
    """`examples`, `dependencies` and `grants` have one a line; `seen` is the digest of the version that was opened."""

    name: str = ""
    description: str = ""
    source: str = ""
    examples: str = ""
    dependencies: str = ""
    grants: str = ""
    seen: str = ""

    @classmethod
    def read(cls, data: QueryDict) -> "SkillForm":
        return cls(**{name: data.get(name, "").replace("\r\n", "\n") for name in cls.__dataclass_fields__})

    @classmethod
    def of(cls, version: SkillVersion, last: SkillVersion) -> "SkillForm":
        """To go on from a version; `last` is the one that was written last."""
        return cls(
            name=version.skill.name,
            description=version.description,
            source=version.source,
            examples="\n".join(shown(row) for row in version.examples),
            dependencies="\n".join(version.dependencies),
            grants="\n".join(version.grants),
            seen=last.digest,
        )


def parsed(form: SkillForm) -> Written:
    """Raises Invalid: `fields` names what can't be understood or stored."""
    wrong: dict[str, str] = {}
    rows = _rows(form.examples, wrong)
    lines = {name: [line.strip() for line in getattr(form, name).splitlines() if line.strip()]
             for name in ("dependencies", "grants")}  # fmt: skip
    try:
        made = written.checked(form.name.strip(), form.source, form.description, rows, **lines)
    except Invalid as problem:
        raise Invalid(problem.message, fields=problem.fields | wrong) from None
    if wrong:
        raise Invalid("This can't be stored as a skill.", fields=wrong)
    return made


def shown(row: dict[str, Any]) -> str:
    """An example as it is typed."""
    return f"{json.dumps(row['arguments'], ensure_ascii=False)} -> {json.dumps(row['result'], ensure_ascii=False)}"


def _rows(text: str, wrong: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        try:
            found.append(_row(line))
        except (ValueError, RecursionError):
            wrong["examples"] = f"Example {number} is not like {EXAMPLE}"
    return found


def _row(line: str) -> dict[str, Any]:
    """Raises ValueError."""
    arguments, end = DECODER.raw_decode(line)
    rest = line[end:].strip()
    arrow = next((each for each in ARROWS if rest.startswith(each)), None)
    if arrow is None:
        raise ValueError(line)
    return {"arguments": arguments, "result": json.loads(rest.removeprefix(arrow), parse_constant=_refuse)}


def _refuse(word: str) -> None:
    raise ValueError(word)
