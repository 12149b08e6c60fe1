"""Two texts line by line, and what differs inside of lines that were changed."""

import difflib
import re
from dataclasses import dataclass

from xoptweb.web.values import visible

CONTEXT = 3
WORD = re.compile(r"\s+|\w+|[^\w\s]")
LONGEST_LINE = 4000  # characters; longer lines are shown as a whole
MOST_ALIKE = 500  # lines or words; in longer texts what stands everywhere is no place to hold on to: it takes minutes


@dataclass(frozen=True)
class Part:
    """Some characters of a line, and whether just these differ."""

    text: str
    changed: bool = False


@dataclass(frozen=True)
class Line:
    """`manner` is add, del, or nothing; `sign` says the same without colour. A gap is a line of kind `gap`."""

    manner: str
    sign: str
    parts: list[Part]


GAP = Line("gap", "", [Part("…")])


def lines(before: str, after: str) -> list[Line]:
    """Nothing when they are the same."""
    left, right = before.split("\n"), after.split("\n")
    found: list[Line] = []
    for group in _compared(left, right).get_grouped_opcodes(CONTEXT):
        if found:
            found.append(GAP)
        for tag, a, b, c, d in group:
            if tag == "equal":
                found += [Line("", " ", [Part(visible(text))]) for text in left[a:b]]
            else:
                found += _changed(left[a:b], right[c:d])
    return found


def _compared(left: list[str], right: list[str]) -> "difflib.SequenceMatcher[str]":
    return difflib.SequenceMatcher(None, left, right, autojunk=max(len(left), len(right)) > MOST_ALIKE)


def _changed(gone: list[str], come: list[str]) -> list[Line]:
    """Lines that stand for one another are compared word by word."""
    if len(gone) == len(come):
        pairs = [_words(old, new) for old, new in zip(gone, come, strict=True)]
        dropped, added = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    else:
        dropped, added = [[Part(visible(text))] for text in gone], [[Part(visible(text))] for text in come]
    return [Line("del", "-", parts) for parts in dropped] + [Line("add", "+", parts) for parts in added]


def _words(old: str, new: str) -> tuple[list[Part], list[Part]]:
    if max(len(old), len(new)) > LONGEST_LINE:
        return [Part(visible(old))], [Part(visible(new))]
    left, right = WORD.findall(old), WORD.findall(new)
    dropped, added = [], []
    for tag, a, b, c, d in _compared(left, right).get_opcodes():
        changed = tag != "equal"
        dropped.append(Part(visible("".join(left[a:b])), changed))
        added.append(Part(visible("".join(right[c:d])), changed))
    return [part for part in dropped if part.text], [part for part in added if part.text]
