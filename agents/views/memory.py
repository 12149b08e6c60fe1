"""What is remembered: found, added, corrected, forgotten."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.models import Memory
from agents.presentation.origins import origin
from agents.services import memories
from agents.services.visible import visible
from xoptweb.accounts.permissions import allowed, person, require
from xoptweb.accounts.requests import actor
from xoptweb.errors import Invalid
from xoptweb.web.paging import page_of_rows

FOUND = 50


@require_http_methods(["GET", "POST"])
def memory(request: HttpRequest) -> HttpResponse:
    """Everything that the person may see; `search` finds by words and meaning, a POST adds."""
    by = actor(request)
    require(by, "view_machine")
    problem = None
    if request.method == "POST":
        try:
            memories.store(_typed(request), by=by, source="page")
            messages.success(request, "It is remembered.")
            return redirect("memory")
        except Invalid as invalid:
            problem = invalid
    words = request.GET.get("search", "").replace("\x00", "").strip()
    page = None if words else page_of_rows(request, visible(person(by)).order_by("-updated_at"))
    rows = memories.search(words, by=by, limit=FOUND) if words else list(page.rows if page else [])
    context = {
        "rows": [(row, origin(row.source), memories.may_change(row, by)) for row in rows],
        "page": page,
        "search": words,
        "typed": _typed(request) if problem else memories.Text(""),
        "problem": problem,
        "scopes": scopes(request),
    }
    part = request.headers.get("HX-Target") == "memories"
    template = "agents/parts/memories.html" if part else "agents/memory.html"
    return render(request, template, context, status=problem.status if problem else 200)


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, number: int) -> HttpResponse:
    """One memory; a POST changes or forgets it."""
    by = actor(request)
    row = memories.find(number, by=by)
    problem = None
    if request.method == "POST":
        if request.POST.get("forget"):
            memories.remove(row, by=by)
            messages.success(request, "It is forgotten.")
            return redirect("memory")
        try:
            memories.change(row, _typed(request), by=by)
            messages.success(request, "It is changed.")
            return redirect("memory")
        except Invalid as invalid:
            problem = invalid
    context = {
        "memory": row,
        "origin": origin(row.source),
        "typed": _typed(request) if problem else memories.Text(row.text, row.scope, row.machine),
        "problem": problem,
        "may_change": memories.may_change(row, by),
        "scopes": scopes(request),
    }
    return render(request, "agents/memory_one.html", context, status=problem.status if problem else 200)


def scopes(request: HttpRequest) -> list[tuple[str, str]]:
    """Those that the person may choose."""
    every = [(str(value), str(label)) for value, label in Memory.Scope.choices]
    return every if allowed(actor(request), "configure") else every[:1]


def _typed(request: HttpRequest) -> memories.Text:
    def text(name: str) -> str:
        return request.POST.get(name, "").replace("\x00", "").strip()

    return memories.Text(text("text"), text("scope") or Memory.Scope.MINE, text("machine")[:50])
