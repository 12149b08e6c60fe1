"""What people type into the forms of modules, as the services take it; everything typed is kept as it was."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from xoptweb.errors import Invalid

AS_JSON, AS_TEXT = "json", "text"


@dataclass(frozen=True)
class RunForm:
    """A run that is asked for. `form` is how the input is meant: as JSON, or as text as it is."""

    input: str = ""
    form: str = AS_JSON
    version: str = ""
    project: str = ""
    tunables: str = ""
    configurables: str = ""

    @classmethod
    def read(cls, data: QueryDict) -> "RunForm":
        return cls(**{name: data.get(name, "").replace("\r\n", "\n") for name in cls.__dataclass_fields__})

    @property
    def as_text(self) -> bool:
        return self.form == AS_TEXT

    @property
    def has_more(self) -> bool:
        """Something is typed where values for this run alone go."""
        return bool(self.tunables.strip() or self.configurables.strip())


def parsed(form: RunForm) -> dict[str, Any]:
    """What `running.run` takes, without module and project.

    Raises:
        Invalid: some of it is no JSON; `fields` names each and where it stops being JSON.
    """
    wrong: dict[str, str] = {}
    found: dict[str, Any] = {"input": form.input if form.as_text else _json("input", form.input, wrong)}
    for name in ("tunables", "configurables"):
        found[name] = _json(name, getattr(form, name), wrong) or {}
        if not isinstance(found[name], dict):
            wrong[name] = 'Write an object: {"name": value}.'
    if wrong:
        raise Invalid("This is no JSON.", fields=wrong)
    return found | {"version": form.version or None}


def _json(name: str, text: str, wrong: dict[str, str]) -> Any:
    """The value; nothing typed is null."""
    if not text.strip():
        return None
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        wrong[name] = "It is nested too deeply."
    except json.JSONDecodeError as error:
        wrong[name] = f"No JSON from line {error.lineno}, column {error.colno} on: {error.msg}. {_hint(name)}".strip()
    except ValueError as error:
        wrong[name] = str(error)
    return None


def _refuse(word: str) -> None:
    raise ValueError(f"JSON has no {word}.")


def _hint(name: str) -> str:
    return "Text needs quotation marks, or choose “text”." if name == "input" else ""


def choices(kind: str, text: str) -> list[Any]:
    """The choices of a choice, one a line; a line that is JSON is its value, any other is text."""
    return [_choice(line.strip()) for line in text.splitlines() if line.strip()] if kind == "choice" else []


def _choice(line: str) -> Any:
    try:
        value = json.loads(line, parse_constant=_refuse)
    except ValueError:
        return line
    return value if isinstance(value, bool | int | float) else line


def bound(name: str, text: str, wrong: dict[str, str]) -> float | None:
    """A bound of a number; nothing typed is none."""
    text = text.strip().replace("\N{MINUS SIGN}", "-")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        wrong[name] = "This is not a number."
        return None
