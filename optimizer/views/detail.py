"""One campaign: what it does now, and its records in tabs that each have an address."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from pydantic_core import to_json

from controls.models import Write
from controls.rows import write_row
from optimizer import export
from optimizer.models import Campaign, Iteration
from optimizer.presentation import actions, banners, stages
from optimizer.presentation.analysis import analyses
from optimizer.presentation.configuration import described
from optimizer.presentation.detail import TABS, CampaignPage
from optimizer.presentation.evaluations import table
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.audit.models import Entry
from xoptweb.audit.services import key
from xoptweb.errors import NotFound
from xoptweb.web.following import follow
from xoptweb.web.paging import page_of_rows

EVALUATIONS_A_PAGE = 25
PARTS = {"head", "rail", "side", "evaluations", "work"}


@require_GET
def evaluations(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The page with charts and evaluations; `iteration` looks at an earlier one, `part` renders a part alone."""
    page = _open(request, campaign_id)
    part = request.GET.get("part", "")
    context: dict[str, Any] = {"tab": "campaign"}
    if part in {"", "evaluations", "work"}:
        context |= _evaluations(request, page)
    if part in PARTS:
        return render(request, f"optimizer/parts/{part}.html", _context(request, page) | context)
    return _tab(request, page, "optimizer/detail.html", context)


def _evaluations(request: HttpRequest, page: CampaignPage) -> dict[str, Any]:
    if page.configuration is None or page.execution is None:
        return {"table": None}
    rows = page_of_rows(request, page.evaluations, size=EVALUATIONS_A_PAGE)
    return {"page": rows, "table": table(page.configuration, rows.rows, page.best)}


@require_GET
def trace(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What each stage of each iteration concluded, and why."""
    page = _open(request, campaign_id)
    return _tab(request, page, "optimizer/tabs/trace.html", {"passes": stages.trace(page.iterations)})


@require_GET
def writes(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Every put the campaign made or tried, newest first."""
    page = _open(request, campaign_id)
    holders = [f"optimizer.execution:{one.execution.pk}" for one in page.iterations if hasattr(one, "execution")]
    holders.append(f"optimizer.campaign:{campaign_id}")
    rows = Write.objects.filter(lease__holder__in=holders).select_related("channel").order_by("-id")
    cut = page_of_rows(request, rows)
    context = {"page": cut, "writes": [write_row(write) for write in cut.rows]}
    return _tab(request, page, "optimizer/tabs/writes.html", context)


@require_GET
def configuration(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What the shown iteration was configured with."""
    page = _open(request, campaign_id)
    units_of = dict(page.campaign.environment.machine.channels.values_list("address", "units"))
    content = described(page.configured, units_of) if page.configured else None
    return _tab(request, page, "optimizer/tabs/configuration.html", {"content": content})


@require_GET
def analysis(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What came of each iteration, in words and numbers."""
    page = _open(request, campaign_id)
    return _tab(request, page, "optimizer/tabs/analysis.html", {"analyses": analyses(page.iterations)})


@require_GET
def audit(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Who did what to this campaign."""
    require(actor(request), "view_audit")
    page = _open(request, campaign_id)
    approvals = [key(one.approval) for one in page.iterations if one.approval]
    rows = Entry.objects.filter(target__in=[key(page.campaign), *approvals]).order_by("-id")
    cut = page_of_rows(request, rows)
    return _tab(request, page, "optimizer/tabs/audit.html", {"page": cut, "entries": cut.rows})


@require_GET
def chart(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The evaluations of one iteration as the charts want them."""
    require(actor(request), "view_machine")
    number = request.GET.get("iteration", "")
    rows = Iteration.objects.filter(campaign=campaign_id).order_by("-number")
    iteration = rows.filter(number=int(number)).first() if number.isdecimal() else rows.first()
    if iteration is None:
        raise NotFound("This campaign has no such iteration.")
    return HttpResponse(to_json(export.chart(iteration), inf_nan_mode="null"), content_type="application/json")


def _open(request: HttpRequest, campaign_id: int) -> CampaignPage:
    require(actor(request), "view_machine")
    follow(request, f"campaign:{campaign_id}")
    number = request.GET.get("iteration", "")
    return CampaignPage(find(campaign_id), int(number) if number.isdecimal() and len(number) < 6 else None)


def find(campaign_id: int) -> Campaign:
    """The campaign with what its page needs at hand."""
    rows = Campaign.objects.select_related("environment__machine", "objective", "requested_by", "token")
    campaign = rows.prefetch_related("environment__machine__channels").filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound("There is no such campaign.")
    return campaign


def _context(request: HttpRequest, page: CampaignPage) -> dict[str, Any]:
    by = actor(request)
    may_steer = allowed(by, "run_campaigns")
    return {
        "tabs": [(name, label) for name, label in TABS if name != "campaign-audit" or allowed(by, "view_audit")],
        "campaign": page.campaign,
        "may_steer": may_steer,
        "machine": page.machine,
        "it": page,
        "actions": actions.actions(page.campaign, away=page.away) if may_steer else [],
        "banners": banners.banners(page.campaign, page.attempts, told=bool(page.changes_wanted)),
    }


def _tab(request: HttpRequest, page: CampaignPage, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, _context(request, page) | context)
