"""Pausing, resuming, finishing, stopping and restoring a campaign."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from optimizer.models import Campaign
from optimizer.services import campaigns
from optimizer.views.detail import find
from xoptweb.accounts.requests import actor
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval

Steer = Callable[[Campaign, Actor, str], object]

STEERING: dict[str, tuple[Steer, str]] = {
    "pause": (lambda campaign, by, _: campaigns.pause(campaign, by=by), "It pauses after the present evaluation."),
    "resume": (lambda campaign, by, _: campaigns.resume(campaign, by=by), "It goes on."),
    "finish": (
        lambda campaign, by, _: campaigns.finish(campaign, by=by),
        "It makes no more evaluations and ends as approved.",
    ),
    "stop": (lambda campaign, by, why: campaigns.stop(campaign, by=by, reason=why), "It is stopped."),
    "restore": (
        lambda campaign, by, _: campaigns.restore_before(campaign, by=by),
        "The restore waits for an approval.",
    ),
}


def steer(request: HttpRequest, campaign_id: int, verb: str) -> HttpResponse:
    """One of `STEERING`, by POST; a GET shows the campaign."""
    if request.method == "POST":
        call, said = STEERING[verb]
        outcome = call(find(campaign_id), actor(request), request.POST.get("reason", "").strip())
        messages.success(request, said)
        if isinstance(outcome, Approval):
            return redirect("approval", outcome.pk)
    return redirect("campaign", campaign_id)
