"""Looking at a Parquet file without having all of it in memory."""

from __future__ import annotations

from typing import Any

MEMORY = "300MB"
LONGEST_CELL = 200
MOST_VALUES = 8
SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
NUMBERS = {*SIGNED, "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "DOUBLE", "FLOAT"}


def view(path: str, view: str, offset: int, rows: int, columns: list[str], most_columns: int) -> dict[str, Any]:
    """The shape, the columns, some rows, or statistics; `{"error": …, "field": …}` when that can't be."""
    import duckdb

    with duckdb.connect(":memory:", config={"threads": 1, "memory_limit": MEMORY, "temp_directory": ""}) as database:
        try:
            table = _Table(database, path)
        except duckdb.Error as error:
            return {"error": str(error)[:300], "field": "path"}
        if missing := [name for name in columns if name not in table.kinds]:
            return {"error": f"{', '.join(missing)}; known: {', '.join(table.kinds)}", "field": "columns"}
        chosen = [name for name in table.kinds if not columns or name in columns][:most_columns]
        try:
            return table.viewed(view, offset, rows, chosen)
        except duckdb.Error as error:
            return {"error": str(error)[:300], "field": "path"}


class _Table:
    def __init__(self, database: Any, path: str) -> None:
        self._database, self._source = database, f"read_parquet('{path.replace(chr(39), chr(39) * 2)}')"
        described = self._all(f"DESCRIBE SELECT * FROM {self._source}")  # noqa: S608 – the path is quoted
        self.kinds = {str(row[0]): str(row[1]) for row in described}

    def _all(self, statement: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._database.execute(statement).fetchall()
        return found

    def viewed(self, view: str, offset: int, rows: int, chosen: list[str]) -> dict[str, Any]:
        total = int(self._all(f"SELECT count(*) FROM {self._source}")[0][0])  # noqa: S608
        if view == "shape":
            return {"rows": total, "columns": len(self.kinds)}
        if view == "columns":
            return {"columns": [{"name": name, "kind": self.kinds[name].lower()} for name in chosen]}
        if view == "describe":
            return {"rows": total, "columns": {name: self._described(name) for name in chosen}}
        names = ", ".join(_quoted(name) for name in chosen)
        found = self._all(f"SELECT {names} FROM {self._source} LIMIT {int(rows)} OFFSET {int(offset)}")  # noqa: S608
        shown = [{name: _cell(value) for name, value in zip(chosen, row, strict=True)} for row in found]
        return {"total": total, "rows": shown}

    def _described(self, name: str) -> dict[str, Any]:
        column = _quoted(name)
        if self.kinds[name] in NUMBERS or self.kinds[name].startswith("DECIMAL"):
            return self._numbers(column)
        filled, different = self._all(f"SELECT count({column}), approx_count_distinct({column}) FROM {self._source}")[0]  # noqa: S608
        some = self._all(f"SELECT DISTINCT {column} FROM {self._source} WHERE {column} IS NOT NULL LIMIT {MOST_VALUES}")  # noqa: S608
        return {"filled": filled, "different_about": different, "values": sorted(str(_cell(row[0])) for row in some)}

    def _numbers(self, column: str) -> dict[str, Any]:
        """Of the finite ones; the median is an estimate, so that not all of them need to be kept."""
        value = f"CAST({column} AS DOUBLE)"
        finite = f"FILTER (WHERE isfinite({value}))"
        asked = ", ".join(f"{each} {finite}" for each in (
            f"count({column})", f"min({value})", f"max({value})", f"avg({value})", f"approx_quantile({value}, 0.5)",
            f"stddev_samp({value})",
        ))  # fmt: skip
        filled, count, low, high, mean, median, deviation = self._all(
            f"SELECT count({column}), {asked} FROM {self._source}"  # noqa: S608
        )[0]
        if not count:
            return {"filled": filled, "finite": 0}
        return {
            "filled": filled,
            "finite": count,
            "lowest": low,
            "highest": high,
            "mean": mean,
            "median_about": median,
            "deviation": deviation or 0.0,
        }


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}…"
