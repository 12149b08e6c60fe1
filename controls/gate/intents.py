"""The durable record of puts: intents before, outcomes after."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import connection
from django.utils import timezone

from controls.gate.codes import Outcome, Result
from controls.gate.durable import durably
from controls.gate.standing import Standing
from controls.models import Lease, Write
from xoptweb import hot


@dataclass
class Intent:
    """One put to come. `key` is the row's id once it is in the database."""

    channel: int
    sequence: int
    before: float | None
    value: float | None
    purpose: str
    evaluation: int | None = None
    key: int | None = None


Alongside = Callable[[], None]


class Record(Protocol):
    """Where intents and outcomes go."""

    def intend(self, intents: list[Intent], alongside: Alongside | None = None) -> None:
        """Make all of them durable before this returns."""

    def finish(self, intent: Intent, result: Result) -> None:
        """Note an outcome; it becomes durable with the next `intend` or `flush`."""

    def flush(self) -> None:
        """Make noted outcomes durable."""

    def flush_inside(self) -> None:
        """Write noted outcomes in the caller's transaction; after its commit the caller says `flushed`."""

    def flushed(self) -> None:
        """The caller's transaction was committed."""

    def refuse(self, intent: Intent, result: Result) -> None:
        """Record a put that was refused before it became an intent."""


@dataclass
class DatabaseRecord:
    """Rows of `Write`. Outcomes ride in the transaction of the next intents, or of the evaluation they belong to."""

    lease: Lease
    token: int
    standing: Standing
    _finished: list[tuple[str, str, str, float | None, Any, int]] = field(default_factory=list)

    def intend(self, intents: list[Intent], alongside: Alongside | None = None) -> None:
        def change() -> None:
            self.flush_inside()
            if alongside is not None:
                alongside()
            rows = [self._row(intent) for intent in intents]
            hot.insert(rows)
            for intent, row in zip(intents, rows, strict=True):
                intent.key = row.pk

        durably(change, "intents are durable before their puts", self.standing)
        self._finished.clear()

    def finish(self, intent: Intent, result: Result) -> None:
        if intent.key is None:
            raise RuntimeError("an intent has an outcome before it was durable")
        at = connection.ops.adapt_datetimefield_value(timezone.now())
        self._finished.append((result.outcome.value, result.code, result.detail[:300], result.readback, at, intent.key))

    def flush(self) -> None:
        if self._finished:
            durably(self.flush_inside, "outcomes of puts", self.standing)
            self._finished.clear()

    def flush_inside(self) -> None:
        if not self._finished:
            return
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE controls_write SET outcome=%s, code=%s, detail=%s, readback=%s, finished_at=%s WHERE id=%s",
                self._finished,
            )

    def flushed(self) -> None:
        self._finished.clear()

    def refuse(self, intent: Intent, result: Result) -> None:
        def change() -> None:
            row = self._row(intent)
            row.outcome, row.code, row.detail = Outcome.REFUSED, result.code, result.detail[:300]
            row.finished_at = timezone.now()
            row.save(force_insert=True)

        durably(change, "a refusal is recorded", self.standing)

    def _row(self, intent: Intent) -> Write:
        return Write(
            lease_id=self.lease.pk,
            token=self.token,
            channel_id=intent.channel,
            sequence=intent.sequence,
            purpose=intent.purpose,
            evaluation=intent.evaluation,
            before=intent.before,
            value=intent.value,
        )
