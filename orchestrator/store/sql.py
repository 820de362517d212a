"""SQL made of what a row's class says: the parts that SQLite and PostgreSQL share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from orchestrator.store.unit import Shape, shape

__all__ = ["SQLITE", "Dialect", "Query", "columns", "conditions", "create", "literal", "maker", "query"]

SQLITE = "?"
"""How SQLite writes a parameter."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database writes what differs: the types of columns, a parameter, and the end of ``CREATE TABLE``."""

    types: tuple[tuple[type, str], ...]
    parameter: str
    ending: str

    def type_of(self, kind: type) -> str:
        """Return the database's name of a column's type."""
        return dict(self.types)[kind]


class Query(NamedTuple):
    """Which rows are asked for: an index, how many of its columns are given, and how the rest is walked."""

    kind: type
    by: str
    given: int
    after: int = 0
    limited: bool = False
    descending: bool = False
    counted: bool = False


def columns(of: Shape) -> str:
    """Return the names of a table's columns, as a list."""
    return ", ".join(column.name for column in of.columns)


def literal(value: Any) -> str:
    """Return a constant of a declaration as SQL."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def conditions(of: Shape, index: str) -> list[str]:
    """Return the conditions of a partial index."""
    where = of.indexes[index].where or {}
    return [f"{name} IN ({', '.join(map(literal, values))})" for name, values in where.items()]


def create(of: Shape, dialect: Dialect) -> list[str]:
    """Return the statements that make a table and its indexes, unless they are there."""
    lines = [f"{one.name} {dialect.type_of(one.type)}{'' if one.optional else ' NOT NULL'}" for one in of.columns]
    lines.append(f"PRIMARY KEY ({', '.join(of.key)})")
    made = [f"CREATE TABLE IF NOT EXISTS {of.name} ({', '.join(lines)}){dialect.ending}"]
    for name, index in of.indexes.items():
        if name != "key":
            unique = "UNIQUE " if index.unique else ""
            where = f" WHERE {' AND '.join(found)}" if (found := conditions(of, name)) else ""
            order = index.columns if index.unique else of.orders[name]
            on = f"{of.name}_{name} ON {of.name} ({', '.join(order)})"
            made.append(f"CREATE {unique}INDEX IF NOT EXISTS {on}{where}")
    return made


@lru_cache(maxsize=4096)
def query(asked: Query, parameter: str) -> str:
    """Return the statement that finds rows; its parameters are the given values, those after, and the limit."""
    of = shape(asked.kind)
    order = of.orders[asked.by]
    wanted = [f"{name} = {parameter}" for name in order[: asked.given]]
    if asked.after:
        beyond = order[asked.given : asked.given + asked.after]
        sign = "<" if asked.descending else ">"
        marks = ", ".join([parameter] * asked.after)
        wanted.append(f"({', '.join(beyond)}) {sign} ({marks})")
    wanted += conditions(of, asked.by)
    # Without statistics SQLite would rather walk the whole primary key than sort, however few rows an index finds.
    by = f" INDEXED BY {of.name}_{asked.by}" if parameter == SQLITE and asked.by != "key" else ""
    text = f"FROM {of.name}{by} WHERE {' AND '.join(wanted)}"
    if asked.counted:
        return f"SELECT count(*) {text}"
    way = " DESC" if asked.descending else ""
    ordered = ", ".join(name + way for name in order[asked.given :])
    text = f"SELECT {columns(of)} {text}" + (f" ORDER BY {ordered}" if ordered else "")
    return text + (f" LIMIT {parameter}" if asked.limited else "")


@lru_cache(maxsize=256)
def maker(kind: type) -> Callable[[Sequence[Any]], Any]:
    """Return what makes a row of a database's values."""
    flags = [place for place, column in enumerate(shape(kind).columns) if column.type is bool]
    if not flags:
        return lambda values: kind(*values)

    def make(values: Sequence[Any]) -> Any:
        given = list(values)
        for place in flags:
            given[place] = None if given[place] is None else bool(given[place])
        return kind(*given)

    return make
