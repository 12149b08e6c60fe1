"""What the page of one run shows beside its trace."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from modules.models import Run
from modules.presentation.words import Pill, brief, money, readable, run_pill, took
from xoptweb.live.models import Event
from xoptweb.web.values import NOTHING, number

LOOKED_BACK = 300  # events, for the last progress that was told
ORIGINS = {
    "run": "given with the run", "project": "set in the project", "module": "set for the module",
    "default": "brought along",
}  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """`fraction` is None where only words were told."""

    fraction: float | None
    text: str

    @property
    def percent(self) -> str:
        return f"{100 * self.fraction:.0f}" if self.fraction is not None else ""


@dataclass(frozen=True)
class Used:
    """A value that the run was given, and where it came from; `long` texts are folded."""

    name: str
    brief: str
    full: str
    origin: str

    @property
    def long(self) -> bool:
        return self.full.strip() != self.brief


class RunPage:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.module = run.version.module
        self.namespace, self.name = self.module.namespace, self.module.short_name
        self.pill: Pill = run_pill(run)
        self.stream = run.stream

    @property
    def open(self) -> bool:
        return not self.run.ended

    @property
    def cancellable(self) -> bool:
        return self.open and not self.run.cancel_requested

    @cached_property
    def progress(self) -> Progress | None:
        """What the module told last while it runs."""
        if self.run.state != Run.State.RUNNING:
            return None
        rows = Event.objects.filter(stream=self.stream).order_by("-number")[:LOOKED_BACK]
        last = next((event.payload for event in rows if event.kind == "progress"), None)
        if last is None:
            return None
        fraction = last.get("fraction")
        return Progress(fraction if isinstance(fraction, int | float) else None, str(last.get("text") or ""))

    @property
    def input(self) -> str:
        return readable(self.run.input)

    @property
    def output(self) -> str:
        return readable(self.run.output)

    @property
    def facts(self) -> list[tuple[str, str]]:
        run = self.run
        tokens = f"{run.tokens_in} → {run.tokens_out}" if run.tokens_in or run.tokens_out else "none"
        memory = f"{number(run.peak_memory_mb)} MB" if run.peak_memory_mb else NOTHING
        return [("took", took(run.seconds)), ("tokens", tokens), ("cost", money(run.cost)), ("peak memory", memory)]

    @property
    def tunables(self) -> list[Used]:
        return self._used("tunables", "tunable_origins")

    @property
    def configurables(self) -> list[Used]:
        return self._used("configurables", "configurable_origins")

    def _used(self, plural: str, origins: str) -> list[Used]:
        values: dict[str, Any] = self.run.effective.get(plural) or {}
        sources: dict[str, str] = self.run.effective.get(origins) or {}
        return [
            Used(name, brief(value, 60), readable(value), ORIGINS.get(sources.get(name, ""), ""))
            for name, value in sorted(values.items())
        ]
