"""SQL of a class of rows: the parts that SQLite and PostgreSQL share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from orchestrator.store.unit import TableSchema, schema_of

__all__ = ["SQLITE", "Dialect", "Selection", "columns", "conditions", "create", "literal", "maker", "select"]

SQLITE = "?"
"""A parameter in the SQL of SQLite."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Differences between databases: the types of columns, a parameter, and the end of ``CREATE TABLE``."""

    types: tuple[tuple[type, str], ...]
    parameter: str
    ending: str

    def type_of(self, python_type: type) -> str:
        """Return the database's name of a column's type."""
        return dict(self.types)[python_type]


class Selection(NamedTuple):
    """A selection of rows: an index, the number of its columns with given values, and the order of the rest."""

    row_type: type
    index_name: str
    prefix: int
    after: int = 0
    limited: bool = False
    descending: bool = False
    counted: bool = False


def columns(schema: TableSchema) -> str:
    """Return the names of a table's columns, as a list."""
    return ", ".join(column.name for column in schema.columns)


def literal(value: Any) -> str:
    """Return a constant of a declaration as SQL."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def conditions(schema: TableSchema, index: str) -> list[str]:
    """Return the conditions of a partial index."""
    where = schema.indexes[index].where or {}
    return [f"{name} IN ({', '.join(map(literal, values))})" for name, values in where.items()]


def create(schema: TableSchema, dialect: Dialect) -> list[str]:
    """Return the statements that make a table and its indexes, unless they are there."""
    lines = [
        f"{column.name} {dialect.type_of(column.type)}{'' if column.optional else ' NOT NULL'}"
        for column in schema.columns
    ]
    lines.append(f"PRIMARY KEY ({', '.join(schema.key)})")
    made = [f"CREATE TABLE IF NOT EXISTS {schema.name} ({', '.join(lines)}){dialect.ending}"]
    for name, index in schema.indexes.items():
        if name != "key":
            unique = "UNIQUE " if index.unique else ""
            where = f" WHERE {' AND '.join(partial)}" if (partial := conditions(schema, name)) else ""
            order = index.columns if index.unique else schema.orders[name]
            on = f"{schema.name}_{name} ON {schema.name} ({', '.join(order)})"
            made.append(f"CREATE {unique}INDEX IF NOT EXISTS {on}{where}")
    return made


@lru_cache(maxsize=4096)
def select(selection: Selection, parameter: str) -> str:
    """Return the statement that finds rows; its parameters are the prefix, the values to go on after, and the limit."""
    schema = schema_of(selection.row_type)
    order = schema.orders[selection.index_name]
    wanted = [f"{name} = {parameter}" for name in order[: selection.prefix]]
    if selection.after:
        beyond = order[selection.prefix : selection.prefix + selection.after]
        sign = "<" if selection.descending else ">"
        marks = ", ".join([parameter] * selection.after)
        wanted.append(f"({', '.join(beyond)}) {sign} ({marks})")
    wanted += conditions(schema, selection.index_name)
    # Without statistics SQLite would rather walk the whole primary key than sort, however few rows an index finds.
    hinted = parameter == SQLITE and selection.index_name != "key"
    by = f" INDEXED BY {schema.name}_{selection.index_name}" if hinted else ""
    text = f"FROM {schema.name}{by} WHERE {' AND '.join(wanted)}"
    if selection.counted:
        return f"SELECT count(*) {text}"
    way = " DESC" if selection.descending else ""
    ordered = ", ".join(name + way for name in order[selection.prefix :])
    text = f"SELECT {columns(schema)} {text}" + (f" ORDER BY {ordered}" if ordered else "")
    return text + (f" LIMIT {parameter}" if selection.limited else "")


@lru_cache(maxsize=256)
def maker(row_type: type) -> Callable[[Sequence[Any]], Any]:
    """Return a function that makes a row of a database's values."""
    flags = [position for position, column in enumerate(schema_of(row_type).columns) if column.type is bool]
    if not flags:
        return lambda values: row_type(*values)

    def make(values: Sequence[Any]) -> Any:
        row = list(values)
        for position in flags:
            row[position] = None if row[position] is None else bool(row[position])
        return row_type(*row)

    return make
