"""The assistant's prompts: what is in force, what was, and changing that."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from agents.prompts.shipped import PROMPTS, Prompt
from agents.services import prompts as service
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.actors import Actor
from xoptweb.errors import Conflict, Invalid, Problem
from xoptweb.web.difference import lines

SHOWN = 50
Change = Callable[[Prompt, HttpRequest, Actor], str]


@require_GET
def prompts(request: HttpRequest) -> HttpResponse:
    """All of them."""
    require(actor(request), "view_machine")
    rows = [(prompt, service.history(prompt).first()) for prompt in PROMPTS.values()]
    return render(request, "agents/prompts.html", {"rows": rows})


@require_GET
def prompt(request: HttpRequest, name: str) -> HttpResponse:
    """One, with its history; `from` and `to` are numbers of texts that are compared."""
    return _page(request, name)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, name: str, verb: str) -> HttpResponse:
    """One of `VERBS`, by POST; a refusal shows the form again with what was typed."""
    if request.method == "GET":
        return redirect("prompt", name)
    by = actor(request)
    require(by, service.PERMISSION)
    try:
        said = VERBS[verb](service.find(name), request, by)
    except (Invalid, Conflict) as problem:
        return _page(request, name, problem, verb)
    messages.success(request, said)
    return redirect("prompt", name)


def _page(request: HttpRequest, name: str, problem: Problem | None = None, verb: str = "") -> HttpResponse:
    by = actor(request)
    require(by, "view_machine")
    found = service.find(name)
    used, rows = service.in_force(found), list(service.history(found)[:SHOWN])
    given = request.POST if problem else {}
    context = {
        "prompt": found,
        "used": used,
        "rows": rows,
        "cleared": not rows or rows[0].cleared,
        "text": given.get("text", "") if verb == "set" else used.text,
        "reason": given.get("reason", ""),
        "problem": problem,
        "may_edit": allowed(by, service.PERMISSION),
    } | _compared(request, found)
    return render(request, "agents/prompt.html", context, status=problem.status if problem else 200)


def _compared(request: HttpRequest, found: Prompt) -> dict[str, Any]:
    """The difference of the two texts that the address names."""
    numbers = [request.GET.get(side, "") for side in ("from", "to")]
    if not all(number.isdecimal() and len(number) < 9 for number in numbers):
        return {"difference": None}
    before, after = (service.text_of(found, int(number)) for number in numbers)
    return {"difference": lines(before, after), "compared": [int(number) for number in numbers]}


def _set(found: Prompt, request: HttpRequest, by: Actor) -> str:
    row = service.set_text(found, request.POST.get("text", ""), by=by, reason=_reason(request), seen=_seen(request))
    return f"Number {row.number} is in force from the next question on."


def _clear(found: Prompt, request: HttpRequest, by: Actor) -> str:
    service.clear(found, by=by, reason=_reason(request), seen=_seen(request))
    return "The text that xoptweb brings along is in force again."


def _rollback(found: Prompt, request: HttpRequest, by: Actor) -> str:
    number = request.POST.get("number", "")
    if not number.isdecimal() or len(number) > 8:
        raise Invalid("Say which number to roll back to.", fields={"number": "must be a whole number"})
    row = service.rollback(found, int(number), by=by, reason=_reason(request), seen=_seen(request))
    return f"It is as it was in number {number}; that is number {row.number} now."


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()


def _seen(request: HttpRequest) -> int | None:
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 9 else None


VERBS: dict[str, Change] = {"set": _set, "clear": _clear, "rollback": _rollback}
