"""Sessions that ended."""

from django.contrib.sessions.models import Session
from django.utils import timezone

BATCH = 200  # rows, so that no transaction is long


def forget_expired() -> int:
    """Delete one batch; how many rows that were."""
    old = Session.objects.filter(expire_date__lt=timezone.now()).values_list("pk", flat=True)[:BATCH]
    deleted, _ = Session.objects.filter(pk__in=list(old)).delete()
    return deleted
