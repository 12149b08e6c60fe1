"""Intents of a writer that has lost the database: one fsynced line each, imported when it is back."""

import json
import logging
import os
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from controls.gate.codes import Result
from controls.gate.intents import Alongside, Intent
from controls.models import Write
from xoptweb.config import config
from xoptweb.transactions import transaction

log = logging.getLogger(__name__)


def directory() -> Path:
    return config().home / "journal"


class Journal:
    """A `Record` on disk. Every line is synced before the put it announces."""

    def __init__(self, lease_id: int, token: int) -> None:
        self.path = directory() / f"{lease_id}-{token}.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._header = {"lease": lease_id, "token": token}
        self._file = self.path.open("a")
        self._lines = 0

    def intend(self, intents: list[Intent], alongside: Alongside | None = None) -> None:
        if alongside is not None:
            raise RuntimeError("only a restore is journalled; nothing can ride along")
        for intent in intents:
            self._lines += 1
            intent.key = self._lines
            self._write({"kind": "intent", **self._header, **asdict(intent)})

    def finish(self, intent: Intent, result: Result) -> None:
        self._write({"kind": "outcome", "key": intent.key, **asdict(result)})

    def flush(self) -> None:
        """Every line is synced already."""

    def flush_inside(self) -> None:
        """Every line is synced already."""

    def flushed(self) -> None:
        """Nothing was waiting."""

    def refuse(self, intent: Intent, result: Result) -> None:
        self.intend([intent])
        self.finish(intent, result)

    def close(self) -> None:
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        json.dump({"at": time.time(), **line}, self._file)
        self._file.write("\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def import_for(lease_id: int) -> int:
    """Import what writers of this lease journalled on this host. Returns the number of puts; safe to repeat."""
    return sum(_import(path) for path in sorted(directory().glob(f"{lease_id}-*.jsonl")))


def _import(path: Path) -> int:
    """One transaction; the file is renamed only after its commit, and lines that are in already are left out."""
    intents: dict[int, dict[str, Any]] = {}
    for text in path.read_text(errors="replace").splitlines():
        try:
            line = json.loads(text)
            line["kind"], line["key"]
        except (ValueError, TypeError, KeyError):
            log.warning("%s holds half a line: the host lost power while it was written", path)
            continue
        if line["kind"] == "intent":
            intents[line["key"]] = line
        elif line["key"] in intents:
            intents[line["key"]]["result"] = line
    with transaction("journalled puts are imported once"):
        for line in intents.values():
            _import_line(line)
    path.replace(path.with_suffix(".imported"))
    return len(intents)


def _import_line(line: dict[str, Any]) -> None:
    result = line.get("result")
    Write.objects.get_or_create(
        lease_id=line["lease"],
        token=line["token"],
        sequence=line["sequence"],
        channel_id=line["channel"],
        defaults={
            "purpose": line["purpose"],
            "before": line["before"],
            "value": line["value"],
            "intended_at": datetime.fromtimestamp(line["at"], UTC),
            "outcome": result["outcome"] if result else None,
            "code": result["code"] if result else "",
            "detail": result["detail"][:300] if result else "",
            "readback": result["readback"] if result else None,
            "finished_at": datetime.fromtimestamp(result["at"], UTC) if result else None,
        },
    )
