"""The checks of a skill that need nothing of it to run: syntax, imports, types, docstring, form of the examples."""

from dataclasses import dataclass, field
from typing import Any

from modules.skills import docstring, imports, signature, source
from modules.skills.signature import Signature
from modules.skills.written import Written

SYNTAX, IMPORTS, TYPES, DOCSTRING, EXAMPLES = "syntax", "imports", "types", "docstring", "examples"


@dataclass(frozen=True)
class Check:
    """`said` are sentences for people; `rows` are the examples with what came of each."""

    name: str
    passed: bool
    said: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "passed": self.passed, "said": self.said, "rows": self.rows}


def before_running(written: Written) -> list[Check]:
    """In the order in which they are made; what can't be looked at because of an earlier fault is not among them."""
    read, faults = source.read(written.source, written.name)
    found = [_check(SYNTAX, faults, "It can be read, and nothing happens when it is imported.")]
    if read is None:
        return found
    needs = ", ".join(written.dependencies) or "nothing but Python"
    found.append(_check(IMPORTS, imports.faults(read.tree, written.dependencies), f"It needs {needs}."))
    signed, faults = signature.read(read)
    found.append(_check(TYPES, faults, "Every argument and the result have types that JSON can carry."))
    found.append(_check(DOCSTRING, docstring.faults(read.function), "It says what it does and what each argument is."))
    if wrong := _wrong_examples(written, signed):
        found.append(Check(EXAMPLES, False, wrong))
    return found


def signature_of(written: Written) -> Signature | None:
    """The signature of a text whose checks passed; None where it can't be read."""
    read, _ = source.read(written.source, written.name)
    return signature.read(read)[0] if read is not None else None


def passed(checks: list[Check]) -> bool:
    return all(each.passed for each in checks)


def _check(name: str, faults: list[str], good: str) -> Check:
    return Check(name, not faults, faults or [good])


def _wrong_examples(written: Written, signed: Signature | None) -> list[str]:
    if not written.examples:
        return ["There must be at least one example: arguments, and the result that is expected."]
    if signed is None:
        return []
    found = []
    for number, row in enumerate(written.examples, 1):
        if wrong := signature.wrong_arguments(signed, row["arguments"]):
            found.append(f"Example {number}: {wrong}.")
    return found
