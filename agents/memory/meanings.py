"""Memories as vectors: what means the same in other words."""

import math
from collections.abc import Sequence

from agents.gateway.embedding import embed
from agents.gateway.profiles import Profile, chosen
from agents.gateway.request import Cause
from agents.models import Memory
from agents.services.visible import visible
from xoptweb.accounts.models import User
from xoptweb.errors import Problem, Unavailable
from xoptweb.tools import serving

MOST = 2000  # of the newest memories; the comparison is done here, number by number
SEARCH_S = 4.0  # somebody waits for it, and words find most of it at once
ALIKE = 0.35  # cosine; what is less alike means something else


def offered() -> Profile | None:
    """The profile that makes vectors: the default one, where it has an embeddings model."""
    try:
        profile = chosen()
    except Unavailable:
        return None
    return profile if profile.embeddings_model else None


def search(text: str, user: User, limit: int) -> list[int]:
    """Keys of the memories that mean something like it, most alike first; none where nobody makes vectors."""
    profile = offered()
    if profile is None:
        return []
    rows = visible(user).filter(vector_model=profile.embeddings_model).order_by("-id")
    known = list(rows.values_list("pk", "vector")[:MOST])
    if not known:
        return []
    try:
        cause = Cause("memory", "search", user)
        (asked,) = embed([text], profile, cause, patience_s=SEARCH_S, cancelled=serving.cancelled)
    except Problem:
        return []  # a failure is in the record of calls; words alone still find what they find
    scored = [(likeness(asked, vector), key) for key, vector in known if vector]
    return [key for score, key in sorted(scored, reverse=True)[:limit] if score >= ALIKE]


def remember(memory: Memory) -> None:
    """Store the vector of a memory's present text.

    Raises:
        Unavailable: the endpoint did not answer; the work is tried again.
        Conflict: a budget is used up.
    """
    profile = offered()
    if profile is None:
        return
    (vector,) = embed([memory.text], profile, Cause("memory", f"memory:{memory.pk}", memory.owner))
    Memory.objects.filter(pk=memory.pk, text=memory.text).update(vector=vector, vector_model=profile.embeddings_model)


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """Cosine of the angle between two vectors; 0 for such as can't be compared."""
    if len(one) != len(other):
        return 0.0
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0
