"""One channel of the CA library: its circuit, type and latest update."""

import threading
from collections.abc import Callable

from controls.connectors.base import Reading, Value


class Link:
    """`handle` guards `chid` against being cleared while a caller uses it; the library's callbacks never take it.

    `changed` guards everything else and is notified by the callbacks. No library call is made while it is held.
    """

    def __init__(self, address: str, patience_s: float) -> None:
        self.address = address
        self.patience_s = patience_s  # how long a search may take before it is begun anew
        self.handle = threading.Lock()
        self.chid: int | None = None
        self.number = 0
        self.searched_at = 0.0
        self.changed = threading.Condition(threading.Lock())
        self.connected = False
        self.seen = False  # someone has waited for it, or it was connected once
        self.field_type = -1
        self.count = 0
        self.watchers: list[Callable[[Reading], None] | None] = []
        self.subscription: int | None = None
        self.subscribed_type = -1
        self.latest: Reading | None = None
        self.sequence = 0
        self.resent = True  # the next update is what the server sends at (re)connection

    def update(self, value: Value, ioc_time: float, severity: int) -> None:
        """Take in what arrived. Called by the library's thread.

        What the server sends at connection is no update, unless it tells of one that was missed. The first value
        counts, but watchers do not get it: it is from before they began to watch.
        """
        with self.changed:
            first = self.latest is None
            missed = self.latest is not None and self.latest.ioc_time != ioc_time
            is_update = not self.resent or missed
            if first or is_update:
                self.sequence += 1
            self.resent = False
            reading = self.latest = Reading(value, ioc_time, severity, self.sequence)
            watchers = list(self.watchers) if is_update else []
            self.changed.notify_all()
        for watcher in watchers:
            if watcher is not None:
                watcher(reading)
