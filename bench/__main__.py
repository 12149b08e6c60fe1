"""`python -m bench`: measures all parts, prints a table, writes docs/benchmarks.md; 1 when a target is missed."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import document, host, table
from bench.figures import Figure
from bench.readings import READINGS

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "benchmarks.md"
LONGEST_S = 3600.0


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument("--only", choices=READINGS, nargs="+", help="parts to measure; the document is not written")
    parser.add_argument("--keep", action="store_true", help="keep homes and logs, and say where they are")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    given = arguments(words)
    load_before = host.load()
    directory = Path(tempfile.mkdtemp(prefix="xoptweb-bench-"))
    try:
        parts = {name: measured(name, directory / name) for name in given.only or READINGS}
    finally:
        if given.keep:
            say(f"Homes and logs are in {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    figures = [figure for found in parts.values() for figure in found]
    say(f"\n{table.text(figures)}\n")
    if not given.only:
        DOCUMENT.write_text(document.text(parts, load_before), encoding="utf-8")
        say(f"Written to {DOCUMENT.relative_to(ROOT)}.")
    missed = [figure for figure in figures if not figure.ok]
    say(f"{len(missed)} of {sum(figure.target is not None for figure in figures)} targets missed.")
    return 1 if missed else 0


def measured(name: str, directory: Path) -> list[Figure]:
    """One part, in a process of its own: Django and Channel Access serve one home and one machine a process.

    A part that breaks is a missed target.
    """
    say(f"{name} …")
    directory.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "bench.part", name, str(directory)], cwd=ROOT, check=False, timeout=LONGEST_S
    )
    if done.returncode:
        return [Figure(name, f"{READINGS[name][0]}: could not be measured", float("inf"), "", 0.0)]
    found = json.loads((directory / "figures.json").read_text())
    return [Figure.from_json(one) for one in found]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
