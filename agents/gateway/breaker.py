"""An endpoint that keeps failing is left alone for a while. All processes know: the record of calls says so."""

from datetime import timedelta

from django.utils import timezone

from agents.gateway.failures import Failure
from agents.gateway.profiles import Profile
from agents.models import ModelCall

IN_A_ROW = 4
REST = timedelta(seconds=20)
ILL = ("slow", "unreachable", "busy", "cut_off")
ENDED = (ModelCall.State.ANSWERED, ModelCall.State.FAILED)


def check(profile: Profile) -> None:
    """Raises Failure: its last calls all failed, the newest a moment ago."""
    rows = ModelCall.objects.filter(profile=profile.name, state__in=ENDED).order_by("-at")
    last = list(rows.values_list("code", "ended_at")[:IN_A_ROW])
    if len(last) < IN_A_ROW or any(code not in ILL for code, _ in last):
        return
    newest = max(ended for _, ended in last if ended is not None)
    if newest + REST > timezone.now():
        raise Failure(
            f"The model is left alone for {REST.seconds} s: its last {IN_A_ROW} calls failed.", code="model_resting"
        )
