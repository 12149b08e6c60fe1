"""From an operator's words to one of an environment's objectives, by names and synonyms."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

DOWN = {
    "smaller", "small", "smallest", "reduce", "reduced", "minimise", "minimize", "minimum", "lower", "low", "lowest",
    "decrease", "less", "least", "shrink", "narrower", "narrow", "tighter", "tighten", "down", "cut", "weaker",
    "shorter",
}  # fmt: skip
UP = {
    "larger", "large", "largest", "increase", "increased", "maximise", "maximize", "maximum", "higher", "high",
    "highest", "more", "most", "raise", "bigger", "big", "brighter", "stronger", "boost", "grow", "up", "wider",
    "longer",
}  # fmt: skip
NEGATIONS = {"not", "don", "dont", "never", "without", "no"}
FILLING = {
    "a", "an", "and", "as", "at", "be", "by", "for", "from", "i", "in", "is", "it", "its", "make", "me", "of", "on",
    "please", "the", "this", "to", "we", "with",
}  # fmt: skip
SIZES = {"smaller", "larger", "bigger", "narrower", "tighter", "wider", "shrink", "small", "big", "large", "tighten"}
IMPLIED = dict.fromkeys(SIZES, "size") | {"brighter": "brightness", "stronger": "strength"}
DIRECTIONS = {"minimize": "minimise", "maximize": "maximise"}


class Improvable(Protocol):
    """What is needed of an objective."""

    name: str
    direction: str
    synonyms: list[str]


@dataclass(frozen=True, slots=True)
class Understanding:
    """`objective` and `direction` when the words mean exactly one thing, with `text` for a person to check; otherwise
    `question` asks, and `candidates` are the names to choose from."""

    objective: str | None
    direction: str | None
    candidates: list[str]
    text: str = ""
    question: str = ""


def words(text: str) -> list[str]:
    """Lower-case words without accents, signs and plural endings."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return [_singular(word) for word in re.findall(r"[a-z0-9]+", plain)]


def _singular(word: str) -> str:
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    keeps = len(word) <= 3 or word.endswith(("ss", "us", "is"))
    return word[:-1] if word.endswith("s") and not keeps else word


def spoken(name: str) -> str:
    """A name as people say it: beam_size is beam size."""
    return name.replace("_", " ").replace("-", " ")


def meaning(objective: Improvable) -> str:
    """The objective in words: minimise beam size."""
    return f"{DIRECTIONS[objective.direction]} {spoken(objective.name)}"


def _phrases(objective: Improvable) -> list[frozenset[str]]:
    """Each way to say it, as the words that must all be there."""
    texts = [spoken(objective.name), *objective.synonyms]
    sets = [frozenset(words(text)) - FILLING for text in texts]
    return [phrase for phrase in sets if phrase]


def _matched(objective: Improvable, said: frozenset[str]) -> frozenset[str]:
    """All words of the sentence that belong to a complete way of saying the objective."""
    found: frozenset[str] = frozenset()
    for phrase in _phrases(objective):
        if phrase <= said:
            found |= phrase
    return found


def _direction(said: Sequence[str]) -> tuple[bool, bool]:
    """Whether the words ask for less, and for more."""
    return any(word in DOWN for word in said), any(word in UP for word in said)


def understand(sentence: str, objectives: Iterable[Improvable]) -> Understanding:
    """What the sentence asks for. Never guesses between two: then it asks."""
    known = list(objectives)
    every = [objective.name for objective in known]
    spoken_words = words(sentence)
    if not spoken_words:
        return _ask("What should be improved?", every)
    said = frozenset(spoken_words) | {IMPLIED[word] for word in spoken_words if word in IMPLIED}
    matches = {objective.name: _matched(objective, said) for objective in known}
    found = [objective for objective in known if matches[objective.name] and not _covered(objective.name, matches)]
    if not found:
        return _ask("None of what can be improved here is named in these words. Which is meant?", every)
    if len(found) > 1:
        return _ask("These words name more than one thing. Which is meant?", [objective.name for objective in found])
    named = matches[found[0].name]
    return _directed(found[0], [word for word in spoken_words if word not in named])


def _covered(name: str, matches: dict[str, frozenset[str]]) -> bool:
    """Whether another objective matches all these words and more."""
    return any(matches[name] < other for each, other in matches.items() if each != name)


def _directed(objective: Improvable, said: Sequence[str]) -> Understanding:
    """`said` are the words that are not part of the objective's own names."""
    down, up = _direction(said)
    if down and up:
        return _ask("These words ask for less and for more. Which is meant?", [objective.name])
    wanted = "minimize" if down else "maximize" if up else objective.direction
    if wanted != objective.direction or any(word in NEGATIONS for word in said):
        return _ask(f"Here one can {meaning(objective)}; these words seem to say something else.", [objective.name])
    return Understanding(objective.name, objective.direction, [objective.name], f"understood as: {meaning(objective)}")


def _ask(question: str, candidates: list[str]) -> Understanding:
    return Understanding(None, None, candidates, question=question)
