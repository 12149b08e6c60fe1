"""Filling prompts in, and what a text must have to be one."""

import re
from collections.abc import Mapping

from agents.prompts.shipped import Prompt

LONGEST = 20_000  # characters
FIELD = re.compile(r"\{(\w+)\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with each `{name}` of `values` replaced. What comes in is not looked at again; other braces stay."""
    return FIELD.sub(lambda match: values.get(match[1], match[0]), text)


def fault(prompt: Prompt, text: str) -> str:
    """Why `text` can't be this prompt; empty when it can."""
    if not text.strip():
        return "A prompt has some words."
    if len(text) > LONGEST:
        return f"It has {len(text)} characters; {LONGEST} is the most."
    standing = set(FIELD.findall(text))
    if missing := sorted(prompt.needed - standing):
        return f"{_named(missing)} must stand in it."
    if unknown := sorted(standing - set(prompt.fields)):
        return f"Nothing comes into {_named(unknown)}; it knows {_named(sorted(prompt.fields))}."
    return ""


def _named(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
