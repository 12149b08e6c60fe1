"""Writes docs/benchmarks.md."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bench import host, table
from bench.figures import Figure
from bench.readings import READINGS

HEAD = """# Benchmarks

Written by `make bench`, which exits with an error when a target is missed. Each figure stands beside a rival that was
measured in the same run, on the same machine: the same job by the least code with the same libraries.

{when}. Code: {commit}. {machine} Load of the machine before the run: {load:.1f}.
"""

FOOT = """## How to read this

- Everything runs as `xoptweb up` runs it: the embedded broker, SQLite with synced commits, daphne, all workers, a real
  soft IOC over Channel Access. Nothing is simulated within the product; each part has a new home of its own.
- Times come from outside: the IOC's own log of puts, websocket clients, a browser's connection, the process table.
- p95 is the value that 95 % of all did not exceed. *never* means that it did not happen.
- On a machine that does other things the longest times grow, ours and the rivals' alike. `python -m bench --only stop`
  measures one part again, and then leaves this file as it is.
"""


def text(parts: Mapping[str, Sequence[Figure]], load_before: float) -> str:
    head = HEAD.format(
        when=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        commit=host.commit(),
        machine=" ".join(host.described()),
        load=load_before,
    )
    sections = [_section(name, figures) for name, figures in parts.items()]
    return "\n".join([head, *sections, FOOT])


def _section(name: str, figures: Sequence[Figure]) -> str:
    title, explanation = READINGS[name]
    return f"## {title}\n\n{explanation}\n\n{table.markdown(figures)}\n"
