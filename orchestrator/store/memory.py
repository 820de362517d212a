"""Rows in memory: the plain twin of the databases, for tests, and the reference that they are tested against."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from orchestrator.store.unit import Need, Unit, schema_of

__all__ = ["MemoryDatabase", "MemoryUnit"]

R = TypeVar("R")
T = TypeVar("T")
Values = tuple[Any, ...]


class MemoryUnit:
    """A `Unit` over dictionaries; every find looks at every row."""

    def __init__(self) -> None:
        self._rows: dict[type, dict[Values, Any]] = {}
        self._written: list[tuple[type, Values, Any]] = []  # each write, with the row before it

    def get(self, row_type: type[R], *key: Any) -> R | None:
        """Return the row with a key, or ``None``."""
        return self._rows.get(row_type, {}).get(key)

    def find(
        self, row_type: type[R], index: str, *values: Any,
        after: tuple[Any, ...] = (), limit: int | None = None, descending: bool = False,
    ) -> list[R]:  # fmt: skip
        """Return the rows whose index begins with some values, see `Unit`."""
        schema = schema_of(row_type)
        order = schema.order_of[index]
        start, end = len(values), len(values) + len(after)
        rows = []
        for row in self._rows.get(row_type, {}).values():
            position = order(row)
            beyond = not after or (position[start:end] < after if descending else position[start:end] > after)
            if position[:start] == values and beyond and schema.within(index, row):
                rows.append(row)
        return sorted(rows, key=order, reverse=descending)[:limit]

    def count(self, row_type: type, index: str, *values: Any) -> int:
        """Return how many rows `find` would."""
        return len(self.find(row_type, index, *values))

    def put(self, row: Any) -> None:
        """Insert a row, or replace the one that has its key."""
        self._write(type(row), schema_of(type(row)).key_of(row), row)

    def delete(self, row: Any) -> None:
        """Remove the row that has this one's key."""
        self._write(type(row), schema_of(type(row)).key_of(row), None)

    def mark(self) -> int:
        """Return the number of writes so far."""
        return len(self._written)

    def undo(self, mark: int) -> None:
        """Undo every write since a mark."""
        while len(self._written) > mark:
            self._set(*self._written.pop())

    def keep(self) -> Mapping[type, Sequence[Any]]:
        """Keep every write; return the rows put since the last time, by class."""
        put: dict[type, dict[Values, Any]] = {}
        for row_type, key, _ in self._written:
            if (row := self._rows[row_type].get(key)) is not None:
                put.setdefault(row_type, {})[key] = row
        self._written.clear()
        return {row_type: list(rows.values()) for row_type, rows in put.items()}

    def _write(self, row_type: type, key: Values, row: Any) -> None:
        """Change a row, unless another one has its unique values."""
        schema = schema_of(row_type)
        for name, index in schema.indexes.items():
            if row is not None and index.unique and schema.within(name, row):
                values = schema.order_of[name](row)[: len(index.columns)]
                same: list[Any] = self.find(row_type, name, *values)
                assert all(schema.key_of(other) == key for other in same), (name, values)
        self._written.append((row_type, key, self._rows.get(row_type, {}).get(key)))
        self._set(row_type, key, row)

    def _set(self, row_type: type, key: Values, row: Any) -> None:
        """Put or remove a row."""
        if row is None:
            self._rows.get(row_type, {}).pop(key, None)
        else:
            self._rows.setdefault(row_type, {})[key] = row


class MemoryDatabase:
    """A `Database` that forgets everything when the process ends.

    Parameters
    ----------
    tables
        The rows' classes; any may be put.
    """

    in_memory = True
    courtesy = 0.0

    def __init__(self, tables: Iterable[type] = ()) -> None:
        del tables
        self.unit = MemoryUnit()

    def begin(self, needs: Sequence[Need]) -> Unit:
        """Begin a transaction."""
        del needs
        return self.unit

    def flush(self) -> None:
        """Do nothing; every write is done at once."""

    def commit(self) -> Mapping[type, Sequence[Any]]:
        """Keep the writes; return the rows put, by class."""
        return self.unit.keep()

    def rollback(self) -> None:
        """Undo the writes."""
        self.unit.undo(0)

    def look(self, query: Callable[[Unit], T]) -> T:
        """Return the result of a query."""
        return query(self.unit)

    def close(self) -> None:
        """Do nothing."""
