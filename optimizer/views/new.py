"""Asking for a new campaign: the sentence, what is understood, and every choice that can be made beforehand."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from optimizer.forms import Typed, choices, written_out
from optimizer.models import Environment
from optimizer.presentation.new import NewPage
from optimizer.sentence import understand
from optimizer.services.choices import parse
from optimizer.services.creating import create
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.errors import Conflict, Invalid, NotFound, Problem, Unavailable
from xoptweb.web.kept import kept


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form; a GET with values fills them in, a POST creates the campaign or says what is wrong with each field."""
    by = actor(request)
    require(by, "run_campaigns")
    typed = Typed(request.POST if request.method == "POST" else kept(request) or written_out(request.GET))
    environments = list(Environment.objects.select_related("machine"))
    if not environments:
        return render(request, "optimizer/no_environment.html")
    environment = _chosen(environments, typed.text("environment"))
    if request.method == "GET":
        return _form(request, NewPage(environment, environments, typed, {}))
    try:
        constraints = environment.constraints.values_list("name", flat=True)
        campaign = create(parse(choices(typed, constraints)), by=by)
    except (Invalid, Conflict, Unavailable) as problem:
        return _form(request, NewPage(environment, environments, typed, problem.fields), problem)
    return HttpResponseRedirect(reverse("campaign", args=[campaign.pk]))


@require_GET
def understood(request: HttpRequest) -> HttpResponse:
    """What the sentence is understood as, while it is being typed."""
    require(actor(request), "run_campaigns")
    typed = Typed(written_out(request.GET))
    environment = _chosen(list(Environment.objects.all()), typed.text("environment"))
    meant = understand(typed.text("sentence"), environment.objectives.all())
    context = {"meant": meant, "by_hand": typed.text("objective"), "said": typed.text("sentence")}
    return render(request, "optimizer/parts/understood.html", context)


def _chosen(environments: list[Environment], slug: str) -> Environment:
    if not environments:
        raise NotFound("There is no environment yet.")
    return next((one for one in environments if one.slug == slug), environments[0])


def _form(request: HttpRequest, page: NewPage, problem: Problem | None = None) -> HttpResponse:
    part = request.GET.get("part") == "choices" and request.method == "GET"
    template = "optimizer/parts/choices.html" if part else "optimizer/new.html"
    context = {
        "it": page,
        "problem": problem,
        "may_decide": allowed(actor(request), "decide"),
        "machine": page.environment.machine,
        "meant": page.understanding,
        "said": page.typed.text("sentence"),
        "by_hand": page.typed.text("objective"),
    }
    return render(request, template, context, status=problem.status if problem else 200)
