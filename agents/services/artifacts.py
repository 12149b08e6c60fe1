"""Keeping artifacts, finding those that somebody may see, and deleting them."""

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from agents.artifacts import contents, kinds
from agents.artifacts.kinds import not_kept
from agents.models import Artifact, ArtifactReader, ArtifactSeen, Conversation
from agents.services.owning import PERMISSION, require_owner
from xoptweb.accounts.models import User
from xoptweb.accounts.permissions import allowed, person, require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.config import config
from xoptweb.errors import NotAllowed, NotFound
from xoptweb.live.services import publish
from xoptweb.plain import storable
from xoptweb.transactions import transaction

STREAM = "artifacts"
MEGABYTE = 1_000_000
MOST_OF_A_SOURCE = 200
NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
BATCH = 100
MOST_COUNTED = 99


@dataclass(frozen=True)
class Given:
    """What is to be kept; without a kind, what the content is."""

    title: str
    content: bytes
    kind: str = ""
    name: str = ""


@dataclass(frozen=True)
class Source:
    """Where it comes from: `key` such as run:12, and the tool or module that made it."""

    key: str
    via: str = ""
    conversation: Conversation | None = None


def of_conversation(conversation: Conversation, via: str) -> Source:
    return Source(conversation.stream, via, conversation)


def add(given: Given, source: Source, *, by: Actor) -> Artifact:
    """Keep something; who may see its source sees it.

    Raises:
        NotAllowed: `by` may not see machines, or the conversation is somebody else's.
        Invalid: the content is not of its kind, or it would be too much.
    """
    if source.conversation is None:
        require(by, PERMISSION)
    else:
        require_owner(source.conversation, by)
    limits = config()
    title = " ".join(storable(given.title).split())[:200]
    if not title:
        raise not_kept("title", "is needed")
    if not 0 < len(given.content) <= limits.artifact_mb * MEGABYTE:
        raise not_kept("content", f"must have 1 byte to {limits.artifact_mb:g} MB")
    kind = given.kind or kinds.guessed(given.name, given.content)
    media_type = kinds.media_type(kind, given.content)
    _require_room(source.key, by.user, len(given.content))  # what is refused must not fill the disk
    row = Artifact(
        kind=kind, title=title, name=_name(given.name or title, media_type), media_type=media_type,
        size=len(given.content), digest=contents.write(given.content), source=source.key,
        via=storable(source.via)[:120], conversation=source.conversation, owner=by.user,
    )  # fmt: skip
    with transaction("an artifact is kept within the limits of its owner, and announced"):
        _require_room(source.key, by.user, row.size)
        row.save(force_insert=True)
        publish(STREAM, "added", {"artifact": row.pk})
        if source.conversation is not None:
            publish(source.conversation.stream, "artifacts", {"artifact": row.pk})
    contents.write(given.content)  # it was there before, and may have been swept away meanwhile
    return row


def _name(given: str, media_type: str) -> str:
    """A name that every file system takes, with an ending that tells what it is."""
    name = NOT_IN_A_NAME.sub("-", given.rpartition("/")[2]).strip("-.") or "artifact"
    ending = kinds.ENDINGS.get(media_type, "")
    return name[-100:] if name.lower().endswith(ending) else f"{name[:100]}{ending}"


def _require_room(source: str, owner: User | None, size: int) -> None:
    """Raises Invalid."""
    limit = config().artifact_owner_mb
    used = Artifact.objects.filter(owner=owner).aggregate(size=Sum("size"))["size"] or 0
    if used + size > limit * MEGABYTE:
        raise not_kept("content", f"has no room beside {limit:g} MB of one person; delete some")
    if Artifact.objects.filter(source=source).count() >= MOST_OF_A_SOURCE:
        raise not_kept("source", f"has {MOST_OF_A_SOURCE} artifacts already")


def entry(row: Artifact) -> dict[str, Any]:
    """As tools tell of it. The link is written out: workers know no addresses of pages."""
    return {"artifact": row.pk, "kind": str(row.kind), "title": row.title, "link": f"/artifacts/{row.pk}/"}


def visible(user: User) -> "QuerySet[Artifact]":
    """Those of one's own conversations, and all of runs and campaigns."""
    return Artifact.objects.filter(Q(conversation__owner=user, conversation__deleted_at=None) | Q(conversation=None))


def found(*, by: Actor, words: str = "", kind: str = "", source: str = "") -> "QuerySet[Artifact]":
    """Those that `by` may see, newest first. A source is a whole key, or its first word such as `run`.

    Raises NotAllowed.
    """
    require(by, PERMISSION)
    rows = visible(person(by)).select_related("owner")
    for word in words.replace("\x00", "").split():
        rows = rows.filter(title__icontains=word)
    if kind:
        rows = rows.filter(kind=kind)
    if source := storable(source):
        rows = rows.filter(source=source) if ":" in source else rows.filter(source__startswith=f"{source}:")
    return rows.order_by("-pk")


def find(number: int, *, by: Actor, key: str = "") -> Artifact:
    """`key` is that of a shared conversation. Raises NotFound: there is none, or `by` may not see it."""
    require(by, PERMISSION)
    rows = Artifact.objects.filter(conversation__share_key=storable(key)) if key else visible(person(by))
    found = rows.select_related("owner", "conversation").filter(pk=number).first() if number < 2**62 else None
    if found is None:
        raise NotFound("There is no such artifact.")
    return found


def content(row: Artifact) -> bytes:
    """Raises NotFound: the file is not there, or is not what was kept."""
    try:
        found = contents.read(row.digest)
    except FileNotFoundError:
        found = b""
    if contents.digest_of(found) != row.digest:
        raise NotFound("The content of this artifact is not on this host.", code="no_content")
    return found


def may_remove(row: Artifact, by: Actor) -> bool:
    return allowed(by, PERMISSION) and (
        (by.user is not None and row.owner_id == by.user.pk) or allowed(by, "administer")
    )


def remove(row: Artifact, *, by: Actor) -> None:
    """Raises NotAllowed: it is somebody else's, and `by` does not administer."""
    if not may_remove(row, by):
        raise NotAllowed("This artifact is somebody else's.", code="not_yours")
    with transaction("an artifact is removed, that is on record and announced"):
        record(by, "artifact.deleted", row, before={"title": row.title, "source": row.source, "digest": row.digest})
        publish(STREAM, "removed", {"artifact": row.pk})
        row.delete()


def new_to(user: User) -> "QuerySet[Artifact]":
    """Those that somebody may see and has not looked at."""
    seen_to = Subquery(ArtifactReader.objects.filter(person=user).values("seen_to")[:1])
    looked_at = ArtifactSeen.objects.filter(person=user, artifact=OuterRef("pk"))
    return visible(user).filter(~Exists(looked_at), pk__gt=Coalesce(seen_to, 0))


def count_new(user: User) -> int:
    """How many are new, or `MOST_COUNTED` when there are more: every page asks."""
    return new_to(user).order_by()[:MOST_COUNTED].count()


def see(row: Artifact, *, by: Actor) -> None:
    """It is not new to this person any more."""
    if new_to(person(by)).filter(pk=row.pk).exists():
        ArtifactSeen.objects.get_or_create(person=person(by), artifact=row)


def see_all(*, by: Actor) -> None:
    """Nothing that there is now is new to this person any more. Raises NotAllowed."""
    require(by, PERMISSION)
    newest = visible(person(by)).order_by("-pk").values_list("pk", flat=True).first() or 0
    with transaction("what was seen before is not asked for one by one any more"):
        ArtifactReader.objects.update_or_create(person=person(by), defaults={"seen_to": newest})
    known = ArtifactSeen.objects.filter(person=person(by), artifact__lte=newest).order_by("pk")
    while keys := list(known.values_list("pk", flat=True)[:BATCH]):
        ArtifactSeen.objects.filter(pk__in=keys).delete()


def forget_old() -> int:
    """Delete one batch of those that are too old; how many that were."""
    oldest = timezone.now() - timedelta(days=config().artifact_days)
    rows = Artifact.objects.filter(created_at__lt=oldest).order_by("created_at")
    _, deleted = Artifact.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:BATCH])).delete()
    return deleted.get("agents.Artifact", 0)


def sweep() -> int:
    """Remove files that no artifact names any more; how many that were."""
    swept, files = 0, contents.old()
    while batch := list(islice(files, BATCH)):
        named = set(Artifact.objects.filter(digest__in=[file.name for file in batch]).values_list("digest", flat=True))
        for file in batch:
            if file.name not in named:
                file.unlink(missing_ok=True)
                swept += 1
    return swept
