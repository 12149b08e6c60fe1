"""What a model is just writing, shown while it writes."""

import time
from collections.abc import Callable

from agents.models import Turn
from xoptweb.live import topics
from xoptweb.plain import storable

SHOW_EVERY_S = 0.04
SAVE_EVERY_S = 1.0


class Draft:
    """The text of one step as it comes: to browsers at once, to the database now and then for those that come later.

    Each entry of the topic is a piece that never changes, under `<turn>.<step>.<characters before it>`.
    """

    def __init__(self, turn: Turn, also: Callable[[str], None] | None = None) -> None:
        self.turn, self._also = turn, also
        self._name = f"{turn.pk}.{turn.steps}"
        self._text, self._shown, self._shown_at, self._saved_at = "", 0, 0.0, 0.0

    def add(self, text: str) -> None:
        self._text += text
        if self._also is not None:
            self._also(text)
        now = time.monotonic()
        if now - self._shown_at >= SHOW_EVERY_S:
            self.show()
        if now - self._saved_at >= SAVE_EVERY_S:
            self._save(now)

    def _save(self, now: float) -> None:
        """The first piece at once: a page that is just opening may have missed it. What it missed since comes again."""
        again = self._saved_at > 0
        self._saved_at = now
        Turn.objects.filter(pk=self.turn.pk).update(draft=storable(self._text))
        if again:
            topics.send(topic(self.turn.conversation_id), {f"{self._name}.0": self._text})

    def show(self) -> None:
        """Send what was not sent yet."""
        if self._shown < len(self._text):
            entry = {f"{self._name}.{self._shown}": self._text[self._shown :]}
            topics.send(topic(self.turn.conversation_id), entry)
            self._shown, self._shown_at = len(self._text), time.monotonic()


def topic(conversation: int) -> str:
    return f"draft:{conversation}"


def latest(topic: str) -> dict[str, str]:
    """What an open turn has written so far, as one piece from the beginning."""
    number = topic.partition(":")[2]
    if not number.isdecimal() or len(number) > 18:
        return {}
    open_turns = Turn.objects.filter(conversation=int(number), state=Turn.State.RUNNING)
    return {f"{turn.pk}.{turn.steps}.0": turn.draft for turn in open_turns if turn.draft}
