"""Keeping what a campaign has found as artifacts."""

from collections.abc import Callable

from agents.models import Artifact
from agents.services import artifacts
from optimizer import export
from optimizer.models import Campaign
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.errors import Invalid

WHAT: dict[str, tuple[str, str, Callable[[Campaign], str]]] = {
    "chart": ("Chart", "chart.svg", export.svg),
    "csv": ("Evaluations", "evaluations.csv", lambda campaign: "".join(export.csv(campaign))),
    "yaml": ("Xopt YAML", "evaluations.yaml", export.yaml),
}


def keep(campaign: Campaign, what: str, *, by: Actor) -> Artifact:
    """Keep the chart or the evaluations as they are now; everybody who sees campaigns sees it.

    Raises:
        NotAllowed: `by` may not run campaigns.
        Invalid: there is no such thing to keep, or it is too much.
    """
    require(by, "run_campaigns")
    if what not in WHAT:
        raise Invalid("There is no such thing to keep.", fields={"what": f"must be one of {', '.join(WHAT)}"})
    title, name, made = WHAT[what]
    given = artifacts.Given(f"{title}: {campaign.sentence}"[:200], made(campaign).encode(),
                            "image" if what == "chart" else "file", f"campaign-{campaign.pk}-{name}")  # fmt: skip
    return artifacts.add(given, artifacts.Source(f"campaign:{campaign.pk}", "campaign"), by=by)
