"""Turns that nobody works on, as their terminal was closed in the middle: a worker goes on with them."""

from datetime import timedelta

from django.utils import timezone

from agents.models import Turn
from agents.services.conversations import QUEUE, TASK
from xoptweb.work.models import Work
from xoptweb.work.process import alive
from xoptweb.work.services import OPEN, enqueue

PATIENCE = timedelta(seconds=10)  # between a question in a terminal and the process that begins to answer it


def find_lost() -> int:
    """Enqueue the work of open turns that have none and whose process is dead; how many that were."""
    found = 0
    for turn in Turn.objects.filter(state__in=Turn.OPEN, created_at__lt=timezone.now() - PATIENCE):
        worked_on = turn.process and alive(turn.process) is not False
        if worked_on or Work.objects.filter(key=_key(turn), state__in=OPEN).exists():
            continue
        about = f"conversation:{turn.conversation_id}"
        enqueue(TASK, {"turn": turn.pk}, queue=QUEUE, key=_key(turn), correlation=about)
        found += 1
    return found


def _key(turn: Turn) -> str:
    return f"turn:{turn.pk}"
