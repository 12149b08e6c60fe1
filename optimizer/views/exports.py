"""A campaign's evaluations as files, at full precision."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from optimizer import export
from optimizer.services import keeping
from optimizer.views.detail import find
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor


@require_GET
def evaluations_csv(request: HttpRequest, campaign_id: int) -> StreamingHttpResponse:
    """All evaluations of all iterations, one line each."""
    require(actor(request), "view_machine")
    campaign = find(campaign_id)
    response = StreamingHttpResponse(export.csv(campaign), content_type="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="campaign-{campaign_id}.csv"'
    return response


@require_GET
def evaluations_yaml(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """As Xopt reads it."""
    require(actor(request), "view_machine")
    response = HttpResponse(export.yaml(find(campaign_id)), content_type="application/yaml")
    response.headers["Content-Disposition"] = f'attachment; filename="campaign-{campaign_id}.yaml"'
    return response


@require_http_methods(["GET", "POST"])
def keep(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Keep the chart or the evaluations among the artifacts, by POST."""
    if request.method == "GET":
        return redirect("campaign", campaign_id)
    row = keeping.keep(find(campaign_id), request.POST.get("what", ""), by=actor(request))
    messages.success(request, "It is kept.")
    return redirect("artifact", row.pk)
