"""Remembering, finding again, correcting and forgetting."""

from dataclasses import dataclass

from django.utils import timezone

from agents.memory import meanings, words
from agents.models import Memory
from agents.services.visible import visible
from xoptweb.accounts.models import User
from xoptweb.accounts.permissions import allowed, person, require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Invalid, NotAllowed, NotFound
from xoptweb.plain import storable
from xoptweb.transactions import transaction
from xoptweb.work.services import enqueue

LONGEST = 2000  # characters
CANDIDATES = 50
FUSION = 60  # of reciprocal rank fusion: how little a place further down counts
QUEUE = "agents"
Scope = Memory.Scope


@dataclass(frozen=True)
class Text:
    """What is to be remembered; `machine` is the short name of the one it is about."""

    text: str
    scope: str = Scope.MINE
    machine: str = ""


def store(given: Text, *, by: Actor, source: str = "") -> Memory:
    """Remember. The same text of the same person is stored once.

    Raises:
        NotAllowed: `by` may not; what is everybody's needs `configure`.
        Invalid: the text is empty or too long, or it names no machine.
    """
    owner = _writer(given, by)
    text = _checked(given)
    with transaction("a memory and the work for it belong together"):
        known = Memory.objects.filter(owner=owner, scope=given.scope, machine=given.machine, text=text).first()
        if known is not None:
            return known
        row = Memory.objects.create(
            owner=owner, scope=given.scope, machine=given.machine, text=text, source=source[:80]
        )
        record(by, "memory.stored", row, after=_facts(row))
        _ask_for_vector(row)
    return row


def change(memory: Memory, given: Text, *, by: Actor) -> Memory:
    """Correct a memory. Raises as `store`, and NotAllowed for one that is somebody else's."""
    _require_own(memory, by)
    _writer(given, by)
    text = _checked(given)
    with transaction("a memory changes together with its audit entry"):
        before = _facts(memory)
        memory.text, memory.scope, memory.machine = text, given.scope, given.machine
        memory.vector, memory.vector_model, memory.updated_at = None, "", timezone.now()
        memory.save()
        record(by, "memory.changed", memory, before=before, after=_facts(memory))
        _ask_for_vector(memory)
    return memory


def remove(memory: Memory, *, by: Actor) -> None:
    """Forget. Raises NotAllowed for one that is somebody else's."""
    _require_own(memory, by)
    with transaction("a memory is removed together with its audit entry"):
        record(by, "memory.removed", memory, before=_facts(memory))
        memory.delete()


def search(text: str, *, by: Actor, machine: str = "", limit: int = 10, own: bool = True) -> list[Memory]:
    """What fits the words or, where a profile offers embeddings, their meaning; best first.

    Without `own`, only what everybody may find.

    Raises:
        NotAllowed: `by` may not see the machine, or is no person.
    """
    user = _reader(by)
    rankings = [words.search(text, user.pk, CANDIDATES), meanings.search(text, user, CANDIDATES)]
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, key in enumerate(ranking):
            scores[key] = scores.get(key, 0.0) + 1.0 / (FUSION + place)
    rows = visible(user).filter(pk__in=scores)
    if machine:
        rows = rows.filter(machine__in=["", machine])
    if not own:
        rows = rows.exclude(scope=Scope.MINE)
    return sorted(rows, key=lambda row: (-scores[row.pk], -row.pk))[:limit]


def find(number: int, *, by: Actor) -> Memory:
    """Raises NotFound: there is none that `by` may see."""
    row = visible(_reader(by)).filter(pk=number).first()
    if row is None:
        raise NotFound("There is no such memory.")
    return row


def may_change(memory: Memory, by: Actor) -> bool:
    """One's own; what is everybody's, by those who configure."""
    own = by.user is not None and memory.owner_id == by.user.pk
    return own or (memory.scope != Scope.MINE and allowed(by, "configure"))


def _require_own(memory: Memory, by: Actor) -> None:
    _reader(by)
    if not may_change(memory, by):
        raise NotAllowed("This memory belongs to somebody else.", code="not_yours")


def _reader(by: Actor) -> User:
    require(by, "view_machine")
    return person(by)


def _writer(given: Text, by: Actor) -> User:
    owner = _reader(by)
    if given.scope != Scope.MINE:
        require(by, "configure")
    return owner


def _checked(given: Text) -> str:
    text = storable(given.text).strip()
    if not text or len(text) > LONGEST:
        raise Invalid("This can't be remembered.", fields={"text": f"must have 1 to {LONGEST} characters"})
    if given.scope not in Scope.values:
        raise Invalid("This can't be remembered.", fields={"scope": f"must be one of {', '.join(Scope.values)}"})
    if given.scope == Scope.MACHINE and not given.machine:
        raise Invalid("This can't be remembered.", fields={"machine": "is needed"})
    return text


def _ask_for_vector(row: Memory) -> None:
    if meanings.offered() is not None:
        enqueue("agents.embed", {"memory": row.pk}, queue=QUEUE, key=f"embed:{row.pk}")


def _facts(row: Memory) -> dict[str, str]:
    return {"scope": row.scope, "machine": row.machine, "text": row.text}
