"""Finding work that nobody does: its message was lost, or its worker died."""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from xoptweb.config import config
from xoptweb.work import claims, sender
from xoptweb.work.broker import waiting
from xoptweb.work.models import Work
from xoptweb.work.process import alive

logger = logging.getLogger(__name__)

BATCH = 200


def sweep() -> None:
    """Free the claims of the dead, then send the due work that nobody claims. Safe to run in several processes."""
    free_dead_claims()
    send_unclaimed()


def free_dead_claims() -> int:
    """Make work due again whose process is gone, or whose claim was not renewed; the number of freed claims."""
    now = timezone.now()
    freed = 0
    for work in Work.objects.filter(state=Work.State.CLAIMED).order_by("pk"):
        if alive(work.claimed_by) is False:
            freed += claims.free(work, "the process that did it died")
        elif work.claimed_until is None or work.claimed_until < now:
            freed += claims.free(work, "its claim was not renewed")
    return freed


def send_unclaimed() -> int:
    """Send the messages of due rows that were never sent, or not claimed since; the number that was sent.

    A queue that holds as many messages as it has due rows only waits for a worker: nothing is sent to it.
    """
    now = timezone.now()
    stale = now - timedelta(seconds=config().work_requeue_s)
    due = Work.objects.filter(state=Work.State.DUE, due_at__lte=now)
    rows = due.filter(Q(enqueued_at=None) | Q(enqueued_at__lt=stale)).order_by("due_at")[:BATCH]
    queues: dict[str, list[Work]] = defaultdict(list)
    for work in rows:
        queues[work.queue].append(work)
    if not queues:
        return 0
    lengths = Counter(due.filter(queue__in=queues).values_list("queue", flat=True))
    try:
        return sum(_send(queue, works, lengths[queue]) for queue, works in queues.items())
    except (OperationalError, RedisError) as problem:
        logger.warning("Due work waits for the broker: %s", problem)
        return 0


def _send(queue: str, works: Sequence[Work], due: int) -> int:
    missing = due - waiting(queue)
    never, again = [w for w in works if w.enqueued_at is None], [w for w in works if w.enqueued_at is not None]
    chosen = never + again[: max(0, missing - len(never))]
    if chosen:
        sender.deliver([(work.pk, queue) for work in chosen])
        Work.objects.filter(pk__in=[work.pk for work in chosen]).update(enqueued_at=timezone.now())
    return len(chosen)
