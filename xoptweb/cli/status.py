"""`xoptweb status`."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

MEGABYTE = 1e6


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs: one JSON document")


def run(options: argparse.Namespace) -> int:
    rows = processes()
    if options.json:
        sys.stdout.write(json.dumps({"processes": rows, "pss_bytes": sum(row["pss_bytes"] for row in rows)}) + "\n")
    else:
        sys.stdout.write(table(rows))
    return 0 if all(row["state"] == "RUNNING" for row in rows) else 1


def processes() -> list[dict[str, Any]]:
    """The supervisor and every process it runs, with memory in bytes of each with its children.

    Raises:
        Unavailable: no supervisor runs in this home.
    """
    from xoptweb.config import config
    from xoptweb.errors import Unavailable
    from xoptweb.supervisor import lock, memory
    from xoptweb.supervisor.control import Control
    from xoptweb.supervisor.places import places

    found = places(config())
    supervisor = lock.holder(found.lock)
    if supervisor is None:
        raise Unavailable(f"Nothing runs in {found.home}.", code="not_running")
    rows = [
        {**asdict(p), "pss_bytes": memory.proportional(p.pid) if p.pid else 0} for p in Control(found.socket).states()
    ]
    own = {"name": "supervisor", "state": "RUNNING", "pid": supervisor, "uptime_s": memory.age_s(supervisor)}
    return [{**own, "pss_bytes": memory.alone(supervisor)}, *sorted(rows, key=lambda row: str(row["name"]))]


def table(rows: list[dict[str, Any]]) -> str:
    width = max(len(row["name"]) for row in rows)
    lines = [f"{'process':{width}}  {'state':8}  {'pid':>7}  {'up':>8}  {'memory':>9}"]
    for row in rows:
        megabytes = row["pss_bytes"] / MEGABYTE
        lines.append(
            f"{row['name']:{width}}  {row['state']:8}  {row['pid']:>7}  {row['uptime_s']:>6} s  {megabytes:6.0f} MB"
        )
    total = sum(row["pss_bytes"] for row in rows) / MEGABYTE
    lines.append(f"{'together':{width}}  {'':8}  {'':7}  {'':8}  {total:6.0f} MB")
    return "\n".join(lines) + "\n"
