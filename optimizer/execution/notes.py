"""Sentences about an execution that people see on the campaign."""

import logging
import time

from django.db import InterfaceError, OperationalError

from controls.gate.standing import Standing
from optimizer.execution.plan import Plan
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

log = logging.getLogger(__name__)


def tell(plan: Plan, text: str) -> None:
    """Put a sentence on the campaign and on its stream. A database that is busy with something else goes without."""
    try:
        with transaction("a note and its event"):
            type(plan.campaign).objects.filter(pk=plan.campaign.pk).update(message=text[:400])
            publish(plan.stream, "note", {"message": text})
    except (OperationalError, InterfaceError) as error:
        log.warning("campaign %s could not be told: %s (%s)", plan.campaign.pk, text, error)


def database_was_away(plan: Plan, standing: Standing) -> None:
    """Say once that the database was locked or away, when it is back."""
    since = standing.database_trouble_since
    if since is None:
        return
    standing.database_trouble_since = None
    tell(plan, f"The database did not take changes for {time.monotonic() - since:.1f} s; the execution waited.")
