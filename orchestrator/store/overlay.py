"""Overlay: a unit over a database that remembers rows read and holds rows written back until the commit.

Nothing is written before the whole batch has been applied, so that a batch is few statements. A savepoint is a position
in the list of writes. Until then, the database answers a query, and the writes so far correct its answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from orchestrator.store.unit import Need, schema_of

__all__ = ["Changes", "Overlay", "Source", "grouped", "written"]

R = TypeVar("R")
Values = tuple[Any, ...]

_UNKNOWN: Any = object()


class Source(Protocol):
    """The rows of a database as of the beginning of the transaction."""

    def get(self, row_type: type, key: Values) -> Any:
        """Return the row with a key, or ``None``."""
        ...

    def find(
        self, row_type: type, index: str, values: Values, after: Values, limit: int | None, descending: bool
    ) -> list[Any]:
        """Return rows in the order of an index."""
        ...

    def count(self, row_type: type, index: str, values: Values) -> int:
        """Return how many rows begin with values."""
        ...


class Changes(NamedTuple):
    """Changes of one class of rows by a transaction.

    Attributes
    ----------
    row_type
        The class of rows.
    put
        Rows that are new, or have moved within an index.
    kept
        Rows that are changed, but have not moved within any index.
    gone
        Keys of the rows to delete.
    """

    row_type: type
    put: Sequence[Any]
    kept: Sequence[Any]
    gone: Sequence[Values]


class Overlay:
    """A `Unit` over a database's rows.

    Parameters
    ----------
    source
        Of the rows that are not known yet.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[type, dict[Values, Any]] = {}
        self._fetched: dict[tuple[type, str, Values], list[Any]] = {}
        self._dirty: dict[type, dict[Values, Any]] = {}  # the rows written, each as it was known before
        self._written: list[tuple[type, Values, Any, bool]] = []  # with the row before, and whether it was dirty
        self._positions: dict[tuple[type, str, int], tuple[list[int], dict[Values, dict[Values, None]]]] = {}

    # Rows that a store has fetched ahead

    def learn(self, row_type: type, index: str, prefixes: Iterable[Values], rows: Iterable[Any]) -> None:
        """Remember all rows of the database that begin with any of some values; there are no others."""
        schema = schema_of(row_type)
        if index == "key":
            self._known.setdefault(row_type, {}).update(dict.fromkeys(prefixes))
            self._known[row_type].update((schema.key_of(row), row) for row in rows)
            return
        groups: dict[Values, list[Any]] = {values: [] for values in prefixes}
        prefix, order = len(next(iter(groups))), schema.order_of[index]
        for row in sorted(rows, key=order):
            groups[order(row)[:prefix]].append(row)
        self._fetched.update(((row_type, index, values), group) for values, group in groups.items())

    # The unit

    def get(self, row_type: type[R], *key: Any) -> R | None:
        """Return the row with a key, or ``None``."""
        known = self._known.get(row_type)
        if known is None:
            known = self._known[row_type] = {}
        row: R | None = known.get(key, _UNKNOWN)
        if row is _UNKNOWN:
            row = known[key] = self._source.get(row_type, key)
        return row

    def find(
        self, row_type: type[R], index: str, *values: Any,
        after: tuple[Any, ...] = (), limit: int | None = None, descending: bool = False,
    ) -> list[R]:  # fmt: skip
        """Return the rows whose index begins with some values, see `Unit`."""
        dirty = self._dirty.get(row_type, ())
        rows = self._fetched.get((row_type, index, values)) if not after and not descending else None
        if rows is None:
            # As many more as may turn out to have been changed, so that enough remain.
            wanted = None if limit is None else limit + len(dirty)
            rows = self._source.find(row_type, index, values, after, wanted, descending)
        if dirty:
            rows = self._corrected(row_type, index, values, after, descending, rows)
        return rows if limit is None else rows[:limit]

    def count(self, row_type: type, index: str, *values: Any) -> int:
        """Return how many rows `find` would."""
        if self._dirty.get(row_type):
            return len(self.find(row_type, index, *values))
        return self._source.count(row_type, index, values)

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
        self._positions.clear()
        while len(self._written) > mark:
            row_type, key, before, dirty = self._written.pop()
            if before is _UNKNOWN:
                del self._known[row_type][key]
            else:
                self._known[row_type][key] = before
            if not dirty:
                del self._dirty[row_type][key]

    # Changes to write at the commit

    def changes(self) -> list[Changes]:
        """Return the changes, by class of rows."""
        return [self._changes(row_type, dirty) for row_type, dirty in self._dirty.items() if dirty]

    def _changes(self, row_type: type, dirty: Mapping[Values, Any]) -> Changes:
        """Return the changes of a class of rows."""
        known, indexed = self._known[row_type], schema_of(row_type).indexed
        put, kept, gone = [], [], []
        for key, before in dirty.items():
            row = known[key]
            if row is None:
                gone.append(key)
            elif before is None or before is _UNKNOWN or indexed(before) != indexed(row):
                put.append(row)
            else:
                kept.append(row)
        return Changes(row_type, put, kept, gone)

    def _write(self, row_type: type, key: Values, row: Any) -> None:
        """Remember a write."""
        known = self._known.get(row_type)
        if known is None:
            known = self._known[row_type] = {}
        dirty = self._dirty.get(row_type)
        if dirty is None:
            dirty = self._dirty[row_type] = {}
        before, again = known.get(key, _UNKNOWN), key in dirty
        self._written.append((row_type, key, before, again))
        known[key] = row
        if not again:
            dirty[key] = before

    def _corrected(
        self, row_type: type, index: str, values: Values, after: Values, descending: bool, rows: list[Any]
    ) -> list[Any]:
        """Return the database's rows without those written since, and with the written ones that belong there now."""
        schema = schema_of(row_type)
        order, start, end = schema.order_of[index], len(values), len(values) + len(after)
        dirty, known = self._dirty[row_type], self._known[row_type]
        added = []
        for key in self._candidates(row_type, index, start).get(values, ()):
            row = known[key]
            if row is not None:
                position = order(row)
                beyond = not after or (position[start:end] < after if descending else position[start:end] > after)
                if position[:start] == values and beyond and schema.within(index, row):
                    added.append(row)
        kept = [row for row in rows if schema.key_of(row) not in dirty]
        return sorted(kept + added, key=order, reverse=descending) if added else kept

    def _candidates(self, row_type: type, index: str, prefix: int) -> dict[Values, dict[Values, None]]:
        """Return the keys of the rows written so far, by the first values of an index; some may have changed since.

        Only the writes since the last call are added, so that a find does not look at every write.
        """
        seen, positions = self._positions.setdefault((row_type, index, prefix), ([0], {}))
        order, known = schema_of(row_type).order_of[index], self._known[row_type]
        for written, key, _, _ in self._written[seen[0] :]:
            if written is row_type and (row := known[key]) is not None:
                positions.setdefault(order(row)[:prefix], {})[key] = None
        seen[0] = len(self._written)
        return positions


def grouped(needs: Iterable[Need]) -> list[tuple[type, str, list[Values]]]:
    """Return needs by table, index, and number of values, each once."""
    groups: dict[tuple[type, str, int], dict[Values, None]] = {}
    for need in needs:
        groups.setdefault((need.row_type, need.index, len(need.values)), {})[need.values] = None
    return [(row_type, index, list(values)) for (row_type, index, _), values in groups.items()]


def written(changes: Iterable[Changes]) -> Mapping[type, Sequence[Any]]:
    """Return the rows put, by class."""
    return {row_type: [*put, *kept] for row_type, put, kept, _ in changes if put or kept}
