"""A configuration in lines for a person, and how two of them differ."""

from difflib import SequenceMatcher
from typing import Literal

from optimizer.configuration.schema import Configuration

Sign = Literal[" ", "+", "-"]
ENDS = {
    "best": "best, if {confirmations} more measurements confirm it; else restore",
    "restore": "restore the values from before",
    "leave": "leave the last settings",
}


def _number(value: float) -> str:
    return f"{value:.6g}"


def _initial(configuration: Configuration) -> str:
    initial = configuration.initial
    parts = ["present values"] if initial.current else []
    if initial.rows:
        method = {"latin_hypercube": "Latin hypercube", "random": "random", "best": "best earlier"}.get(initial.method)
        parts.append(f"{len(initial.rows)} {method or 'given'}")
    return ", ".join(parts) or "none"


def end_words(configuration: Configuration) -> str:
    """What happens at the end, with the number of measurements that have to confirm the best."""
    return ENDS[configuration.end].format(confirmations=configuration.confirmations)


def lines(configuration: Configuration) -> list[str]:
    """The configuration as it is shown where a person decides, one fact a line."""
    text = [
        f"generator: {configuration.generator}",
        f"evaluations: {configuration.evaluations}",
        f"initial: {_initial(configuration)}",
        f"at most: {_number(configuration.seconds)} s",
    ]
    text += [f"{name}: {value}" for name, value in sorted(configuration.options.items())]
    objective = configuration.objective
    text.append(f"objective: {objective.direction} {objective.name}")
    text.append("variables:")
    text += [
        f"  {name}: [{_number(variable.low)}, {_number(variable.high)}]  step ≤ {_number(variable.max_step)}"
        for name, variable in configuration.variables.items()
    ]
    if configuration.constraints:
        text.append("constraints:")
        signs = {"greater_than": ">", "less_than": "<"}
        text += [f"  {name} {signs[c.kind]} {_number(c.value)}" for name, c in configuration.constraints.items()]
    if configuration.guards:
        text.append("guards:")
        text += [f"  {g.name} {g.operator} {_number(g.value)}, else {g.action}" for g in configuration.guards]
    text.append(f"end: {end_words(configuration)}")
    return text


def difference(before: Configuration | None, after: Configuration) -> list[tuple[Sign, str]]:
    """`after`'s lines with what was taken away (`-`) and added (`+`); all unsigned when there is nothing before."""
    new = lines(after)
    if before is None:
        return [(" ", line) for line in new]
    old = lines(before)
    result: list[tuple[Sign, str]] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            result += [(" ", line) for line in new[new_from:new_to]]
        else:
            result += [("-", line) for line in old[old_from:old_to]]
            result += [("+", line) for line in new[new_from:new_to]]
    return result
