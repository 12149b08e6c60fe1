"""Deleting the rows of work that was done long ago, a few at a time."""

from datetime import timedelta

from django.utils import timezone

from xoptweb.work.models import Work

KEPT = timedelta(days=7)  # failed work is kept, for somebody has to look at it
BATCH = 200  # rows, so that no transaction is long


def forget_done() -> int:
    """Delete one batch; how many rows that were."""
    old = Work.objects.filter(state=Work.State.DONE, finished_at__lt=timezone.now() - KEPT)
    deleted, _ = Work.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH])).delete()
    return deleted
