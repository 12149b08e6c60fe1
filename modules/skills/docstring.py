"""The docstring of a skill: what it does, and what each argument is."""

import ast
import re
from dataclasses import dataclass

ARGUMENT = re.compile(r"^(\*{0,2}\w+)(?: \([^)]*\))?: *(.*)$")
SECTION = re.compile(r"^(Args|Arguments|Parameters):$")


@dataclass(frozen=True)
class Docstring:
    """`summary` is its first paragraph on one line; `arguments` has what is said of each."""

    summary: str
    arguments: dict[str, str]


def read(function: ast.FunctionDef) -> Docstring:
    """In Google's form: a section `Args:` with a line `name: what it is` for each."""
    text = ast.get_docstring(function) or ""
    summary = " ".join(text.partition("\n\n")[0].split())
    arguments: dict[str, str] = {}
    inside, last = False, ""
    for line in text.split("\n"):
        if SECTION.match(line):
            inside = True
        elif line and not line[0].isspace():
            inside = False
        elif inside and (found := ARGUMENT.match(line.strip())):
            last = found[1]
            arguments[last] = found[2].strip()
        elif inside and last and line.strip():
            arguments[last] = f"{arguments[last]} {line.strip()}".strip()
    return Docstring(summary, arguments)


def faults(function: ast.FunctionDef) -> list[str]:
    said = read(function)
    if not said.summary:
        return [f"“{function.name}” has no docstring."]
    given = function.args
    names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    missing = [name for name in names if not said.arguments.get(name)]
    if missing:
        return [f"The docstring does not say what {name} is: below “Args:”, “{name}: …”." for name in missing]
    return []
