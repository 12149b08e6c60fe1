"""pyepics for the rivals: PVs of one machine, connected."""

import os
import socket
from collections.abc import Iterable
from functools import cache
from typing import Any

CONNECT_S = 10.0


@cache
def _repeater() -> socket.socket:
    """A port that is taken, so that the library starts no repeater, which is not installed here."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind(("127.0.0.1", 0))
    os.environ["EPICS_CA_REPEATER_PORT"] = str(taken.getsockname()[1])
    return taken


def connect(names: Iterable[str], **options: Any) -> dict[str, Any]:
    """PVs by name.

    Raises:
        TimeoutError: one does not connect.
    """
    _repeater()
    import epics

    pvs = {name: epics.PV(name, **options) for name in names}
    for name, pv in pvs.items():
        if not pv.wait_for_connection(CONNECT_S):
            raise TimeoutError(f"{name} does not connect")
    return pvs
