"""Deleting old records of calls, a few at a time."""

from datetime import timedelta

from django.utils import timezone

from agents.models import ModelCall
from xoptweb.config import config

BATCH = 100  # rows, so that no transaction is long


def forget_calls() -> int:
    """Delete one batch; how many that were."""
    oldest = timezone.now() - timedelta(days=config().llm_call_days)
    rows = ModelCall.objects.filter(at__lt=oldest).exclude(state=ModelCall.State.RUNNING).order_by("at")
    deleted, _ = ModelCall.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:BATCH])).delete()
    return deleted
