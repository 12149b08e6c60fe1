"""When the way back began, by the IOC's own log of puts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.machine import PREFIX, Put

if TYPE_CHECKING:
    from optimizer.models import Campaign


@dataclass(frozen=True)
class WayBack:
    """Monotonic seconds: the last put that was no part of the way back, the first that was, and its record's time."""

    last_other: float
    first: float
    recorded: float


def way_back(campaign: "Campaign", puts: Sequence[Put], since: float) -> WayBack:
    """Puts belong to it by channel and value, which are on record before they are sent.

    Raises:
        StopIteration: nothing was put back after `since`.
    """
    from controls.models import Restore, Write

    mine = {"lease__correlation": f"campaign:{campaign.pk}"}
    writes = Write.objects.filter(**mine, purpose=Write.Purpose.RESTORE).select_related("channel")
    restoring = {(write.channel.address.removeprefix(PREFIX), write.value) for write in writes}
    recorded = Restore.objects.filter(**mine).earliest("id").started_at.timestamp() - (time.time() - time.monotonic())
    return WayBack(
        last_other=max(put.at for put in puts if (put.name, put.value) not in restoring),
        first=next(put.at for put in puts if put.at > since and (put.name, put.value) in restoring),
        recorded=recorded,
    )
