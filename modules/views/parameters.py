"""One tunable or configurable: its value, what it may be, and all it ever was."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from modules import forms
from modules.models import Parameter, Project
from modules.presentation.parameters import FAMILIES, ParameterPage
from modules.services import tunables, typed
from modules.views.module import context, opened, project_of
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.actors import Actor
from xoptweb.errors import Conflict, Invalid, NotFound, Problem
from xoptweb.web.difference import lines
from xoptweb.web.following import follow

Change = Callable[[Any, Project | None, HttpRequest, Actor], str]


@require_GET
def value(request: HttpRequest, namespace: str, name: str, plural: str) -> HttpResponse:
    """`name` is the parameter's; `from` and `to` are numbers of values that are compared."""
    return _page(request, namespace, name, plural)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, namespace: str, name: str, plural: str, verb: str) -> HttpResponse:
    """One of `VERBS`, by POST; a refusal shows the form again with what was typed."""
    if request.method == "GET":
        return redirect(f"module-{plural}", namespace, name)
    by = actor(request)
    require(by, "edit_tunables")
    page = opened(request, namespace, name)
    parameter = tunables.find(FAMILIES[plural], page.module, request.POST.get("name", ""))
    project = project_of(request)
    try:
        said = VERBS[verb](parameter, project, request, by)
    except (Invalid, Conflict, NotFound) as problem:
        return _page(request, namespace, name, plural, problem, verb)
    messages.success(request, said)
    place = {"name": parameter.name} | ({"project": project.slug} if project else {})
    return HttpResponseRedirect(f"{reverse(f'{plural}-value', args=[namespace, name])}?{urlencode(place)}")


def _page(
    request: HttpRequest,
    namespace: str,
    name: str,
    plural: str,
    problem: Problem | None = None,
    verb: str = "",
) -> HttpResponse:
    page = opened(request, namespace, name)
    given = request.POST if problem else request.GET
    parameter = tunables.find(FAMILIES[plural], page.module, given.get("name", ""))
    project = project_of(request)
    if project is not None:
        follow(request, project.stream)
    typed_text = given.get("value", "").replace("\r\n", "\n") if verb == "set" else None
    shown = ParameterPage(plural, parameter, project, typed_text)
    more = {
        "plural": plural,
        "at": shown,
        "parameter": parameter,
        "project": project,
        "problem": problem,
        "verb": verb,
        "typed": given if problem else {},
        "kinds": Parameter.Kind.choices,
        "urls": {each: f"{plural}-{each}" for each in ("value", *VERBS)},
    } | _compared(request, shown)
    status = problem.status if problem else 200
    return render(request, "modules/parameter.html", context(request, page) | more, status=status)


def _compared(request: HttpRequest, page: ParameterPage) -> dict[str, Any]:
    """The difference of the two values that the address names."""
    numbers = [request.GET.get(name, "") for name in ("from", "to")]
    if not all(number.isdecimal() and len(number) < 9 for number in numbers):
        return {"difference": None}
    before, after = (page.text_of(int(number)) for number in numbers)
    if before is None or after is None:
        raise NotFound(f"{page.parameter.name} has no such value there.")
    return {"difference": lines(before, after), "compared": [int(number) for number in numbers]}


def _set(parameter: Any, project: Project | None, request: HttpRequest, by: Actor) -> str:
    new = typed.from_text(parameter, request.POST.get("value", ""))
    tunables.set_value(parameter, new, by=by, project=project, reason=_reason(request), seen=_seen(request))
    return f"{parameter.name} is set. The next run uses it."


def _clear(parameter: Any, project: Project | None, request: HttpRequest, by: Actor) -> str:
    tunables.clear(parameter, by=by, project=project, reason=_reason(request), seen=_seen(request))
    return f"{parameter.name} is taken back. The next run uses what is below it."


def _rollback(parameter: Any, project: Project | None, request: HttpRequest, by: Actor) -> str:
    number = request.POST.get("number", "")
    if not number.isdecimal() or len(number) > 8:
        raise Invalid("Say which number to roll back to.", fields={"number": "must be a whole number"})
    row = tunables.rollback(
        parameter, int(number), by=by, project=project, reason=_reason(request), seen=_seen(request)
    )
    return f"{parameter.name} is as it was in number {number}; that is number {row.number} now."


def _define(parameter: Any, project: Project | None, request: HttpRequest, by: Actor) -> str:
    given, wrong = request.POST, dict[str, str]()
    kind = given.get("kind", "")
    bounds = {side: forms.bound(side, given.get(side, ""), wrong) for side in ("minimum", "maximum")}
    if wrong:
        raise Invalid("A bound is a number.", fields=wrong)
    listed = forms.choices(kind, given.get("choices", ""))
    text = given.get("description", "").replace("\r\n", "\n")
    tunables.define(parameter, kind=kind, choices=listed, description=text, by=by, **bounds)
    return f"It is settled what {parameter.name} may be."


def _reason(request: HttpRequest) -> str:
    reason = request.POST.get("reason", "").strip()
    if len(reason) > 300:
        raise Invalid("The reason is too long.", fields={"reason": "must have at most 300 characters"})
    return reason


def _seen(request: HttpRequest) -> int | None:
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 9 else None


VERBS: dict[str, Change] = {"set": _set, "clear": _clear, "rollback": _rollback, "define": _define}
