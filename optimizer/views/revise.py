"""Answering a request for changes: the choices again, as they were made, to be made otherwise."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from optimizer.forms import Typed, from_pinned, pinned_choices
from optimizer.models import Campaign
from optimizer.presentation.new import NewPage
from optimizer.services import campaigns
from optimizer.services.choices import Pinned
from optimizer.views.detail import find
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.errors import Conflict, Invalid, Problem


@require_http_methods(["GET", "POST"])
def revise(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The form with the present choices; a POST configures the iteration again with others."""
    by = actor(request)
    require(by, "run_campaigns")
    campaign = find(campaign_id)
    waiting = campaigns.waiting_for_changes(campaign)
    if waiting is None:
        return redirect("campaign", campaign_id)
    if request.method == "GET":
        typed = Typed(request.GET) if "choices" in request.GET else _present(campaign)
        return _form(request, campaign, typed)
    typed = Typed(request.POST)
    constraints = campaign.environment.constraints.values_list("name", flat=True)
    try:
        campaigns.revise(campaign, campaigns.parse_pinned(pinned_choices(typed, constraints)), by=by)
    except (Invalid, Conflict) as problem:
        return _form(request, campaign, typed, problem)
    messages.success(request, "It is configured again with your changes.")
    return HttpResponseRedirect(reverse("campaign", args=[campaign_id]))


def _present(campaign: Campaign) -> Typed:
    environment = campaign.environment
    variables = environment.variables.filter(default=True).values_list("name", flat=True)
    constraints = environment.constraints.values_list("name", flat=True)
    return from_pinned(Pinned.model_validate(campaign.pinned), variables, constraints)


def _form(request: HttpRequest, campaign: Campaign, typed: Typed, problem: Problem | None = None) -> HttpResponse:
    faults = problem.fields if problem else {}
    errors = {name if name.startswith("pinned.") else f"pinned.{name}": text for name, text in faults.items()}
    environment = campaign.environment
    last = campaign.iterations.order_by("number").last()
    context = {
        "it": NewPage(environment, [environment], typed, errors, revising=True),
        "campaign": campaign,
        "machine": environment.machine,
        "problem": problem,
        "wanted": last.changes_requested if last else "",
    }
    part = request.method == "GET" and request.GET.get("part") == "choices"
    template = "optimizer/parts/choices.html" if part else "optimizer/revise.html"
    return render(request, template, context, status=problem.status if problem else 200)
