"""The audit log: read, filtered, exported."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.timezone import make_aware
from django.views.decorators.http import require_GET

from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.audit.export import export_csv
from xoptweb.audit.models import Entry
from xoptweb.web.paging import page_of_rows

FILTERS = ("who", "action", "target", "correlation", "search", "since", "until")


@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """Newest first; `who`, `action`, `target`, `correlation`, `search`, `since`, `until` narrow it."""
    require(actor(request), "view_audit")
    context = {
        "page": page_of_rows(request, filtered(request), size=100),
        "asked": {name: request.GET.get(name, "") for name in FILTERS},
        "query": request.GET.urlencode(),
    }
    return render(request, "audit/log.html", context)


@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The filtered log as CSV, oldest first."""
    require(actor(request), "view_audit")
    response = StreamingHttpResponse(export_csv(filtered(request)), content_type="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="xoptweb-audit.csv"'
    return response


def filtered(request: HttpRequest) -> QuerySet[Entry]:
    """The entries that the query asks for."""
    rows = Entry.objects.all()
    for name in ("who", "action", "target", "correlation"):
        if value := request.GET.get(name, "").strip():
            rows = rows.filter(**{name: value})
    if words := request.GET.get("search", "").strip():
        rows = rows.filter(Q(label__icontains=words) | Q(action__icontains=words) | Q(who__icontains=words))
    if since := _day(request.GET.get("since", "")):
        rows = rows.filter(at__gte=since)
    if until := _day(request.GET.get("until", ""), end=True):
        rows = rows.filter(at__lte=until)
    return rows


def _day(text: str, *, end: bool = False) -> datetime | None:
    """Start or end of a day in UTC; nothing when `text` is no date."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    if day is None:
        return None
    time = datetime.max.time() if end else datetime.min.time()
    return make_aware(datetime.combine(day, time))
