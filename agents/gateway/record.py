"""The record of a call: written before it begins, when it takes one of its profile's slots, and when it has ended."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from agents.gateway.profiles import Profile
from agents.gateway.request import Cancelled, Cause
from agents.gateway.wire import LONGEST
from agents.models import ModelCall
from xoptweb import correlation
from xoptweb.errors import Unavailable
from xoptweb.plain import plain, storable
from xoptweb.transactions import transaction
from xoptweb.work.process import alive, identity

State = ModelCall.State
LARGEST = 256 * 1024  # characters of a prompt or a response; of more the beginning and the end are kept
ASK_AGAIN_S = 0.1
LONGEST_ERROR = 2000


def begin(
    profile: Profile,
    cause: Cause,
    *,
    model: str,
    prompt: Any,
    cancelled: Callable[[], bool] | None,
    prompt_version: str = "",
) -> ModelCall:
    """Take a slot, waiting for one as long as the profile allows silence.

    Raises:
        Unavailable: `model_busy`: none became free.
        Cancelled: `cancelled` said so.
    """
    row = ModelCall(
        profile=profile.name,
        purpose=cause.purpose,
        subject=cause.subject,
        user=cause.user,
        asked_model=storable(model[:200]),
        prompt=bounded(prompt),
        prompt_version=prompt_version,
        process=identity(),
        correlation=correlation.current(),
        expires_at=timezone.now() + timedelta(seconds=profile.timeout_s * (LONGEST + profile.attempts)),
    )
    deadline = time.monotonic() + profile.timeout_s
    while not _claimed(row, profile.concurrency):
        if cancelled is not None and cancelled():
            raise Cancelled("The call was cancelled.")
        if time.monotonic() > deadline:
            raise Unavailable(f"All {profile.concurrency} places of {profile.name} stay taken.", code="model_busy")
        time.sleep(ASK_AGAIN_S)
    return row


def _claimed(row: ModelCall, slots: int) -> bool:
    """Whether the call has a slot now; the database decides between two that want the same."""
    running = ModelCall.objects.filter(profile=row.profile, state=State.RUNNING)
    taken = set(running.values_list("slot", flat=True))
    for slot in range(slots):
        if slot in taken:
            continue
        row.slot = slot
        try:
            with transaction("a call to a model is known before it is made"):
                row.save(force_insert=True)
        except IntegrityError:
            continue
        return True
    _free_dead(list(running))
    return False


def _free_dead(running: list[ModelCall]) -> None:
    now = timezone.now()
    for call in running:
        if call.expires_at < now or alive(call.process) is False:
            ModelCall.objects.filter(pk=call.pk, state=State.RUNNING).update(state=State.LOST, ended_at=now)


def end(row: ModelCall, state: str, **changes: Any) -> None:
    """Give the slot back and say how it went."""
    values = {"state": state, "ended_at": timezone.now(), **changes}
    if "error" in values:
        values["error"] = storable(str(values["error"])[:LONGEST_ERROR])
    if "response" in values:
        values["response"] = bounded(values["response"])
    with transaction("a call to a model has ended"):
        ModelCall.objects.filter(pk=row.pk, state=State.RUNNING).update(**values)
    for name, value in values.items():
        setattr(row, name, value)


def bounded(content: Any) -> Any:
    """JSON that is not too large to be kept."""
    made = plain(content)
    text = json.dumps(made, ensure_ascii=False)
    if len(text) <= LARGEST:
        return made
    half = LARGEST // 2
    return {"truncated": True, "characters": len(text), "beginning": text[:half], "end": text[-half:]}
