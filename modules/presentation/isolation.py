"""What keeps modules apart on this machine, in words for those who install them."""

from dataclasses import dataclass

from modules.runner import isolation

MEANINGS = {
    "bubblewrap": "A module sees its own files and processes only, and no network unless that is granted.",
    "landlock": "The kernel refuses a module whatever lies outside its own environment and working directory.",
    "none": "Install only modules whose code you have read.",
}
MANNERS = {"bubblewrap": "good", "landlock": "good", "none": "bad"}


@dataclass(frozen=True)
class InForce:
    """`detail` is what it covers and what not, as the runner found it."""

    kind: str
    manner: str
    detail: str
    meaning: str


def in_force() -> InForce:
    """Of this host; workers on other hosts may have another, which each version's page names."""
    found = isolation.in_force()
    words = "no isolation" if found.kind == "none" else found.kind
    return InForce(words, MANNERS[found.kind], found.detail, MEANINGS[found.kind])
