"""The examples of a skill, run as its module would run: packaged, in an environment of its own, in the sandbox."""

import math
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from modules import installer, package, places
from modules.installer import Installed
from modules.package import PackageError
from modules.runner import Grants, Limits, Pool, Refused, Result, Spec
from modules.runner.output import text_of
from modules.sandbox.availability import no_sandbox
from modules.skills import limits, packaging
from modules.skills.checks import EXAMPLES, Check
from modules.skills.written import Written
from xoptweb.config import config
from xoptweb.errors import Problem
from xoptweb.plain import plain

TOLERANCE = 1e-9  # relative, between the numbers of an expected and a given result
LONGEST_SHOWN = 2000  # characters
LONGEST_PRINTED = 4000
LEFT_S = 24 * 3600
CANCELLED = "It was cancelled before all examples had run. Check it again."
NO_SANDBOX = "This machine has nothing that keeps code apart (neither landlock nor bubblewrap), so skills can't run."


class Alone:
    """What an example may ask for: nothing. What it prints is kept."""

    def __init__(self) -> None:
        self.printed = ""

    def event(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "print" and len(self.printed) < LONGEST_PRINTED:
            self.printed = f"{self.printed}{text_of(data)}"[:LONGEST_PRINTED]

    def call_llm(self, request: dict[str, Any]) -> dict[str, Any]:
        raise Refused("An example has no model.")

    def call_module(
        self, name: str, given: Any, context: Any, *, tunables: dict[str, Any], configurables: dict[str, Any]
    ) -> str:
        raise Refused("An example has no other modules.")

    def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        raise Refused("An example has no tools.")

    def chat(self, request: dict[str, Any]) -> dict[str, Any]:
        raise Refused("An example has no model.")

    def artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        raise Refused("An example keeps nothing.")

    def progress(self, fraction: float | None, text: str) -> None:
        """Nobody watches."""


def examples(written: Written, number: int, cancelled: threading.Event | None = None) -> Check:
    """Run all of them; each row has the arguments, what was expected, what came, and how long it took.

    Nobody has approved this text yet, so it takes the sandbox that code of models takes, and not only that of modules.
    """
    if reason := no_sandbox():
        return Check(EXAMPLES, False, [reason])
    never = cancelled or threading.Event()
    _forget_left()
    place = Path(tempfile.mkdtemp(prefix="skill-", dir=places.checks()))
    try:
        log: list[str] = []
        try:
            read = package.read(packaging.write(written, number, place))
            done = installer.install(read, place / "installed", say=log.append)
        except (PackageError, Problem) as problem:
            return Check(EXAMPLES, False, [problem.message, *log[-3:]])
        rows = _ran(written, done, never)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if never.is_set():
        return Check(EXAMPLES, False, [CANCELLED], rows)
    good = sum(row["passed"] for row in rows)
    words = "1 example gives" if len(rows) == 1 else f"{good} of {len(rows)} examples give"
    said = f"{words} what is expected." if good == len(rows) else f"{good} of {len(rows)} give what is expected."
    return Check(EXAMPLES, good == len(rows), [said], rows)


def _forget_left() -> None:
    """What processes left that died while they tried something."""
    for old in places.checks().iterdir():
        with suppress(FileNotFoundError):
            if time.time() - old.stat().st_mtime > LEFT_S:
                shutil.rmtree(old, ignore_errors=True)


def _ran(written: Written, done: Installed, cancelled: threading.Event) -> list[dict[str, Any]]:
    """Those that were run before it was cancelled."""
    pool = Pool(most=1)
    rows: list[dict[str, Any]] = []
    try:
        for example in written.examples:
            if cancelled.is_set():
                break
            rows.append(_row(pool, spec(done), example, cancelled))
        return rows
    finally:
        pool.close()


def _row(pool: Pool, wanted: Spec, example: dict[str, Any], cancelled: threading.Event) -> dict[str, Any]:
    host = Alone()
    began = time.monotonic()
    result = pool.run(wanted, example["arguments"], host, cancelled=cancelled)
    passed = result.state == "succeeded" and same(example["result"], plain(result.output))
    return {
        "arguments": example["arguments"],
        "expected": example["result"],
        "given": shortened(plain(result.output)),
        "passed": passed,
        "error": _error(result),
        "printed": host.printed,
        "seconds": round(time.monotonic() - began, 3),
    }


def _error(result: Result) -> str:
    return result.error[:LONGEST_SHOWN] if result.state != "succeeded" else ""


def spec(done: Installed) -> Spec:
    """No grants, and bounded more narrowly than a run."""
    return Spec(
        name=done.name,
        version=done.version,
        source=done.path / "source",
        python=done.interpreter,
        code_file=str(done.manifest.code_file),
        grants=Grants(),
        limits=Limits(
            seconds=limits.EXAMPLE_S,
            memory_mb=config().module_memory_mb,
            processes=config().module_processes,
            output_mb=limits.EXAMPLE_OUTPUT_MB,
            disk_mb=limits.EXAMPLE_DISK_MB,
        ),
        digest=done.digest,
    )


def same(expected: Any, given: Any) -> bool:
    """Equal as JSON; numbers may differ in their last figures."""
    if isinstance(expected, bool) or isinstance(given, bool) or expected is None or given is None:
        return expected is given
    if isinstance(expected, int | float) and isinstance(given, int | float):
        return math.isclose(expected, given, rel_tol=TOLERANCE, abs_tol=1e-12)
    if isinstance(expected, dict) and isinstance(given, dict):
        return expected.keys() == given.keys() and all(same(expected[key], given[key]) for key in expected)
    if isinstance(expected, list) and isinstance(given, list):
        return len(expected) == len(given) and all(map(same, expected, given))
    return type(expected) is type(given) and bool(expected == given)


def shortened(value: Any) -> Any:
    """The value, or the beginning of its text where that is long."""
    text = str(value)
    return value if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
