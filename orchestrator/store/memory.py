"""Rows in memory: the obvious twin of the databases, for tests and against which they are tested."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from orchestrator.store.unit import Need, Unit, shape

__all__ = ["MemoryDatabase", "MemoryUnit"]

R = TypeVar("R")
T = TypeVar("T")
Values = tuple[Any, ...]


class MemoryUnit:
    """A `Unit` over dictionaries; every find looks at every row."""

    def __init__(self) -> None:
        self._rows: dict[type, dict[Values, Any]] = {}
        self._written: list[tuple[type, Values, Any]] = []  # what was there before each write

    def get(self, kind: type[R], *key: Any) -> R | None:
        """Return the row with a key, or ``None`` where there is none."""
        return self._rows.get(kind, {}).get(key)

    def find(
        self, kind: type[R], index: str, *values: Any,
        after: tuple[Any, ...] = (), limit: int | None = None, descending: bool = False,
    ) -> list[R]:  # fmt: skip
        """Return the rows whose index begins with some values, see `Unit`."""
        of = shape(kind)
        order = of.order_of[index]
        start, end = len(values), len(values) + len(after)
        found = []
        for row in self._rows.get(kind, {}).values():
            place = order(row)
            beyond = not after or (place[start:end] < after if descending else place[start:end] > after)
            if place[:start] == values and beyond and of.within(index, row):
                found.append(row)
        return sorted(found, key=order, reverse=descending)[:limit]

    def count(self, kind: type, index: str, *values: Any) -> int:
        """Return how many rows `find` would."""
        return len(self.find(kind, index, *values))

    def put(self, row: Any) -> None:
        """Insert a row, or replace the one that has its key."""
        self._write(type(row), shape(type(row)).key_of(row), row)

    def delete(self, row: Any) -> None:
        """Remove the row that has this one's key."""
        self._write(type(row), shape(type(row)).key_of(row), None)

    def mark(self) -> int:
        """Return a place in the writes so far."""
        return len(self._written)

    def undo(self, mark: int) -> None:
        """Undo every write since a place."""
        while len(self._written) > mark:
            self._set(*self._written.pop())

    def settle(self) -> Mapping[type, Sequence[Any]]:
        """Forget how to undo; return the rows put since the last time, by class."""
        put: dict[type, dict[Values, Any]] = {}
        for kind, key, _ in self._written:
            if (row := self._rows[kind].get(key)) is not None:
                put.setdefault(kind, {})[key] = row
        self._written.clear()
        return {kind: list(rows.values()) for kind, rows in put.items()}

    def _write(self, kind: type, key: Values, row: Any) -> None:
        """Change a row, after a look at those that may not have the same values."""
        of = shape(kind)
        for name, index in of.indexes.items():
            if row is not None and index.unique and of.within(name, row):
                values = of.order_of[name](row)[: len(index.columns)]
                same: list[Any] = self.find(kind, name, *values)
                assert all(of.key_of(other) == key for other in same), (name, values)
        self._written.append((kind, key, self._rows.get(kind, {}).get(key)))
        self._set(kind, key, row)

    def _set(self, kind: type, key: Values, row: Any) -> None:
        """Put a row in its place, or take it away."""
        if row is None:
            self._rows.get(kind, {}).pop(key, None)
        else:
            self._rows.setdefault(kind, {})[key] = row


class MemoryDatabase:
    """A `Database` that forgets everything when the process ends.

    Parameters
    ----------
    tables
        The rows' classes; any may be put.
    """

    inline = 1 << 30
    near = True

    def __init__(self, tables: Iterable[type] = ()) -> None:
        del tables
        self.unit = MemoryUnit()

    def begin(self, needs: Sequence[Need]) -> Unit:
        """Begin a transaction."""
        del needs
        return self.unit

    def flush(self) -> None:
        """Do nothing; every write is where it belongs."""

    def commit(self) -> Mapping[type, Sequence[Any]]:
        """Keep what was written."""
        return self.unit.settle()

    def rollback(self) -> None:
        """Forget what was written."""
        self.unit.undo(0)

    def look(self, answer: Callable[[Unit], T]) -> T:
        """Return what a function finds."""
        return answer(self.unit)

    def close(self) -> None:
        """Do nothing."""
