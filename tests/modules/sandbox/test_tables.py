"""Parquet files are looked at in a process of their own, with bounds."""

import duckdb
import pytest

from agents.models import Conversation
from agents.services import workspaces
from modules.sandbox import interpreters, running
from xoptweb.actors import Actor
from xoptweb.errors import Invalid, Unavailable
from xoptweb.tools.registry import call

pytestmark = pytest.mark.django_db

WHO = "CASE WHEN i = 2 THEN NULL ELSE 'who ' || (i % 2) END"
ROWS = f'SELECT i::INT AS n, i / 4.0 AS size, {WHO} AS "a\'b" FROM range(5) t(i)'  # noqa: S608


def parquet(tmp_path_factory: pytest.TempPathFactory, select: str) -> bytes:
    path = tmp_path_factory.mktemp("table") / "t.parquet"
    duckdb.sql(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


@pytest.fixture
def table(here: Conversation, by: Actor, tmp_path_factory: pytest.TempPathFactory) -> str:
    workspaces.write(here, "t.parquet", parquet(tmp_path_factory, ROWS), by=by)
    return "t.parquet"


def test_a_parquet_file_is_looked_at_like_a_table(table: str, by: Actor) -> None:
    assert call("look_at_data", {"path": table, "view": "shape"}, by) == {"rows": 5, "columns": 3}
    columns = call("look_at_data", {"path": table, "view": "columns"}, by)["columns"]
    assert columns == [
        {"name": "n", "kind": "integer"},
        {"name": "size", "kind": "double"},
        {"name": "a'b", "kind": "varchar"},
    ]
    shown = call("look_at_data", {"path": table, "offset": 2, "rows": 2, "columns": ["n", "a'b"]}, by)
    assert shown == {"total": 5, "rows": [{"n": 2, "a'b": None}, {"n": 3, "a'b": "who 1"}]}
    described = call("look_at_data", {"path": table, "view": "describe"}, by)["columns"]
    assert (described["size"]["lowest"], described["size"]["highest"], described["size"]["mean"]) == (0.0, 1.0, 0.5)
    assert (described["a'b"]["filled"], described["a'b"]["values"]) == (4, ["who 0", "who 1"])


def test_what_is_no_parquet_file_or_has_no_such_column_is_said(table: str, here: Conversation, by: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        call("look_at_data", {"path": table, "columns": ["q9"]}, by)
    assert "n, size, a'b" in refused.value.fields["columns"]
    workspaces.write(here, "broken.parquet", b"PAR1" + bytes(99), by=by)
    with pytest.raises(Invalid) as refused:
        call("look_at_data", {"path": "broken.parquet"}, by)
    assert "path" in refused.value.fields


def test_a_small_file_with_endless_rows_is_given_up(
    here: Conversation, by: Actor, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few kilobytes that hold 20 million rows."""
    content = parquet(tmp_path_factory, "SELECT 1.5 AS x, 'a' AS y FROM range(20_000_000)")
    monkeypatch.setattr(interpreters, "TABLE_S", 0.2)
    with pytest.raises(Unavailable, match="took longer"):
        running.look_at_table(content, {"view": "describe", "offset": 0, "rows": 1, "columns": [], "most_columns": 9})


def test_the_process_that_read_it_does_not_stay(table: str, by: Actor) -> None:
    call("look_at_data", {"path": table, "view": "shape"}, by)
    assert interpreters.tables().warm == 0
