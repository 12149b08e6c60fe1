"""Rows that are written many times a second: one statement each, without building a query for it anew."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import Field, ForeignKey, Model

# What most values already are; everything else takes the field's own way, which asks many questions each time.
PLAIN: dict[str, Callable[[Any], Any]] = {
    "CharField": str, "TextField": str, "FloatField": float, "BooleanField": bool, "BigAutoField": int,
    "IntegerField": int, "PositiveIntegerField": int, "PositiveSmallIntegerField": int, "PositiveBigIntegerField": int,
}  # fmt: skip

Column = tuple[str, Callable[[Any], Any]]  # the attribute of a row, and how the database takes its value
Columns = tuple[Column, ...]


def insert(rows: Sequence[Model]) -> None:
    """Insert new rows of one model, inside a transaction, and give each its key. Sends no signals.

    Raises:
        django.db.DatabaseError: as for `Model.save`.
    """
    if not rows:
        return
    columns, begin, values, end = _insertion(type(rows[0]))
    given = [_stored(column, row) for row in rows for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(begin + ", ".join([values] * len(rows)) + end, given)
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key
            row._state.adding, row._state.db = False, connection.alias


def insert_unless_there(row: Model) -> bool:
    """Insert a new row, inside a transaction, unless a unique constraint is in its way; whether it was inserted."""
    columns, begin, values, end = _insertion(type(row))
    with connection.cursor() as cursor:
        statement = f"{begin}{values} ON CONFLICT DO NOTHING{end}"
        cursor.execute(statement, [_stored(column, row) for column in columns])
        found = cursor.fetchone()
    if found is not None:
        row.pk = found[0]
        row._state.adding, row._state.db = False, connection.alias
    return found is not None


def update(row: Model, *names: str) -> None:
    """Store these fields of a row that is there, inside a transaction. Sends no signals.

    Raises:
        django.db.DatabaseError: as for `Model.save(force_update=True)`.
    """
    columns, statement = _change(type(row), names)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*(_stored(column, row) for column in columns), row.pk])
        if cursor.rowcount != 1:
            raise DatabaseError(f"{row._meta.label} {row.pk} is not there any more")


def update_where(row: Model, conditions: Mapping[str, Any], *names: str) -> bool:
    """Store these fields of a row inside a transaction, if the columns in `conditions` still are as they say there.

    Whether they were.
    """
    columns, statement = _change(type(row), names)
    guards = _guards(type(row), tuple(conditions))
    values = [str(value) if isinstance(value, str) else value for value in conditions.values()]
    with connection.cursor() as cursor:
        cursor.execute(statement + guards, [*(_stored(column, row) for column in columns), row.pk, *values])
        return bool(cursor.rowcount == 1)


def _stored(column: Column, row: Model) -> Any:
    name, convert = column
    value = getattr(row, name)
    return None if value is None else convert(value)


def _column(field: "Field[Any, Any]") -> Column:
    own = partial(field.get_db_prep_save, connection=connection)
    value = field.target_field if isinstance(field, ForeignKey) else field
    return field.attname, PLAIN.get(value.get_internal_type(), own)


@cache
def _insertion(model: type[Model]) -> tuple[Columns, str, str, str]:
    """Its columns, and the parts of the statement: before, for each row, after."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = tuple(_column(field) for field in fields)
    names = ", ".join(_quoted(field.column) for field in fields)
    begin = f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) VALUES "  # noqa: S608 - names of our own models
    return columns, begin, f"({', '.join(['%s'] * len(columns))})", f" RETURNING {_quoted(_key(model))}"


@cache
def _change(model: type[Model], names: tuple[str, ...]) -> tuple[Columns, str]:
    fields = [field for field in model._meta.concrete_fields if field.name in names]
    if len(fields) != len(names):
        raise ValueError(f"{model._meta.label} has not all of the fields {', '.join(names)}")
    changes = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    table = _quoted(model._meta.db_table)
    return tuple(_column(field) for field in fields), f"UPDATE {table} SET {changes} WHERE {_quoted(_key(model))} = %s"  # noqa: S608


@cache
def _guards(model: type[Model], names: tuple[str, ...]) -> str:
    fields = {field.name: field.column for field in model._meta.concrete_fields}
    return "".join(f" AND {_quoted(fields[name])} = %s" for name in names)


def _key(model: type[Model]) -> str | None:
    return model._meta.pk.column if model._meta.pk else None


def _quoted(name: str | None) -> str:
    if name is None:
        raise ValueError("only what is a column of its table can be stored")
    return connection.ops.quote_name(name)
