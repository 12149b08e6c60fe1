"""Removing conversations that were deleted, a few rows at a time: nobody sees them any more from the beginning on.

Each batch is a transaction of its own, so that no other writer waits for long, and whoever begins anew goes on where a
process died.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from agents.models import Artifact, Conversation, Message, ModelCall, PlanNote, PlanTask, Turn, WorkspaceFile
from xoptweb.live.forgetting import PAUSE_S, forget
from xoptweb.live.models import Stream
from xoptweb.transactions import transaction
from xoptweb.work.services import enqueue

TASK = "agents.remove_conversation"
PATIENCE = timedelta(minutes=1)
CALLS, MESSAGES, FILES, ROWS = 20, 25, 3, 100  # of one transaction: prompts, results and files can be large

Rows = QuerySet[Any]


def ask(conversation_id: int) -> None:
    """Have a worker remove what was marked as deleted; inside the transaction that marks it."""
    enqueue(TASK, {"conversation": conversation_id}, key=f"{TASK}:{conversation_id}")


def find_marked() -> int:
    """Ask again for what nobody has finished; how many that were."""
    marked = Conversation.everything.filter(deleted_at__lt=timezone.now() - PATIENCE)
    found = list(marked.values_list("pk", flat=True)[:ROWS])
    for conversation_id in found:
        ask(conversation_id)
    return len(found)


def remove(conversation_id: int) -> None:
    """Remove a conversation that was deleted, with its words. Of its model calls only what they cost stays."""
    found = Conversation.everything.exclude(deleted_at=None).filter(pk=conversation_id).first()
    if found is None:
        return
    said = Q(prompt__isnull=False) | Q(response__isnull=False)
    _in_batches(ModelCall.objects.filter(said, subject=found.stream), CALLS, _silence)
    _in_batches(Message.objects.filter(conversation=found), MESSAGES, _delete)
    _in_batches(Turn.objects.filter(conversation=found), ROWS, _delete)
    _in_batches(WorkspaceFile.objects.filter(conversation=found), FILES, _delete)
    _in_batches(Artifact.objects.filter(conversation=found), ROWS, _delete)
    _in_batches(PlanTask.objects.filter(plan__conversation=found), ROWS, _delete)
    _in_batches(PlanNote.objects.filter(plan__conversation=found), ROWS, _delete)
    forget(found.stream)
    with transaction("a conversation of which nothing is left goes"):
        Stream.objects.filter(name=found.stream).delete()
        found.delete()


def _silence(calls: Rows) -> None:
    calls.update(prompt=None, response=None)


def _delete(rows: Rows) -> None:
    rows.delete()


def _in_batches(rows: Rows, most: int, act: Callable[[Rows], None]) -> None:
    """Let `act` take rows out of `rows`, at most so many in a transaction, until none is left."""
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:most]):
        with transaction("a few rows of a deleted conversation go"):
            act(rows.model._default_manager.filter(pk__in=keys))
        time.sleep(PAUSE_S)
