"""Unit of work: the only view that features have of storage, over any database.

A row is a value, a dataclass that never changes, declared once with `table`; stores derive their SQL from that. Every
table begins with the column ``tenant``, which is also the first of its key and of each of its indexes. So nothing can
be read without naming a tenant.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields
from operator import attrgetter
from typing import Any, Protocol, TypeVar, dataclass_transform, get_args, get_type_hints

from orchestrator.core.value_class import value_class

__all__ = ["TYPES", "Column", "Index", "Need", "TableSchema", "Unit", "savepoint", "schema_of", "table"]

R = TypeVar("R")
C = TypeVar("C", bound=type)
Values = tuple[Any, ...]

TYPES = (str, int, float, bytes, bool)
"""Types of columns; JSON is kept as text."""


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
    """A column: its name, its field in the row, one of `TYPES`, and whether it may be empty."""

    name: str
    field: str
    type: type
    optional: bool


@dataclass(frozen=True)
class TableSchema:
    """The table of a class of rows, worked out once.

    ``orders`` holds for each index its columns followed by those of the key that it lacks: the whole order of rows.
    ``indexed`` returns the values that place a row in all of them. ``free`` names the other columns, and ``changes``
    returns their values, followed by the key. Names are those of columns, which ``field_of`` leads to fields.
    """

    row_type: type
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
    changes: Callable[[Any], Values]
    field_of: Mapping[str, str]

    def within(self, index: str, row: Any) -> bool:
        """Tell whether a row is in an index."""
        where = self.indexes[index].where
        return not where or all(getattr(row, self.field_of[name]) in values for name, values in where.items())


class Unit(Protocol):
    """Rows as one transaction sees them; rows that a unit has read stay as they are until it is committed."""

    def get(self, row_type: type[R], *key: Any) -> R | None:
        """Return the row with a key, or ``None``."""
        ...

    def find(
        self, row_type: type[R], index: str, *values: Any,
        after: tuple[Any, ...] = (), limit: int | None = None, descending: bool = False,
    ) -> list[R]:  # fmt: skip
        """Return the rows whose index begins with some values, in the order of the remaining columns, then of the key.

        Parameters
        ----------
        row_type
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

    def count(self, row_type: type, index: str, *values: Any) -> int:
        """Return how many rows `find` would."""
        ...

    def put(self, row: Any) -> None:
        """Insert a row, or replace the one that has its key."""
        ...

    def delete(self, row: Any) -> None:
        """Remove the row that has this one's key."""
        ...

    def mark(self) -> int:
        """Return the number of writes so far."""
        ...

    def undo(self, mark: int) -> None:
        """Undo every write since a mark."""
        ...


@value_class
class Need:
    """Rows that a command will ask for: those `get` finds by a whole key (``index`` is ``"key"``), or `find`.

    A store may fetch the needs of a whole batch in one go. Nothing depends on it but speed.
    """

    row_type: type
    index: str
    values: Values


@contextmanager
def savepoint(unit: Unit) -> Iterator[None]:
    """Undo the writes within, if an exception leaves the block."""
    mark = unit.mark()
    try:
        yield
    except BaseException:
        unit.undo(mark)
        raise


@dataclass_transform(frozen_default=True)
def table(
    name: str, *, key: tuple[str, ...], indexes: Mapping[str, Index | tuple[str, ...]] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Callable[[C], C]:  # fmt: skip
    """Make a class a row: a value whose fields are columns.

    Parameters
    ----------
    name
        Of the table.
    key
        Columns that identify a row; ``tenant`` first.
    indexes
        Further orders of rows, each an `Index` or just its columns.
    renamed
        Fields whose column has another name, each with that name.

    Returns
    -------
    Callable
        The decorator.

    Raises
    ------
    TypeError
        When a store could not keep such a column or index.
    """

    def decorate(cls: C) -> C:
        row_type: Any = cls if "__dataclass_fields__" in vars(cls) else value_class(cls)
        named = {label: index if isinstance(index, Index) else Index(index) for label, index in (indexes or {}).items()}
        named["key"] = Index(key)
        _SCHEMAS[row_type] = _table_schema(row_type, name, key, named, renamed or {})
        return row_type  # type: ignore[no-any-return]

    return decorate


def schema_of(row_type: type) -> TableSchema:
    """Return the table of a class of rows."""
    return _SCHEMAS[row_type]


_SCHEMAS: dict[type, TableSchema] = {}


def _table_schema(
    row_type: type, name: str, key: tuple[str, ...], indexes: dict[str, Index], renamed: Mapping[str, str]
) -> TableSchema:  # fmt: skip
    """Check a declaration, and work out the table."""
    columns = _columns(row_type, renamed)
    field_of = {column.name: column.field for column in columns}
    known = {column.name: column for column in columns}
    orders = {}
    for label, index in indexes.items():
        orders[label] = (*index.columns, *(column for column in key if column not in index.columns))
        if index.columns[0] != "tenant" or not set(orders[label]) <= set(known):
            raise TypeError(
                f"{row_type.__name__}: index {label} has {index.columns}; known columns are needed, tenant first"
            )
        if optional := [column for column in orders[label] if known[column].optional]:
            raise TypeError(
                f"{row_type.__name__}: index {label} has {optional[0]}, which may be empty; give it a value"
            )
    order_of = {label: _getter(order, field_of) for label, order in orders.items()}
    placing = {*key, *(column for index in indexes.values() for column in (*index.columns, *(index.where or ())))}
    indexed = _getter([column for column in known if column in placing], field_of)
    free = tuple(column for column in known if column not in placing)
    return TableSchema(
        row_type, name, columns, key, indexes, orders, _getter(known, field_of), order_of["key"], order_of, indexed,
        free, _getter((*free, *key), field_of), field_of,
    )  # fmt: skip


def _getter(columns: Iterable[str], field_of: Mapping[str, str]) -> Callable[[Any], Values]:
    """Return a function that makes a tuple of a row's values."""
    first, *others = (field_of[column] for column in columns)
    return attrgetter(first, *others) if others else lambda row: (getattr(row, first),)


def _columns(row_type: type, renamed: Mapping[str, str]) -> tuple[Column, ...]:
    """Return the columns of a row's class."""
    hints = get_type_hints(row_type)
    columns = []
    for field in fields(row_type):
        hint = get_args(hints[field.name]) or (hints[field.name],)
        types = [python_type for python_type in hint if python_type is not type(None)]
        if len(types) != 1 or types[0] not in TYPES:
            listed = ", ".join(python_type.__name__ for python_type in TYPES)
            raise TypeError(
                f"{row_type.__name__}.{field.name} is {hints[field.name]}; a column is one of {listed}, or None"
            )
        columns.append(Column(renamed.get(field.name, field.name), field.name, types[0], optional=len(hint) > 1))
    if columns[0].name != "tenant" or any(field.default_factory is not MISSING for field in fields(row_type)):
        raise TypeError(f"{row_type.__name__}: the first column is {columns[0].name}; it must be tenant")
    return tuple(columns)
