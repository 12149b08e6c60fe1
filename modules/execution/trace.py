"""The trace of one run: events that wait for the database, and go there in batches that are soon written."""

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from modules.models import Run
from modules.runner.output import text_of
from xoptweb.live.services import publish
from xoptweb.plain import plain
from xoptweb.transactions import transaction

BATCH_EVENTS = 40
BATCH_CHARACTERS = 64 * 1024  # either way SQLite's write lock is held for a few milliseconds
LARGEST_EVENT = 256 * 1024  # characters; of what is larger the beginning is kept
MOST_WAITING = 5000  # events; whoever makes more waits for the database
MOST_CHARACTERS = 4 * 1024 * 1024  # likewise; one event may be above that
LONGEST_PRINT = 8_000  # characters of prints that go as one event, because the database took none of them yet
PATIENCE_S = 60.0

Waiting = tuple[str, dict[str, Any], int]


class Trace:
    """Events of one stream, in order. Each carries `t`, the seconds since the run began.

    `characters` is how much waits for the database.
    """

    def __init__(self, stream: str, began: float | None = None) -> None:
        """`began` is a time of the monotonic clock; now, when it is left out."""
        self.stream = stream
        self.began = time.monotonic() if began is None else began
        self._events: deque[Waiting] = deque()
        self.characters = 0
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self.closed = False

    def add(self, kind: str, content: Mapping[str, Any]) -> None:
        """Note an event. Waits while too many are waiting, so that memory stays bounded."""
        payload, size = bounded({**content, "t": round(time.monotonic() - self.began, 6)})
        with self._changed:
            self._changed.wait_for(lambda: self._has_room(size) or self.closed, PATIENCE_S)
            if not (kind == "print" and self._joined(payload)):
                self._append((kind, payload, size))
            self._changed.notify_all()

    def _append(self, waiting: Waiting) -> None:
        self._events.append(waiting)
        self.characters += waiting[2]

    def _has_room(self, size: int) -> bool:
        few = len(self._events) < MOST_WAITING and self.characters + size <= MOST_CHARACTERS
        return few or not self._events

    def _joined(self, payload: dict[str, Any]) -> bool:
        """Whether what is printed could be put to the print before it, which waits as well."""
        if not self._events or self._events[-1][0] != "print":
            return False
        _, before, size = self._events[-1]
        first, more = before.get("text"), payload.get("text")
        if not isinstance(first, str) or not isinstance(more, str) or before.get("stream") != payload.get("stream"):
            return False
        if len(first) + len(more) > LONGEST_PRINT:
            return False
        before["text"] = text_of(before) + more
        before.pop("open", None)
        before |= {"open": True} if payload.get("open") else {}
        self._events.pop()
        self.characters -= size
        self._append(("print", before, size + len(more) + 1))
        return True

    def close(self) -> None:
        """Nobody waits for the database any more."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def flush(self) -> None:
        """Write all that waits, one batch in a transaction."""
        while self._write_batch():
            pass

    def publish_rest(self) -> None:
        """Publish what is left as part of the open transaction; `flush` comes first where there can be much."""
        with self._writing:
            for kind, payload, _ in self._take(BATCH_EVENTS, BATCH_CHARACTERS):
                publish(self.stream, kind, payload)

    def flush_all_but_last(self) -> None:
        """Write until what is left fits into one batch."""
        while self._more_than_a_batch():
            self._write_batch()

    def _more_than_a_batch(self) -> bool:
        with self._changed:
            long = self.characters > BATCH_CHARACTERS and len(self._events) > 1
            return len(self._events) > BATCH_EVENTS or long

    def _write_batch(self) -> bool:
        with self._writing:  # batches go one after the other, or their order would be lost
            batch = self._take(BATCH_EVENTS, BATCH_CHARACTERS)
            if not batch:
                return False
            try:
                with transaction("some events of a trace, few enough to be written at once"):
                    for kind, payload, _ in batch:
                        publish(self.stream, kind, payload)
            except BaseException:
                self._put_back(batch)
                raise
            return True

    def _put_back(self, batch: list[Waiting]) -> None:
        """The database did not take them: they are the first of the next batch."""
        with self._changed:
            self._events.extendleft(reversed(batch))
            self.characters += sum(size for _, _, size in batch)

    def _take(self, most: int, characters: int) -> list[Waiting]:
        taken: list[Waiting] = []
        with self._changed:
            while self._events and len(taken) < most and (not taken or characters >= self._events[0][2]):
                taken.append(self._events.popleft())
                characters -= taken[-1][2]
                self.characters -= taken[-1][2]
            self._changed.notify_all()
        return taken


def bounded(payload: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """The payload as JSON values, and how many characters that is; the beginning of what is too large."""
    content: dict[str, Any] = plain(payload)
    text = json.dumps(content, ensure_ascii=False)
    if len(text) <= LARGEST_EVENT:
        return content, len(text)
    cut = {"truncated": True, "characters": len(text), "beginning": text[: LARGEST_EVENT // 2], "t": content.get("t")}
    for name in ("step_name", "module", "model", "action", "target_module"):
        if isinstance(content.get(name), str):
            cut[name] = content[name][:200]
    return cut, LARGEST_EVENT // 2


def state_event(run: Run, **more: Any) -> dict[str, Any]:
    """What a run's stream says about its state."""
    return {"state": str(run.state), "attempt": run.attempt, **more}
