"""Projects: the list, one project, what it depends on, and its files in and out."""

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from modules.models import Module, Project
from modules.presentation.project import ProjectPage, project_rows
from modules.services import project_files
from modules.services import projects as services
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.errors import Conflict, Invalid, NotFound, Problem
from xoptweb.web.following import follow
from xoptweb.web.paging import page_of_rows

PARTS = {"head", "dependencies", "log"}
KNOWN = 200  # modules that are offered


@require_http_methods(["GET", "POST"])
def projects(request: HttpRequest) -> HttpResponse:
    """The list by name; a POST makes one."""
    by = actor(request)
    require(by, "view_machine")
    problem: Problem | None = None
    if request.method == "POST":
        try:
            made = services.create(
                request.POST.get("name", "").strip(), by=by, description=request.POST.get("description", "").strip()
            )
        except (Invalid, Conflict) as refusal:
            problem = refusal
        else:
            return redirect("project", made.slug)
    page = page_of_rows(request, Project.objects.all())
    context = {
        "page": page,
        "rows": project_rows(page.rows),
        "may_run": allowed(by, "run_modules"),
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "modules/projects/projects.html", context, status=problem.status if problem else 200)


@require_GET
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """`part` renders a part alone."""
    part = request.GET.get("part", "")
    template = f"modules/projects/{part}.html" if part in PARTS else "modules/projects/project.html"
    return render(request, template, _context(request, slug))


@require_http_methods(["GET", "POST"])
def depend(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a dependency or change its version, by POST."""
    if request.method == "GET":
        return redirect("project", slug)
    name, requirement = (request.POST.get(field, "").strip() for field in ("name", "requirement"))
    try:
        services.depend(services.find(slug), name, requirement, by=actor(request))
    except Invalid as problem:
        return _refused(request, slug, problem, "depend")
    messages.success(request, f"The project depends on {name}. A sync chooses the version.")
    return redirect("project", slug)


@require_http_methods(["GET", "POST"])
def drop(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a dependency away, by POST."""
    if request.method == "POST":
        name = request.POST.get("name", "")
        services.drop(services.find(slug), name, by=actor(request))
        messages.success(request, f"The project no longer depends on {name}.")
    return redirect("project", slug)


@require_http_methods(["GET", "POST"])
def take_in(request: HttpRequest, slug: str) -> HttpResponse:
    """Make the project what the uploaded files say, by POST."""
    if request.method == "GET":
        return redirect("project", slug)
    found = services.find(slug)
    try:
        changed = project_files.take_in(found, _texts(request.FILES.getlist("files")), by=actor(request))
    except Invalid as problem:
        return _refused(request, slug, problem, "files")
    messages.success(request, "The project is what its files say." if changed else "The files say what was so already.")
    return redirect("project", slug)


def _texts(files: "list[UploadedFile[bytes]]") -> dict[str, str]:
    """Raises Invalid: one is too large, or no text."""
    texts, wrong = {}, {}
    for file in files:
        name = str(file.name)
        try:
            if (file.size or 0) > project_files.LARGEST_FILE:
                wrong[name] = f"It is larger than {project_files.LARGEST_FILE // 1_000_000} MB."
            else:
                texts[name] = file.read().decode("utf-8")
        except UnicodeDecodeError:
            wrong[name] = "It is no UTF-8 text."
    if wrong:
        raise Invalid("Some files can't be read.", fields=wrong)
    return texts


@require_GET
def file(request: HttpRequest, slug: str, file: str) -> HttpResponse:
    """One of its files, as it would lie in `.xopt`."""
    require(actor(request), "view_machine")
    texts = project_files.give_out(services.find(slug))
    if file not in texts:
        raise NotFound("The project has no such file.")
    response = HttpResponse(texts[file], content_type="application/toml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """A page that says what will happen; a POST does it."""
    by = actor(request)
    require(by, "install_modules")
    found = services.find(slug)
    if request.method == "POST":
        services.delete(found, by=by)
        messages.success(request, f"The project {found.name} is deleted.")
        return redirect("projects")
    return render(request, "modules/projects/delete.html", {"it": ProjectPage(found), "runs": found.runs.count()})


def _refused(request: HttpRequest, slug: str, problem: Problem, place: str) -> HttpResponse:
    """The page again, with what is wrong and what was typed."""
    more = {"problem": problem, "place": place, "typed": request.POST}
    return render(request, "modules/projects/project.html", _context(request, slug) | more, status=problem.status)


def _context(request: HttpRequest, slug: str) -> dict[str, Any]:
    by = actor(request)
    require(by, "view_machine")
    follow(request, services.find(slug).stream)
    found = services.find(slug)
    return {
        "it": ProjectPage(found),
        "project": found,
        "may_run": allowed(by, "run_modules"),
        "may_install": allowed(by, "install_modules"),
        "may_edit": allowed(by, "edit_tunables"),
        "known": Module.objects.exclude(current=None).values_list("name", flat=True)[:KNOWN],
    }
