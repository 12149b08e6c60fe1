"""One conversation: reading it, asking, cancelling, going on, sharing, deleting."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from agents.gateway.profiles import configured
from agents.models import Conversation, Message, Plan, Turn, WorkspaceFile
from agents.presentation import turns as shown
from agents.services import conversations
from xoptweb.accounts.permissions import allowed
from xoptweb.accounts.requests import actor
from xoptweb.actors import Actor
from xoptweb.errors import NotFound
from xoptweb.web.following import follow
from xoptweb.web.values import visible


@require_GET
def conversation(request: HttpRequest, number: int) -> HttpResponse:
    """The newest turns; `before` asks for earlier ones, `part` renders a part alone."""
    by = actor(request)
    found = conversations.find(number, by=by)
    follow(request, found.stream)
    part = request.GET.get("part", "")
    context: dict[str, Any] = {"conversation": found, "own": True}
    if part == "side":
        return render(request, "agents/parts/side.html", context | _side(request, found))
    before = request.GET.get("before", "")
    context["page"] = shown.page(found, int(before) if before.isdecimal() and len(before) < 9 else None)
    if part == "turns":
        return render(request, "agents/parts/turns.html", context)
    context |= _side(request, found) | {"configured": configured(), "may_configure": allowed(by, "administer")}
    return render(request, "agents/conversation.html", context)


def _side(request: HttpRequest, found: Conversation) -> dict[str, Any]:
    key = found.share_key
    link = request.build_absolute_uri(reverse("conversation-shared", args=[key])) if key else ""
    return {
        "plan": Plan.objects.filter(conversation=found).prefetch_related("tasks", "notes").first(),
        "files": list(WorkspaceFile.objects.filter(conversation=found).defer("content")),
        "share_link": link,
    }


@require_GET
def turn(request: HttpRequest, number: int, turn_id: int) -> HttpResponse:
    """One turn alone, as it is now."""
    found = conversations.find(number, by=actor(request))
    return _turn(request, found, _found_turn(found, turn_id))


def _turn(request: HttpRequest, found: Conversation, one: Turn) -> HttpResponse:
    newest = found.turns.order_by("-number").values_list("number", flat=True).first() or 0
    (row,) = shown.rows_of(found, [one], newest)
    return render(request, "agents/parts/turn.html", {"conversation": found, "row": row, "own": True})


def _found_turn(found: Conversation, turn_id: int) -> Turn:
    one = found.turns.filter(pk=turn_id).first()
    if one is None:
        raise NotFound("This conversation has no such turn.")
    return one


@require_GET
def result(request: HttpRequest, number: int, message: int) -> HttpResponse:
    """All of one result."""
    found = conversations.find(number, by=actor(request))
    row = Message.objects.filter(conversation=found, number=message, role=Message.Role.TOOL).first()
    if row is None:
        raise NotFound("This conversation has no such result.")
    text = visible(json.dumps(row.result, indent=2, ensure_ascii=False))
    return render(request, "agents/parts/result.html", {"text": text})


@require_GET
def shared(request: HttpRequest, key: str) -> HttpResponse:
    """Somebody's conversation, to be read."""
    found = conversations.shared(key, by=actor(request))
    before = request.GET.get("before", "")
    page = shown.page(found, int(before) if before.isdecimal() and len(before) < 9 else None)
    return render(request, "agents/shared.html", {"conversation": found, "page": page, "own": False, "key": key})


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, number: int) -> HttpResponse:
    """Ask something, or go on; a page that is open gets its turns anew."""
    if request.method == "GET":
        return redirect("conversation", number)
    by = actor(request)
    found = conversations.find(number, by=by)
    if request.POST.get("go_on"):
        made = conversations.proceed(found, by=by)
    else:
        made = conversations.ask(found, request.POST.get("text", ""), by=by)
    if request.headers.get("HX-Request"):
        context = {"conversation": found, "own": True, "page": shown.page(found)}
        return render(request, "agents/parts/turns.html", context)
    return HttpResponseRedirect(f"{reverse('conversation', args=[number])}#turn-{made.pk}")


Act = Callable[[Conversation, Actor, HttpRequest], object]
ACTIONS: dict[str, tuple[Act, str]] = {
    "rename": (lambda found, by, asked: conversations.rename(found, asked.POST.get("title", ""), by=by), ""),
    "share": (lambda found, by, _: conversations.share(found, by=by), "Who has the link can read it now."),
    "unshare": (lambda found, by, _: conversations.unshare(found, by=by), "The link leads nowhere any more."),
}


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """One of `ACTIONS`, by POST."""
    if request.method == "POST":
        by = actor(request)
        call, said = ACTIONS[verb]
        call(conversations.find(number, by=by), by, request)
        if said:
            messages.success(request, said)
    return redirect("conversation", number)


@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """End what is being thought."""
    if request.method == "GET":
        return redirect("conversation", number)
    by = actor(request)
    found = conversations.find(number, by=by)
    stopped = conversations.cancel(found, by=by)
    if request.headers.get("HX-Request"):
        return _turn(request, found, _found_turn(found, stopped.pk))
    return redirect("conversation", number)


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, number: int) -> HttpResponse:
    """Delete a conversation."""
    if request.method == "POST":
        by = actor(request)
        conversations.remove(conversations.find(number, by=by), by=by)
        messages.success(request, "The conversation is deleted.")
        return redirect("assistant")
    return redirect("conversation", number)
