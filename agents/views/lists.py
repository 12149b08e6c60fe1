"""The list of one's conversations, and beginning a new one."""

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.gateway.profiles import configured
from agents.models import Conversation, ModelProfile, Turn
from agents.presentation.abilities import can, cannot
from agents.presentation.turns import MANNERS
from agents.services import conversations
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.web.paging import page_of_rows


@require_http_methods(["GET", "POST"])
def assistant(request: HttpRequest) -> HttpResponse:
    """One's conversations, newest first; `search` narrows the list, a POST begins a new one."""
    by = actor(request)
    require(by, "view_machine")
    if request.method == "POST":
        begun = conversations.begin_with(request.POST.get("text", ""), by=by, profile=request.POST.get("profile", ""))
        return redirect("conversation", begun.pk)
    words = request.GET.get("search", "").replace("\x00", "").strip()
    last = Turn.objects.filter(conversation=OuterRef("pk")).order_by("-number")
    rows = Conversation.objects.filter(owner=by.user).annotate(state=Subquery(last.values("state")[:1]))
    if words:
        rows = rows.filter(title__icontains=words)
    page = page_of_rows(request, rows)
    states = dict(Turn.State.choices)
    context = {
        "page": page,
        "rows": [(row, MANNERS.get(row.state, ""), states.get(row.state) or _unasked(row)) for row in page.rows],
        "search": words,
        "configured": configured(),
        "profiles": list(ModelProfile.objects.filter(enabled=True).values_list("name", flat=True)),
        "may_configure": allowed(by, "administer"),
        "can": can(by),
        "cannot": cannot(by),
    }
    part = request.headers.get("HX-Target") == "conversations"
    return render(request, "agents/parts/conversations.html" if part else "agents/assistant.html", context)


def _unasked(row: Conversation) -> str:
    return "agent outside" if row.outside else "empty"
