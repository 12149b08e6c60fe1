"""Conversations over the API: one's own alone. Reading takes any scope that may see machines, all else `assistant`."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from agents.models import Conversation, Message, Turn
from agents.services import conversations
from agents.services.owning import PERMISSION
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.web.api import ONCE, REFUSALS, Cut, Listed, cut

router = Router(tags=["conversations"])


class ConversationIn(Schema):
    text: str = Field("", description="The first question; empty: only begin.", examples=["Why did it stop?"])
    profile: str = Field("", max_length=60, description="Name of the model profile; empty: the default.")


class SayIn(Schema):
    text: str = Field(description="Up to 20 000 characters.", examples=["And what should we try?"])


class TitleIn(Schema):
    title: str = Field(max_length=200)


class TurnOut(Schema):
    id: int
    number: int
    state: str = Field(examples=["done"])
    code: str = Field(description="Why it ended, where it did not end well.", examples=["steps"])
    message: str = Field(description="The same for a person.")
    continues: bool
    steps: int
    tokens_in: int
    tokens_out: int
    cost: float | None
    draft: str = Field(description="What has come of the present step's answer, once a second.")
    verdict: dict[str, Any] | None = Field(description="What the results that it read do not support.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class ConversationOut(Schema):
    id: int
    title: str
    profile: str
    shared: bool
    outside: bool = Field(description="Whether an agent outside has its plan and files in it.")
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_shared(conversation: Conversation) -> bool:
        return conversation.share_key is not None

    @staticmethod
    def resolve_outside(conversation: Conversation) -> bool:
        return conversation.outside is not None


class ConversationDetail(ConversationOut):
    stream: str = Field(description="To follow at /ws/live/?s=…, with the same token.", examples=["conversation:7"])
    last_turn: TurnOut | None

    @staticmethod
    def resolve_last_turn(conversation: Conversation) -> Turn | None:
        return conversation.turns.order_by("-number").first()


class MessageOut(Schema):
    number: int
    turn: int = Field(description="Id of the turn that it belongs to.")
    role: str = Field(examples=["assistant"])
    text: str
    calls: list[dict[str, Any]] = Field(description="Tools that the model called.")
    tool: str
    arguments: Any
    result: Any
    failed: bool
    seconds: float | None
    at: datetime

    @staticmethod
    def resolve_turn(message: Any) -> int:
        return message.turn_id  # type: ignore[no-any-return]


class ShareOut(Schema):
    path: str = Field(description="Of the page that whoever may log in can read.", examples=["/assistant/shared/…/"])


@router.get("", response={200: Listed[ConversationOut], **REFUSALS}, summary="One's conversations, newest first")
def listed(request: HttpRequest, page: Query[Cut], search: str = "") -> Any:
    """`search` looks into titles."""
    by = actor(request)
    require(by, PERMISSION)
    rows = Conversation.objects.filter(owner=by.user, title__icontains=search)
    total, items = cut(rows, page)
    return {"total": total, "items": items}


@router.post("", response={201: ConversationDetail, **REFUSALS}, summary="Begin a conversation", openapi_extra=ONCE)
def create(request: HttpRequest, payload: ConversationIn) -> Any:
    """With `text` it is asked at once; its stream, or reading it again, tells how the answer goes."""
    made = conversations.begin_with(payload.text or None, profile=payload.profile, by=actor(request))
    return Status(201, made)


@router.get("/{conversation_id}", response={200: ConversationDetail, **REFUSALS}, summary="One conversation")
def detail(request: HttpRequest, conversation_id: int) -> Any:
    """With its last turn."""
    return conversations.find(conversation_id, by=actor(request))


@router.get(
    "/{conversation_id}/messages", response={200: Listed[MessageOut], **REFUSALS}, summary="What was said, in order"
)
def messages(request: HttpRequest, conversation_id: int, page: Query[Cut], after: int = 0) -> Any:
    """Questions, words of the model with its calls, and their results. `after` leaves out those up to that number."""
    found = conversations.find(conversation_id, by=actor(request))
    total, items = cut(Message.objects.filter(conversation=found, number__gt=after).order_by("number"), page)
    return {"total": total, "items": items}


@router.get("/{conversation_id}/turns", response={200: Listed[TurnOut], **REFUSALS}, summary="Its turns, in order")
def turns(request: HttpRequest, conversation_id: int, page: Query[Cut]) -> Any:
    """Each is one question with all that is done to answer it."""
    found = conversations.find(conversation_id, by=actor(request))
    total, items = cut(found.turns.order_by("number"), page)
    return {"total": total, "items": items}


@router.post("/{conversation_id}/say", response={201: TurnOut, **REFUSALS}, summary="Ask", openapi_extra=ONCE)
def say(request: HttpRequest, conversation_id: int, payload: SayIn) -> Any:
    """A worker answers, with no more rights than the token has."""
    by = actor(request)
    return Status(201, conversations.ask(conversations.find(conversation_id, by=by), payload.text, by=by))


@router.post("/{conversation_id}/continue", response={201: TurnOut, **REFUSALS}, summary="Go on", openapi_extra=ONCE)
def proceed(request: HttpRequest, conversation_id: int) -> Any:
    """Where the last turn stopped: at a limit, by a failure, or cancelled."""
    by = actor(request)
    return Status(201, conversations.proceed(conversations.find(conversation_id, by=by), by=by))


@router.post("/{conversation_id}/cancel", response={200: TurnOut, **REFUSALS}, summary="Cancel", openapi_extra=ONCE)
def cancel(request: HttpRequest, conversation_id: int) -> Any:
    """What is being thought ends: at once when it waits, else within a fraction of a second."""
    by = actor(request)
    return conversations.cancel(conversations.find(conversation_id, by=by), by=by)


@router.post(
    "/{conversation_id}/rename", response={200: ConversationDetail, **REFUSALS}, summary="Rename", openapi_extra=ONCE
)
def rename(request: HttpRequest, conversation_id: int, payload: TitleIn) -> Any:
    by = actor(request)
    conversations.rename(conversations.find(conversation_id, by=by), payload.title, by=by)
    return conversations.find(conversation_id, by=by)


@router.post("/{conversation_id}/share", response={200: ShareOut, **REFUSALS}, summary="Share", openapi_extra=ONCE)
def share(request: HttpRequest, conversation_id: int) -> Any:
    """Whoever may log in here and has the path reads it, until that is ended."""
    by = actor(request)
    return {"path": f"/assistant/shared/{conversations.share(conversations.find(conversation_id, by=by), by=by)}/"}


@router.post(
    "/{conversation_id}/unshare",
    response={200: ConversationDetail, **REFUSALS},
    summary="End sharing",
    openapi_extra=ONCE,
)
def unshare(request: HttpRequest, conversation_id: int) -> Any:
    by = actor(request)
    found = conversations.find(conversation_id, by=by)
    conversations.unshare(found, by=by)
    return found


@router.delete("/{conversation_id}", response={204: None, **REFUSALS}, summary="Delete")
def delete(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """With its words, also those in the record of model calls; what it cost stays."""
    by = actor(request)
    conversations.remove(conversations.find(conversation_id, by=by), by=by)
    return HttpResponse(status=204)
