"""Runs of modules that a stage waits for, when nobody waits any more."""

from contextlib import suppress

from django.utils import timezone

from optimizer.models import Campaign, StageRun
from xoptweb.actors import system
from xoptweb.errors import Conflict


def cancel_runs(campaign: Campaign, why: str) -> None:
    """End the runs of modules that the campaign's stages wait for, at once. Inside the transaction that ends it."""
    rows = StageRun.objects.filter(record__iteration__campaign=campaign, state=StageRun.State.RUNNING)
    for row in rows.select_related("run"):
        from modules.services.running import cancel  # every process can end a campaign; few ever run modules

        StageRun.objects.filter(pk=row.pk).update(
            state=StageRun.State.FAILED, problem=f"The campaign ended: {why}", ended_at=timezone.now()
        )
        if row.run is not None:
            with suppress(Conflict):  # it has ended by itself
                cancel(row.run, by=system(f"campaign {campaign.pk}"))
