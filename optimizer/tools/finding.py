"""Campaigns and environments by what agents call them."""

from optimizer.models import Campaign, Environment
from xoptweb.errors import NotFound


def environment(slug: str) -> Environment:
    """Raises NotFound."""
    found = Environment.objects.select_related("machine").filter(slug=slug).first()
    if found is None:
        known = ", ".join(Environment.objects.values_list("slug", flat=True))
        raise NotFound(f"There is no environment “{slug}”; there are: {known or 'none'}.", code="no_such_environment")
    return found


def campaign(number: int) -> Campaign:
    """Raises NotFound."""
    found = Campaign.objects.select_related("environment", "objective", "requested_by").filter(pk=number).first()
    if found is None:
        raise NotFound(f"There is no campaign {number}.", code="no_such_campaign")
    return found


def link(campaign: Campaign) -> str:
    """The campaign's page. Written out: workers know no addresses of pages."""
    return f"/campaigns/{campaign.pk}/"
