"""Looking at tables without reading all of them."""

import csv
import io
import math
import statistics
from typing import Any, Literal

from pydantic import BaseModel, Field

from agents import tables
from agents.services import workspaces
from agents.tools.place import conversation
from agents.tools.workspace import text_of
from xoptweb.actors import Actor
from xoptweb.errors import Invalid
from xoptweb.tools.registry import tool

MOST_COLUMNS = 60
MOST_VALUES = 8  # different texts of a column that are named


class LookAtData(BaseModel):
    """A Parquet file of this conversation, or a CSV file whose first line names the columns."""

    path: str = Field(max_length=120)
    view: Literal["shape", "columns", "peek", "describe"] = "peek"
    offset: int = Field(0, ge=0, description="Rows to leave out before those that `peek` shows.")
    rows: int = Field(10, ge=1, le=100)
    columns: list[str] = Field([], description="Only these; empty: all.", max_length=MOST_COLUMNS)


@tool(
    "look_at_data",
    "Look at a CSV or Parquet file: its shape, its columns, some rows, or statistics.",
    "view_machine",
    for_conversation=True,
)
def look_at_data(arguments: LookAtData, *, by: Actor) -> dict[str, Any]:
    """Raises Invalid: it is no such file, or has no such column; Unavailable: Parquet can't be read on this host."""
    row = workspaces.find(conversation(by), arguments.path)
    if read := tables.reader_of(bytes(row.content)):
        return read(bytes(row.content), {**arguments.model_dump(exclude={"path"}), "most_columns": MOST_COLUMNS})
    names, rows = _table(text_of(row))
    chosen = _chosen(names, arguments.columns)
    if arguments.view == "shape":
        return {"rows": len(rows), "columns": len(names)}
    if arguments.view == "columns":
        return {"columns": [{"name": name, "kind": _kind(_column(rows, at))} for at, name in chosen]}
    if arguments.view == "describe":
        return {"rows": len(rows), "columns": {name: _described(_column(rows, at)) for at, name in chosen}}
    shown = rows[arguments.offset : arguments.offset + arguments.rows]
    return {"total": len(rows), "rows": [{name: _cell(row, at) for at, name in chosen} for row in shown]}


def _table(text: str) -> tuple[list[str], list[list[str]]]:
    try:
        lines = [line for line in csv.reader(io.StringIO(text), strict=True) if line]
    except csv.Error as problem:
        raise Invalid("This is no CSV file.", fields={"path": str(problem)}) from problem
    if not lines:
        raise Invalid("This file is empty.", fields={"path": "holds no line"})
    return lines[0], lines[1:]


def _chosen(names: list[str], wanted: list[str]) -> list[tuple[int, str]]:
    if missing := [name for name in wanted if name not in names]:
        raise Invalid(
            "There is no such column.", fields={"columns": f"{', '.join(missing)}; known: {', '.join(names)}"}
        )
    return [(at, name) for at, name in enumerate(names) if not wanted or name in wanted][:MOST_COLUMNS]


def _cell(row: list[str], at: int) -> str:
    return row[at] if at < len(row) else ""


def _column(rows: list[list[str]], at: int) -> list[str]:
    return [text for row in rows if (text := _cell(row, at).strip())]


def _numbers(texts: list[str]) -> list[float] | None:
    try:
        return [float(text) for text in texts]
    except ValueError:
        return None


def _kind(texts: list[str]) -> str:
    if not texts:
        return "empty"
    return "text" if _numbers(texts) is None else "number"


def _described(texts: list[str]) -> dict[str, Any]:
    numbers = _numbers(texts)
    if numbers is None or not texts:
        different = sorted(set(texts))
        return {"filled": len(texts), "different": len(different), "values": different[:MOST_VALUES]}
    finite = sorted(number for number in numbers if math.isfinite(number))
    if not finite:
        return {"filled": len(texts), "finite": 0}
    return {
        "filled": len(texts),
        "finite": len(finite),
        "lowest": finite[0],
        "highest": finite[-1],
        "mean": statistics.fmean(finite),
        "median": statistics.median(finite),
        "deviation": statistics.stdev(finite) if len(finite) > 1 else 0.0,
    }
