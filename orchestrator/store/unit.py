"""The unit of work: all that domain code knows of storage, whatever database is behind it.

A row is a frozen dataclass, declared once with `table`; stores make their SQL of what that says. Every table begins
with the column ``tenant``, which is the first of its key and of each of its indexes, so that nothing can be read
without saying whose it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields
from operator import attrgetter
from typing import Any, Protocol, TypeVar, dataclass_transform, get_args, get_type_hints

__all__ = ["TYPES", "Column", "Index", "Need", "Shape", "Unit", "savepoint", "shape", "table"]

R = TypeVar("R")
C = TypeVar("C", bound=type)
Values = tuple[Any, ...]

TYPES = (str, int, float, bytes, bool)
"""What a column may hold; JSON is kept as text."""


@dataclass(frozen=True, slots=True)
class Index:
    """An order in which rows are found.

    Attributes
    ----------
    columns
        ``tenant`` first; rows come in the order of the columns, then of the key. None of them may be optional.
    unique
        Whether no two rows may have the same values.
    where
        Columns, and the values that a row must have there to be in the index; empty for all rows.
    """

    columns: tuple[str, ...]
    unique: bool = False
    where: Mapping[str, tuple[Any, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, one of `TYPES`, and whether it may be empty."""

    name: str
    type: type
    optional: bool


@dataclass(frozen=True)
class Shape:
    """What `table` has found out about a row's class, once.

    ``orders`` holds for each index its columns followed by those of the key that it lacks: the whole order of rows.
    ``indexed`` returns what places a row in all of them, and ``free`` names the columns that do not.
    """

    kind: type
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexes: Mapping[str, Index]
    orders: Mapping[str, tuple[str, ...]]
    values: Callable[[Any], Values]
    key_of: Callable[[Any], Values]
    order_of: Mapping[str, Callable[[Any], Values]]
    indexed: Callable[[Any], Values]
    free: tuple[str, ...]

    def within(self, index: str, row: Any) -> bool:
        """Tell whether a row is in an index."""
        where = self.indexes[index].where
        return not where or all(getattr(row, name) in values for name, values in where.items())


class Unit(Protocol):
    """Rows as one transaction sees them; what a unit has read stays true until it is committed."""

    def get(self, kind: type[R], *key: Any) -> R | None:
        """Return the row with a key, or ``None`` where there is none."""
        ...

    def find(
        self, kind: type[R], index: str, *values: Any,
        after: tuple[Any, ...] = (), limit: int | None = None, descending: bool = False,
    ) -> list[R]:  # fmt: skip
        """Return the rows whose index begins with some values, in the order of the remaining columns, then of the key.

        Parameters
        ----------
        kind
            The row's class.
        index
            One of its indexes, or ``"key"`` for the key.
        *values
            Of the first columns of the index; the tenant at least.
        after
            Values of the columns that follow: only rows beyond them are returned.
        limit
            How many rows at most.
        descending
            Whether the order is turned round (``after`` too).
        """
        ...

    def count(self, kind: type, index: str, *values: Any) -> int:
        """Return how many rows `find` would."""
        ...

    def put(self, row: Any) -> None:
        """Insert a row, or replace the one that has its key."""
        ...

    def delete(self, row: Any) -> None:
        """Remove the row that has this one's key."""
        ...

    def mark(self) -> int:
        """Return a place in the writes so far."""
        ...

    def undo(self, mark: int) -> None:
        """Undo every write since a place."""
        ...


@dataclass(frozen=True, slots=True)
class Need:
    """Rows that a command will ask for: those `get` finds by a whole key (``index`` is ``"key"``), or `find`.

    A store may fetch the needs of a whole batch in one go. Nothing depends on it but speed.
    """

    kind: type
    index: str
    values: Values


@contextmanager
def savepoint(unit: Unit) -> Iterator[None]:
    """Undo what is written within, if that ends with an exception."""
    mark = unit.mark()
    try:
        yield
    except BaseException:
        unit.undo(mark)
        raise


@dataclass_transform(frozen_default=True)
def table(
    name: str, *, key: tuple[str, ...], indexes: Mapping[str, Index | tuple[str, ...]] | None = None
) -> Callable[[C], C]:
    """Make a class a row: a frozen dataclass whose fields are columns.

    Parameters
    ----------
    name
        Of the table.
    key
        Columns that tell rows apart; ``tenant`` first.
    indexes
        Further orders in which rows are found, each an `Index` or just its columns.

    Returns
    -------
    Callable
        The decorator.

    Raises
    ------
    TypeError
        When a column or an index is none that every store could keep.
    """

    def decorate(cls: C) -> C:
        kind: Any = cls if "__dataclass_fields__" in vars(cls) else dataclass(frozen=True, slots=True)(cls)
        found = {given: one if isinstance(one, Index) else Index(one) for given, one in (indexes or {}).items()}
        found["key"] = Index(key)
        _SHAPES[kind] = _shape(kind, name, key, found)
        return kind  # type: ignore[no-any-return]

    return decorate


def shape(kind: type) -> Shape:
    """Return what is known about a row's class."""
    return _SHAPES[kind]


_SHAPES: dict[type, Shape] = {}


def _shape(kind: type, name: str, key: tuple[str, ...], indexes: dict[str, Index]) -> Shape:
    """Check a declaration, and work out what stores need of it."""
    columns = _columns(kind)
    known = {column.name: column for column in columns}
    orders = {}
    for given, index in indexes.items():
        orders[given] = (*index.columns, *(column for column in key if column not in index.columns))
        if index.columns[0] != "tenant" or not set(orders[given]) <= set(known):
            raise TypeError(
                f"{kind.__name__}: index {given} has {index.columns}; known columns are needed, tenant first"
            )
        if optional := [column for column in orders[given] if known[column].optional]:
            raise TypeError(f"{kind.__name__}: index {given} has {optional[0]}, which may be empty; give it a value")
    order_of = {given: _getter(order) for given, order in orders.items()}
    placing = {*key, *(one for index in indexes.values() for one in (*index.columns, *(index.where or ())))}
    indexed, free = _getter([one for one in known if one in placing]), tuple(one for one in known if one not in placing)
    return Shape(
        kind, name, columns, key, indexes, orders, _getter(known), order_of["key"], order_of, indexed, free
    )  # fmt: skip


def _getter(names: Iterable[str]) -> Callable[[Any], Values]:
    """Return what makes a tuple of a row's attributes."""
    first, *others = names
    return attrgetter(first, *others) if others else lambda row: (getattr(row, first),)


def _columns(kind: type) -> tuple[Column, ...]:
    """Return the columns of a row's class."""
    hints = get_type_hints(kind)
    columns = []
    for field in fields(kind):
        given = get_args(hints[field.name]) or (hints[field.name],)
        types = [one for one in given if one is not type(None)]
        if len(types) != 1 or types[0] not in TYPES:
            listed = ", ".join(one.__name__ for one in TYPES)
            raise TypeError(
                f"{kind.__name__}.{field.name} is {hints[field.name]}; a column is one of {listed}, or None"
            )
        columns.append(Column(field.name, types[0], optional=len(given) > 1))
    if columns[0].name != "tenant" or any(field.default_factory is not MISSING for field in fields(kind)):
        raise TypeError(f"{kind.__name__}: the first column is {columns[0].name}; it must be tenant")
    return tuple(columns)
