"""The gallery, one artifact, and its content as browsers may have it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods

from agents.artifacts import kinds
from agents.models import Artifact
from agents.presentation import downloads, notebook
from agents.presentation.downloads import SHUT
from agents.presentation.gallery import SOURCES, Card, cards
from agents.services import artifacts
from xoptweb.accounts.permissions import person
from xoptweb.accounts.requests import actor
from xoptweb.actors import Actor
from xoptweb.errors import Invalid, NotFound
from xoptweb.web.following import follow
from xoptweb.web.paging import page_of_rows
from xoptweb.web.values import visible

Kind = Artifact.Kind
A_PAGE = 48
ASKED = ("kind", "source", "search", "new")
PREVIEW = 4000  # characters of a file that is text

FRAMED = f"{SHUT}; frame-ancestors 'self'; sandbox"
WITH_SCRIPTS = f"{SHUT}; script-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-scripts"


@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """All that one may see, newest first; `kind`, `source`, `search` and `new` narrow it."""
    by = actor(request)
    follow(request, artifacts.STREAM)
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in ASKED}
    rows = artifacts.found(by=by, words=asked["search"], kind=asked["kind"], source=asked["source"][:60])
    if asked["new"]:
        rows = rows.filter(pk__in=artifacts.new_to(person(by)).values("pk"))
    page = page_of_rows(request, rows, size=A_PAGE)
    context = {
        "page": page,
        "cards": cards(page.rows, person(by)),
        "asked": asked,
        "narrowed": any(asked.values()),
        "kinds": Kind.choices,
        "sources": [(name, words) for name, (words, _) in SOURCES.items()],
    }
    part = request.headers.get("HX-Target") == "gallery"
    return render(request, "agents/artifacts/list.html" if part else "agents/artifacts/gallery.html", context)


@require_GET
def one(request: HttpRequest, number: int) -> HttpResponse:
    """The viewer. Who opens it has seen it."""
    by, key = actor(request), request.GET.get("key", "")
    row = artifacts.find(number, by=by, key=key)
    if not key:
        artifacts.see(row, by=by)
    context = {
        "card": Card(row),
        "row": row,
        "key": key,
        "may_remove": artifacts.may_remove(row, by),
        "scripts": request.GET.get("scripts") == "1",
        **({} if key else _around(row, by)),
        **_shown(row),
    }
    return render(request, "agents/artifacts/one.html", context)


def _around(row: Artifact, by: Actor) -> dict[str, Any]:
    """The neighbours in the gallery, and the next one that is new."""
    rows = artifacts.found(by=by)
    return {
        "newer": rows.filter(pk__gt=row.pk).order_by("pk").values_list("pk", flat=True).first(),
        "older": rows.filter(pk__lt=row.pk).values_list("pk", flat=True).first(),
        "next_new": artifacts.new_to(person(by)).order_by("-pk").values_list("pk", flat=True).first(),
    }


def _shown(row: Artifact) -> dict[str, Any]:
    """What the viewer of its kind needs of the content; the reason where that is not there."""
    if row.kind in {Kind.IMAGE, Kind.HTML}:
        return {}
    try:
        content = artifacts.content(row)
    except NotFound as missing:
        return {"missing": missing.message}
    if row.kind == Kind.NOTEBOOK:
        found, more = notebook.cells(content)
        return {"cells": found, "more_cells": more}
    try:
        text = kinds.text(content[: 4 * PREVIEW] if row.kind == Kind.FILE else content)
    except Invalid:
        return {}
    if row.kind == Kind.COMMAND:
        return {"command": visible(text), "copied_exactly": visible(text) == text}
    return {"preview": visible(text[:PREVIEW]), "preview_cut": row.size > len(text[:PREVIEW].encode())}


@require_GET
def content(request: HttpRequest, number: int) -> HttpResponse:
    """An image to be looked at; everything else, and with `download` images too, as a download."""
    row = artifacts.find(number, by=actor(request), key=request.GET.get("key", ""))
    return downloads.content(row, shown=not request.GET.get("download"))


@require_GET
@xframe_options_sameorigin
def frame(request: HttpRequest, number: int) -> HttpResponse:
    """An HTML artifact for the frame of the viewer: an origin of its own, no network, scripts only where asked for.

    Opened by itself it has none: only in a frame of ours it can't lead the browser away.
    """
    row = artifacts.find(number, by=actor(request), key=request.GET.get("key", ""))
    if row.kind != Kind.HTML:
        raise NotFound("This artifact is no HTML.")
    framed = request.headers.get("Sec-Fetch-Dest", "iframe") == "iframe"
    policy = WITH_SCRIPTS if framed and request.GET.get("scripts") == "1" else FRAMED
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    return HttpResponse(artifacts.content(row), content_type="text/html; charset=utf-8", headers=headers)


@require_http_methods(["GET", "POST"])
def seen(request: HttpRequest) -> HttpResponse:
    """Nothing is new any more."""
    if request.method == "POST":
        artifacts.see_all(by=actor(request))
    return redirect("artifacts")


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, number: int) -> HttpResponse:
    if request.method == "POST":
        by = actor(request)
        artifacts.remove(artifacts.find(number, by=by), by=by)
        messages.success(request, "The artifact is deleted.")
        return redirect("artifacts")
    return redirect("artifact", number)
