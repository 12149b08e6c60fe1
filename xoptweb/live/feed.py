"""The newest events of one stream, shared by all clients of a process that follow it."""

from collections import deque
from collections.abc import Sequence

from xoptweb.live.events import frame

KEPT = 1000  # events; who is further behind reads the database


class Feed:
    """Encoded events without a gap, the last of them number `last`. Does no input or output itself."""

    def __init__(self, stream: str, last: int) -> None:
        self.stream = stream
        self.last = last
        self._texts: deque[str] = deque(maxlen=KEPT)
        self._frame: tuple[int, int, str] = (0, 0, "")

    def take(self, last: int, texts: Sequence[str] | None) -> bool:
        """Add the events whose last number is `last`; False when something before them, or their text, is missing."""
        if last <= self.last:
            return True
        if texts is None or last - len(texts) > self.last:
            return False
        self._texts.extend(texts[-(last - self.last) :])
        self.last = last
        return True

    @property
    def begins_after(self) -> int:
        """The number before the oldest event that is still here."""
        return self.last - len(self._texts)

    def covers(self, number: int) -> bool:
        """Whether everything after `number` is here."""
        return number >= self.begins_after

    def frame_after(self, number: int) -> str:
        """The message that brings a client from `number` to `last`; made once for all clients at the same number."""
        if self._frame[:2] != (number, self.last):
            texts = list(self._texts)[-(self.last - number) :]
            self._frame = (number, self.last, frame(self.stream, texts))
        return self._frame[2]
