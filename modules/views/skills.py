"""Skills: the list, one of them with its checks and versions, writing one, and what is decided about it."""

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from modules.models import Skill, SkillVersion
from modules.presentation.isolation import in_force
from modules.presentation.skills import SkillPage, skill_rows
from modules.services import promoting
from modules.services import skills as services
from modules.skills.typed import BEGINNING, EXAMPLE, SkillForm, parsed
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.config import config
from xoptweb.errors import Conflict, Invalid, NotFound, Problem
from xoptweb.web.following import follow
from xoptweb.web.paging import page_of_rows

PARTS = {"body": "modules/skills/body.html"}
FIELDS = {"name": "Name", "description": "What it is good for", "source": "Python", "examples": "Examples",
          "dependencies": "Needs", "grants": "Wants to use"}  # fmt: skip


@require_GET
def skills(request: HttpRequest) -> HttpResponse:
    """By name; `search` narrows the list."""
    by = actor(request)
    require(by, "view_machine")
    follow(request, services.STREAM, "modules")
    page = page_of_rows(request, _filtered(request))
    more = {
        "page": page,
        "rows": skill_rows(page.rows),
        "search": request.GET.get("search", ""),
        "may_run": allowed(by, "run_modules"),
        "isolation": in_force(),
    }
    part = request.headers.get("HX-Target") == "skills"
    return render(request, "modules/skills/table.html" if part else "modules/skills/list.html", more)


def _filtered(request: HttpRequest) -> "QuerySet[Skill]":
    rows = Skill.objects.select_related("module__current").defer(
        "module__current__manifest", "module__current__description"
    )
    for word in request.GET.get("search", "").replace("\x00", "").split():
        described = SkillVersion.objects.filter(description__icontains=word).values("skill")
        rows = rows.filter(Q(name__icontains=word) | Q(pk__in=described))
    return rows


@require_GET
def last(request: HttpRequest, name: str) -> HttpResponse:
    """The version that was written last."""
    require(actor(request), "view_machine")
    return redirect("skill-version", name, _last(services.find(name)).number)


@require_GET
def version(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Its text, its checks and its versions; `part` renders a part alone."""
    return _page(request, name, number)


def _page(request: HttpRequest, name: str, number: int, problem: Problem | None = None) -> HttpResponse:
    by = actor(request)
    require(by, "view_machine")
    follow(request, services.STREAM, "modules")
    skill = services.find(name)
    context: dict[str, Any] = {
        "it": SkillPage(skill, services.find_version(skill, number)),
        "skill": skill,
        "problem": problem,
        "may_run": allowed(by, "run_modules"),
        "may_install": allowed(by, "install_modules"),
    }
    template = PARTS.get(request.GET.get("part", ""), "modules/skills/skill.html")
    return render(request, template, context, status=problem.status if problem else 200)


@require_http_methods(["GET", "POST"])
def write_new(request: HttpRequest) -> HttpResponse:
    """A new skill."""
    require(actor(request), "run_modules")
    if request.method == "GET":
        return _form(request, SkillForm(source=BEGINNING, name="beam_area", examples=EXAMPLE), None)
    return _written(request, None)


@require_http_methods(["GET", "POST"])
def write(request: HttpRequest, name: str) -> HttpResponse:
    """Go on with a skill, from its last version or from the one that `from` names."""
    require(actor(request), "run_modules")
    skill = services.find(name)
    if request.method == "GET":
        number = request.GET.get("from", "")
        known = number.isdecimal() and len(number) < 9
        base = services.find_version(skill, int(number)) if known else _last(skill)
        return _form(request, SkillForm.of(base, _last(skill)), skill)
    return _written(request, skill)


def _written(request: HttpRequest, skill: Skill | None) -> HttpResponse:
    form = SkillForm.read(request.POST)
    if skill is not None:
        form = SkillForm(**{**form.__dict__, "name": skill.name})
    try:
        made = services.write(parsed(form), by=actor(request), seen=form.seen)
    except (Invalid, Conflict) as problem:
        return _form(request, form, skill, problem)
    messages.success(request, f"{made} is stored. What its checks say stands below.")
    return redirect("skill-version", made.skill.name, made.number)


def _form(request: HttpRequest, form: SkillForm, skill: Skill | None, problem: Problem | None = None) -> HttpResponse:
    more = {
        "form": form,
        "skill": skill,
        "problem": problem,
        "errors": problem.fields if problem else {},
        "faults": [(FIELDS.get(name, name), text) for name, text in problem.fields.items()] if problem else [],
        "packages": config().skill_packages,
        "example": EXAMPLE,
    }
    return render(request, "modules/skills/write.html", more, status=problem.status if problem else 200)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, name: str, number: int, verb: str) -> HttpResponse:
    """One of `VERBS`, by POST; a refusal is shown on the page."""
    if request.method == "GET":
        return redirect("skill-version", name, number)
    found = services.find_version(services.find(name), number)
    try:
        return VERBS[verb](request, found)
    except Conflict as problem:
        return _page(request, name, number, problem)


def _check(request: HttpRequest, found: SkillVersion) -> HttpResponse:
    services.check(found, by=actor(request))
    messages.success(request, f"{found} is being checked.")
    return redirect("skill-version", found.skill.name, found.number)


def _ask(request: HttpRequest, found: SkillVersion) -> HttpResponse:
    if request.POST.get("digest") != found.digest:
        raise Conflict(f"{found} was changed since you looked at it.", code="superseded")
    promoting.ask(found, by=actor(request))
    messages.success(request, f"{found} becomes a tool when somebody else has approved that.")
    return redirect("skill-version", found.skill.name, found.number)


def _current(request: HttpRequest, found: SkillVersion) -> HttpResponse:
    promoting.make_current(found, by=actor(request))
    messages.success(request, f"{found} is the tool from now on.")
    return redirect("skill-version", found.skill.name, found.number)


VERBS = {"check": _check, "ask": _ask, "current": _current}


@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """A page that says what will happen; a POST does it."""
    by = actor(request)
    require(by, "install_modules")
    skill = services.find(name)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            left = promoting.remove(skill, by=by)
        except Conflict as refusal:
            problem = refusal
        else:
            said = f"{skill.tool} is gone."
            if left:
                messages.warning(request, f"{said} It is still installed: {left}")
            else:
                messages.success(request, f"{said} Its versions are uninstalled; texts and runs stay.")
            return redirect("skill", name)
    more = {"skill": skill, "it": SkillPage(skill, _last(skill)), "problem": problem}
    return render(request, "modules/skills/remove.html", more, status=problem.status if problem else 200)


def _last(skill: Skill) -> SkillVersion:
    """Raises NotFound."""
    found = skill.versions.select_related("skill", "module_version__module").first()
    if found is None:
        raise NotFound(f"“{skill.name}” has no version.")
    return found
