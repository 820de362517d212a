"""Statements for PostgreSQL that take any number of rows as one JSON parameter."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from pydantic_core import to_json

from orchestrator.store.sql import Dialect, columns, conditions
from orchestrator.store.unit import Column, TableSchema, schema_of

__all__ = ["DIALECT", "delete", "packed", "prefetch", "upsert"]

# Text is compared by code points, as SQLite and Python do; a locale's order would make pages overlap.
DIALECT = Dialect(
    ((str, 'text COLLATE "C"'), (int, "bigint"), (float, "double precision"), (bytes, "bytea"), (bool, "boolean")),
    "%s", "",
)  # fmt: skip


def packed(names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> str:
    """Return rows as the JSON that `_recordset` reads."""
    return to_json([dict(zip(names, row, strict=False)) for row in rows], bytes_mode="hex").decode()


def _recordset(named: Iterable[Column]) -> str:
    """Return the clause that reads rows from the JSON that `packed` writes."""
    listed = [f"{column.name} {'text' if column.type is bytes else DIALECT.type_of(column.type)}" for column in named]
    return f"json_to_recordset(%s::json) AS given({', '.join(listed)})"


def _named(schema: TableSchema, names: Iterable[str]) -> list[Column]:
    known = {column.name: column for column in schema.columns}
    return [known[name] for name in names]


@lru_cache(maxsize=256)
def prefetch(row_type: type, index: str, prefix: int) -> str:
    """Return the statement that finds the rows that begin with any of the given values."""
    schema = schema_of(row_type)
    named = _named(schema, schema.orders[index][:prefix])
    on = [f"t.{column.name} = given.{column.name}" for column in named]
    on += [f"t.{condition}" for condition in conditions(schema, index)]
    listed = ", ".join(f"t.{column.name}" for column in schema.columns)
    return f"SELECT {listed} FROM {_recordset(named)} JOIN {schema.name} t ON {' AND '.join(on)}"  # noqa: S608 - names


@lru_cache(maxsize=256)
def upsert(row_type: type) -> str:
    """Return the statement that inserts rows or replaces those that have their keys."""
    schema = schema_of(row_type)
    taken = [f"decode({column.name}, 'hex')" if column.type is bytes else column.name for column in schema.columns]
    changed = [f"{column.name} = excluded.{column.name}" for column in schema.columns if column.name not in schema.key]
    conflict = f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING"
    rows = f"SELECT {', '.join(taken)} FROM {_recordset(schema.columns)}"  # noqa: S608 - names of a declaration
    return f"INSERT INTO {schema.name} ({columns(schema)}) {rows} ON CONFLICT ({', '.join(schema.key)}) DO {conflict}"


@lru_cache(maxsize=256)
def delete(row_type: type) -> str:
    """Return the statement that deletes rows by their keys."""
    schema = schema_of(row_type)
    on = " AND ".join(f"t.{name} = given.{name}" for name in schema.key)
    return f"DELETE FROM {schema.name} t USING {_recordset(_named(schema, schema.key))} WHERE {on}"  # noqa: S608 - names
