"""What a parameter's value may be, by its kind, bounds and choices."""

import json
import math
from typing import Any

from modules.models import Parameter
from xoptweb.errors import Invalid
from xoptweb.plain import plain

Kind = Parameter.Kind
LARGEST = 200_000  # characters of JSON; a longer text belongs into a file of the package


def kind_of(default: Any) -> Kind:
    """The kind that suits a value somebody wrote into a file."""
    if isinstance(default, bool):
        return Kind.BOOLEAN
    if isinstance(default, int | float):
        return Kind.NUMBER
    return Kind.TEXT if default is None or isinstance(default, str) else Kind.JSON


def fault(parameter: Parameter, value: Any) -> str:
    """Why `value` can't be the parameter's, for a person; empty when it can."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return "It has no JSON form: no infinities, no NaN."
    if len(text) > LARGEST:
        return f"It has {len(text)} characters; {LARGEST} is the most."
    return RULES[Kind(parameter.kind)](parameter, value)


def checked(parameter: Parameter, value: Any) -> Any:
    """`value` as it is stored.

    Raises:
        Invalid: it does not suit the parameter.
    """
    if reason := fault(parameter, value):
        raise Invalid(f"{parameter.name}: {reason}", fields={parameter.name: reason})
    return plain(value)


def from_text(parameter: Parameter, text: str) -> Any:
    """What somebody typed, as a value of the parameter's kind. Lines end as they do in files.

    Raises:
        Invalid: it can't be read as one.
    """
    text = text.replace("\r\n", "\n")
    kind = Kind(parameter.kind)
    if kind == Kind.TEXT or (kind == Kind.CHOICE and text in parameter.choices):
        return text
    try:
        return json.loads(text)
    except ValueError:
        word = {Kind.NUMBER: "a number", Kind.BOOLEAN: "true or false"}.get(kind, "JSON")
        reason = f"This is not {word}."
        raise Invalid(f"{parameter.name}: {reason}", fields={parameter.name: reason}) from None


def to_text(parameter: Parameter, value: Any) -> str:
    """The value as people edit it; `from_text` reads it back."""
    if isinstance(value, str) and parameter.kind in (Kind.TEXT, Kind.CHOICE):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, dict | list) else None)


def definition_fault(parameter: Parameter) -> str:
    """Why the parameter's kind, bounds and choices make no sense together; empty when they do."""
    if parameter.kind == Kind.CHOICE and (not isinstance(parameter.choices, list) or not parameter.choices):
        return "A choice needs a list of what can be chosen."
    if parameter.kind != Kind.NUMBER and (parameter.minimum is not None or parameter.maximum is not None):
        return "Only a number has bounds."
    low, high = parameter.minimum, parameter.maximum
    if any(bound is not None and not math.isfinite(bound) for bound in (low, high)):
        return "A bound is a finite number, or left out."
    return "The smallest is larger than the largest." if low is not None and high is not None and low > high else ""


def _text(parameter: Parameter, value: Any) -> str:
    return "" if isinstance(value, str) else "It has to be text."


def _number(parameter: Parameter, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "It has to be a number."
    if parameter.minimum is not None and value < parameter.minimum:
        return f"{value:g} is below the smallest, {parameter.minimum:g}."
    if parameter.maximum is not None and value > parameter.maximum:
        return f"{value:g} is above the largest, {parameter.maximum:g}."
    return ""


def _choice(parameter: Parameter, value: Any) -> str:
    known = any(type(value) is type(each) and value == each for each in parameter.choices)
    return "" if known else f"Choose one of: {', '.join(str(each) for each in parameter.choices)}."


def _boolean(parameter: Parameter, value: Any) -> str:
    return "" if isinstance(value, bool) else "It is true or false."


def _json(parameter: Parameter, value: Any) -> str:
    return ""


RULES = {Kind.TEXT: _text, Kind.NUMBER: _number, Kind.CHOICE: _choice, Kind.BOOLEAN: _boolean, Kind.JSON: _json}
