"""Beginning conversations, asking, going on, cancelling, sharing, deleting."""

import secrets
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from agents.loop import store
from agents.models import Conversation, Message, Turn
from agents.services import removing
from agents.services.owning import PERMISSION, require_may_talk, require_owner
from xoptweb.accounts.permissions import person, require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Conflict, Invalid, NotFound
from xoptweb.live.services import publish
from xoptweb.plain import storable
from xoptweb.states import move
from xoptweb.transactions import transaction
from xoptweb.work.services import enqueue

TASK = "agents.turn"
QUEUE = "agents"
LONGEST = 20_000  # characters of one question
TITLE = 80
GO_ON = "Go on."
State = Turn.State


def begin(*, by: Actor, profile: str = "") -> Conversation:
    """An empty conversation. Raises NotAllowed."""
    require_may_talk(by)
    return Conversation.objects.create(owner=person(by), profile=storable(profile)[:60])


def begin_with(text: str | None, *, by: Actor, profile: str = "") -> Conversation:
    """A conversation with its first question, where there is a text; both or nothing. Raises as `ask`."""
    with transaction("a conversation is not begun for a question that can't be asked"):
        begun = begin(by=by, profile=profile)
        if text is not None:
            ask(begun, text, by=by)
    return begun


def ask(conversation: Conversation, text: str, *, by: Actor, here: bool = False) -> Turn:
    """Ask something; a worker answers, or with `here` the caller does (`agents.loop.turn.run`).

    Raises:
        NotAllowed: the conversation is somebody else's.
        NotFound: it was deleted.
        Invalid: there is no text, or too much.
        Conflict: `still_thinking`: the last question is not answered yet.
    """
    require_owner(conversation, by)
    asked = storable(text).strip()
    if not asked or len(asked) > LONGEST:
        raise Invalid("This can't be asked.", fields={"text": f"must have 1 to {LONGEST} characters"})
    return _turn(conversation, asked, by=by, here=here, continues=False)


def proceed(conversation: Conversation, *, by: Actor, here: bool = False) -> Turn:
    """Go on where the last turn stopped: at a limit, by a failure, or cancelled.

    Raises:
        NotAllowed: the conversation is somebody else's.
        Conflict: there is nothing to go on with, or it is still thinking.
    """
    require_owner(conversation, by)
    last = conversation.turns.order_by("-number").first()
    if last is None or last.state not in {State.LIMITED, State.FAILED, State.CANCELLED}:
        raise Conflict("There is nothing to go on with.", code="nothing_to_go_on_with")
    return _turn(conversation, GO_ON, by=by, here=here, continues=True)


def _turn(conversation: Conversation, text: str, *, by: Actor, here: bool, continues: bool) -> Turn:
    try:
        with transaction("a question and the work for it belong together"):
            _hold(conversation)
            last = conversation.turns.order_by("-number").first()
            number = (last.number if last is not None else 0) + 1
            turn = Turn.objects.create(
                conversation=conversation, number=number, continues=continues, via=by.via, **_rights(by)
            )
            store.add(turn, Message.Role.USER, text=text)
            title = conversation.title or " ".join(text.split())[:TITLE]
            Conversation.objects.filter(pk=conversation.pk).update(title=title, updated_at=timezone.now())
            conversation.title = title
            publish(conversation.stream, "asked", {"turn": turn.pk})
            if not here:
                enqueue(TASK, {"turn": turn.pk}, queue=QUEUE, key=f"turn:{turn.pk}", correlation=conversation.stream)
    except IntegrityError as problem:
        raise Conflict("The last question is not answered yet.", code="still_thinking") from problem
    return turn


def _hold(conversation: Conversation) -> None:
    """Asking and deleting exclude each other. Raises NotFound: it was deleted."""
    if not Conversation.objects.select_for_update().filter(pk=conversation.pk).exists():
        raise NotFound("This conversation was deleted.")


def _rights(by: Actor) -> dict[str, Any]:
    """The worker that answers may do no more than the token with which it was asked."""
    if by.token is None:
        return {}
    return {"token": by.token.name, "api_token": by.token, "scopes": list(by.token.scopes)}


def cancel(conversation: Conversation, *, by: Actor) -> Turn:
    """End what is being thought: at once when it waits, else within a fraction of a second.

    Raises:
        NotAllowed: the conversation is somebody else's.
        Conflict: nothing is being thought.
    """
    require_owner(conversation, by)
    turn = conversation.turns.filter(state__in=Turn.OPEN).first()
    if turn is None:
        raise Conflict("Nothing is being thought about.", code="not_thinking")
    with transaction("a cancellation is announced"):
        if not Turn.objects.filter(pk=turn.pk, state=State.RUNNING).update(cancel_requested=True):
            ended: dict[str, Any] = {"code": "cancelled", "message": "It was cancelled.", "ended_at": timezone.now()}
            move(turn, State.CANCELLED, expected=[State.QUEUED], **ended)
        turn.cancel_requested = True
        store.tell(turn)
    return turn


def give_up(turn_id: int, error: str) -> None:
    """The work for a turn was given up. Inside a transaction."""
    turn = Turn.objects.filter(pk=turn_id, state__in=Turn.OPEN).first()
    if turn is not None:
        message = f"It broke off: {error.strip().splitlines()[-1] if error.strip() else 'nobody knows why'}"
        move(turn, State.FAILED, expected=Turn.OPEN, code="broken", message=message[:2000], ended_at=timezone.now())
        store.tell(turn)


def rename(conversation: Conversation, title: str, *, by: Actor) -> None:
    """Raises NotAllowed, or Invalid for an empty title."""
    require_owner(conversation, by)
    kept = storable(title).strip()[:200]
    if not kept:
        raise Invalid("A title is needed.", fields={"title": "is needed"})
    with transaction("a new title is announced"):
        Conversation.objects.filter(pk=conversation.pk).update(title=kept)
        publish(conversation.stream, "title", {})


def share(conversation: Conversation, *, by: Actor) -> str:
    """Let everybody here who knows the key read it; the key. Raises NotAllowed."""
    require_owner(conversation, by)
    if conversation.share_key is None:
        with transaction("sharing is on record"):
            conversation.share_key = secrets.token_urlsafe(32)
            Conversation.objects.filter(pk=conversation.pk).update(share_key=conversation.share_key)
            record(by, "conversation.shared", conversation)
            publish(conversation.stream, "shared", {})
    return conversation.share_key


def unshare(conversation: Conversation, *, by: Actor) -> None:
    """The link leads nowhere any more. Raises NotAllowed."""
    require_owner(conversation, by)
    with transaction("the end of sharing is on record"):
        if Conversation.objects.filter(pk=conversation.pk).exclude(share_key=None).update(share_key=None):
            record(by, "conversation.unshared", conversation)
        publish(conversation.stream, "shared", {})
    conversation.share_key = None


def remove(conversation: Conversation, *, by: Actor) -> None:
    """Delete it with its words: nobody sees it any more, and a worker removes its rows (`agents.services.removing`).

    Raises:
        NotAllowed: it is somebody else's.
        NotFound: it was deleted before.
        Conflict: it is still thinking.
    """
    require_owner(conversation, by)
    with transaction("a deleted conversation is seen by nobody, and its removal is due"):
        _hold(conversation)
        if conversation.turns.filter(state__in=Turn.OPEN).exists():
            raise Conflict("It is still thinking. Cancel that first.", code="still_thinking")
        Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now(), share_key=None)
        record(by, "conversation.deleted", conversation, label=f"conversation {conversation.pk}")
        removing.ask(conversation.pk)


def find(number: int, *, by: Actor) -> Conversation:
    """One's own. Raises NotFound: there is none, or it is somebody else's."""
    require(by, PERMISSION)
    found = Conversation.objects.select_related("owner").filter(pk=number, owner=by.user).first()
    if found is None:
        raise NotFound("You have no such conversation.")
    return found


def shared(key: str, *, by: Actor) -> Conversation:
    """Somebody's who has shared it. Raises NotFound."""
    require(by, PERMISSION)
    known = Conversation.objects.select_related("owner")
    found = known.filter(share_key=storable(key)).first() if key else None
    if found is None:
        raise NotFound("This conversation is not shared.")
    return found
