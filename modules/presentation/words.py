"""States in words, each with the manner in which it is shown, and times as a trace needs them."""

import json
from dataclasses import dataclass
from typing import Any

from modules.models import ModuleVersion, Project, Run
from xoptweb.web.values import NOTHING, duration, visible

MILLISECONDS_UP_TO_S = 1.0
TENTHS_UP_TO_S = 60.0
BRIEF = 90  # characters


@dataclass(frozen=True)
class Pill:
    """`manner` is good, warn, bad, busy or nothing."""

    manner: str
    words: str
    detail: str = ""


VERSION_PILLS = {
    ModuleVersion.State.UPLOADED: ("", "uploaded, not installed"),
    ModuleVersion.State.BUILDING: ("busy", "being installed"),
    ModuleVersion.State.INSTALLED: ("good", "installed"),
    ModuleVersion.State.FAILED: ("bad", "could not be installed"),
    ModuleVersion.State.REMOVED: ("", "uninstalled"),
    ModuleVersion.State.DEVELOPMENT: ("", "run from its directory"),
}
RUN_MANNERS = {
    Run.State.QUEUED: "warn",
    Run.State.RUNNING: "busy",
    Run.State.SUCCEEDED: "good",
    Run.State.FAILED: "bad",
    Run.State.CANCELLED: "",
    Run.State.LOST: "bad",
}
SYNC_MANNERS = {
    Project.Sync.NEVER: "",
    Project.Sync.RUNNING: "busy",
    Project.Sync.SYNCED: "good",
    Project.Sync.STALE: "warn",
    Project.Sync.FAILED: "bad",
}


def version_pill(version: ModuleVersion) -> Pill:
    manner, words = VERSION_PILLS[ModuleVersion.State(version.state)]
    return Pill(manner, words, version.error)


def run_pill(run: Run) -> Pill:
    state = Run.State(run.state)
    if state == Run.State.RUNNING and run.cancel_requested:
        return Pill("warn", "being cancelled")
    return Pill(RUN_MANNERS[state], str(state.label).lower(), run.error)


def sync_pill(project: Project) -> Pill:
    state = Project.Sync(project.sync)
    words = {Project.Sync.RUNNING: "being synced", Project.Sync.FAILED: "sync failed"}
    return Pill(SYNC_MANNERS[state], words.get(state, str(state.label).lower()), project.sync_error)


def took(seconds: float | None) -> str:
    """Short times to the millisecond, long ones as durations read."""
    if seconds is None:
        return NOTHING
    if seconds < MILLISECONDS_UP_TO_S:
        thousandths = 1000 * seconds
        return f"{thousandths:.1f} ms" if thousandths < 10 else f"{thousandths:.0f} ms"
    return f"{seconds:.2f} s" if seconds < TENTHS_UP_TO_S else duration(seconds)


def brief(value: Any, most: int = BRIEF) -> str:
    """The beginning of a value on one line."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    line = " ".join(text[: 4 * most].split())
    return visible(line if len(line) <= most else f"{line[:most]}…")


def readable(value: Any) -> str:
    """A value for reading: text as it is, everything else as indented JSON."""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return visible(text)


def money(dollars: float | None) -> str:
    """What model calls cost, where that is known."""
    if dollars is None:
        return NOTHING
    return f"${dollars:.2f}" if dollars >= 1 else f"${dollars:.4f}"
