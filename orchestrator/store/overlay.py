"""A unit over a database: what is read is kept until the transaction ends, what is written is kept until it commits.

Nothing is written before the whole batch has been applied, so that a batch is few statements; a savepoint is a place in
the list of writes. What is asked for meanwhile is the database's answer, corrected by what was written since.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from orchestrator.store.unit import Need, shape

__all__ = ["Changes", "Overlay", "Source", "grouped", "written"]

R = TypeVar("R")
Values = tuple[Any, ...]

_UNKNOWN: Any = object()


class Source(Protocol):
    """The rows of a database, as the transaction found them."""

    def one(self, kind: type, key: Values) -> Any:
        """Return the row with a key, or ``None``."""
        ...

    def several(
        self, kind: type, index: str, values: Values, after: Values, limit: int | None, descending: bool
    ) -> list[Any]:
        """Return rows in the order of an index."""
        ...

    def number(self, kind: type, index: str, values: Values) -> int:
        """Return how many rows begin with values."""
        ...


class Changes(NamedTuple):
    """What a transaction has done to one class of rows.

    Attributes
    ----------
    kind
        The class.
    put
        Rows that are new, or in another place of an index than they were.
    kept
        Rows that are there, each where it was in every index.
    gone
        Keys of the rows to delete.
    """

    kind: type
    put: Sequence[Any]
    kept: Sequence[Any]
    gone: Sequence[Values]


class Overlay:
    """A `Unit` over a database's rows.

    Parameters
    ----------
    source
        Where rows are that are not known yet.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[type, dict[Values, Any]] = {}
        self._found: dict[tuple[type, str, Values], list[Any]] = {}
        self._dirty: dict[type, dict[Values, Any]] = {}  # what was written, and what was known before of each row
        self._written: list[tuple[type, Values, Any, bool]] = []  # what was known before, and whether it was written
        self._places: dict[tuple[type, str, int], tuple[list[int], dict[Values, dict[Values, None]]]] = {}

    # What a store has fetched before it is asked for

    def learn(self, kind: type, index: str, asked: Iterable[Values], rows: Iterable[Any]) -> None:
        """Remember all rows of the database that begin with any of some values, and where there are none."""
        of = shape(kind)
        if index == "key":
            self._known.setdefault(kind, {}).update(dict.fromkeys(asked))
            self._known[kind].update((of.key_of(row), row) for row in rows)
            return
        groups: dict[Values, list[Any]] = {values: [] for values in asked}
        given, order = len(next(iter(groups))), of.order_of[index]
        for row in sorted(rows, key=order):
            groups[order(row)[:given]].append(row)
        self._found.update(((kind, index, values), group) for values, group in groups.items())

    # The unit

    def get(self, kind: type[R], *key: Any) -> R | None:
        """Return the row with a key, or ``None`` where there is none."""
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = {}
        row: R | None = known.get(key, _UNKNOWN)
        if row is _UNKNOWN:
            row = known[key] = self._source.one(kind, key)
        return row

    def find(
        self, kind: type[R], index: str, *values: Any,
        after: tuple[Any, ...] = (), limit: int | None = None, descending: bool = False,
    ) -> list[R]:  # fmt: skip
        """Return the rows whose index begins with some values, see `Unit`."""
        dirty = self._dirty.get(kind, ())
        rows = self._found.get((kind, index, values)) if not after and not descending else None
        if rows is None:
            # As many more as may turn out to have been changed, so that enough remain.
            wanted = None if limit is None else limit + len(dirty)
            rows = self._source.several(kind, index, values, after, wanted, descending)
        if dirty:
            rows = self._corrected(kind, index, values, after, descending, rows)
        return rows if limit is None else rows[:limit]

    def count(self, kind: type, index: str, *values: Any) -> int:
        """Return how many rows `find` would."""
        if self._dirty.get(kind):
            return len(self.find(kind, index, *values))
        return self._source.number(kind, index, values)

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
        self._places.clear()
        while len(self._written) > mark:
            kind, key, before, dirty = self._written.pop()
            if before is _UNKNOWN:
                del self._known[kind][key]
            else:
                self._known[kind][key] = before
            if not dirty:
                del self._dirty[kind][key]

    # What is left to do at the commit

    def changes(self) -> list[Changes]:
        """Return what was written."""
        return [self._changes(kind, dirty) for kind, dirty in self._dirty.items() if dirty]

    def _changes(self, kind: type, dirty: Mapping[Values, Any]) -> Changes:
        """Return what was written of a class."""
        known, indexed = self._known[kind], shape(kind).indexed
        put, kept, gone = [], [], []
        for key, before in dirty.items():
            row = known[key]
            if row is None:
                gone.append(key)
            elif before is None or before is _UNKNOWN or indexed(before) != indexed(row):
                put.append(row)
            else:
                kept.append(row)
        return Changes(kind, put, kept, gone)

    def _write(self, kind: type, key: Values, row: Any) -> None:
        """Remember a write."""
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = {}
        dirty = self._dirty.get(kind)
        if dirty is None:
            dirty = self._dirty[kind] = {}
        before, again = known.get(key, _UNKNOWN), key in dirty
        self._written.append((kind, key, before, again))
        known[key] = row
        if not again:
            dirty[key] = before

    def _corrected(
        self, kind: type, index: str, values: Values, after: Values, descending: bool, rows: list[Any]
    ) -> list[Any]:
        """Return the database's rows without those that were written since, with those that now belong there."""
        of = shape(kind)
        order, start, end = of.order_of[index], len(values), len(values) + len(after)
        dirty, known = self._dirty[kind], self._known[kind]
        added = []
        for key in self._candidates(kind, index, start).get(values, ()):
            row = known[key]
            if row is not None:
                place = order(row)
                beyond = not after or (place[start:end] < after if descending else place[start:end] > after)
                if place[:start] == values and beyond and of.within(index, row):
                    added.append(row)
        kept = [row for row in rows if of.key_of(row) not in dirty]
        return sorted(kept + added, key=order, reverse=descending) if added else kept

    def _candidates(self, kind: type, index: str, given: int) -> dict[Values, dict[Values, None]]:
        """Return the keys of the rows written so far by the first values of an index, which they may have left since.

        It is brought up to date by what was written since the last time, so that a find does not look at every write.
        """
        seen, places = self._places.setdefault((kind, index, given), ([0], {}))
        order, known = shape(kind).order_of[index], self._known[kind]
        for written, key, _, _ in self._written[seen[0] :]:
            if written is kind and (row := known[key]) is not None:
                places.setdefault(order(row)[:given], {})[key] = None
        seen[0] = len(self._written)
        return places


def grouped(needs: Iterable[Need]) -> list[tuple[type, str, list[Values]]]:
    """Return needs by what is asked of which table, each once."""
    groups: dict[tuple[type, str, int], dict[Values, None]] = {}
    for need in needs:
        groups.setdefault((need.kind, need.index, len(need.values)), {})[need.values] = None
    return [(kind, index, list(values)) for (kind, index, _), values in groups.items()]


def written(changes: Iterable[Changes]) -> Mapping[type, Sequence[Any]]:
    """Return the rows put, by class."""
    return {kind: [*put, *kept] for kind, put, kept, _ in changes if put or kept}
