"""KPIs, the rows of their values, and the values of one replication."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar, overload
from warnings import warn

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import near
from sim.kpis.dimensions import BY_CONTACT, BY_CUSTOMER, Dimension, Key, by_days, by_weekdays

__all__ = ["OF_THE_RUN", "Index", "Kpi", "KpiTable", "KpiValues", "Measures", "Row", "Rows"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

OF_THE_RUN = (
    " Over all of a replication, however many days it has, and the mean of it over the replications;"
    " `mean_of_days` has the mean of the daily values."
)
"""End of the definition of a quantile or a maximum, which is no ratio of sums."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One key performance indicator: always a ratio, so that replications add up.

    Parameters
    ----------
    name
        As it stands in files.
    title
        As people read it.
    unit
        ``"share"`` is a fraction of 1; ``"s"`` seconds; otherwise what is counted.
    better
        Which way is better; None where neither is.
    definition
        One sentence; ``{within}`` stands for the acceptable waiting time of the queue.
    dimensions
        What it is broken down by. The total, queues, groups and lines are also broken down by day and weekday, but for
        `BY_CUSTOMER`: a customer is counted once, and stays for days.
    targeted
        Whether a queue's wanted service level applies to it.
    of_duty
        Whether it needs agents on duty: it is undefined for unlimited agents, who have none.
    """

    name: str
    title: str
    unit: str
    better: Literal["higher", "lower"] | None
    definition: str
    dimensions: tuple[Dimension, ...] = field(default=BY_CONTACT)
    targeted: bool = False
    of_duty: bool = False

    def __post_init__(self) -> None:
        """Add the dimensions by day and weekday."""
        days = () if self.dimensions == BY_CUSTOMER else by_days(self.dimensions).values()
        dimensions = dict.fromkeys((*self.dimensions, *days, *(by_weekdays()[day] for day in days)))
        object.__setattr__(self, "dimensions", tuple(dimensions))

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value that it may have."""
        if self.unit == "mood":
            return -1.0, 1.0
        return 0.0, 1.0 if self.unit == "share" else np.inf


class Row(NamedTuple):
    """Name of a value: a KPI, by a dimension, for one of its keys.

    Each dimension but those by weekday is a partition: the rows of one ``by`` never overlap, so that counts add up over
    them. By weekday, a count is that of an average Monday, Tuesday and so on.
    """

    kpi: str
    by: str
    key: str  # a name in the plan; empty for the dimensions "all", "interval", "day" and "weekday"
    interval: int | None  # number of the reporting interval, None = the whole run
    day: int | None = None  # of the run, from 1, in dimensions by day
    weekday: str | None = None  # "Monday" to "Sunday", in dimensions by weekday


class Index(Sequence[Row]):
    """Rows of a plan. There may be a hundred thousand, so they are made when they are first read."""

    def __init__(
        self,
        blocks: Iterable[tuple[str, Dimension, tuple[Key, ...]]],
        closed_days: Iterable[int] = (),
        *,
        several_days: bool = False,
    ) -> None:
        self.blocks, self.closed_days, self.several_days = tuple(blocks), tuple(closed_days), several_days
        self._size = sum(len(keys) for _, _, keys in self.blocks)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All of them."""
        return tuple(Row(kpi, by, *key) for kpi, by, keys in self.blocks for key in keys)

    @cached_property
    def slices(self) -> dict[tuple[str, Dimension], slice]:
        """The rows of each KPI by each dimension."""
        ends = accumulate((len(keys) for _, _, keys in self.blocks), initial=0)
        return {(kpi, by): slice(*rows) for (kpi, by, _), rows in zip(self.blocks, pairwise(ends), strict=True)}

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._size

    @overload
    def __getitem__(self, row: int) -> Row: ...

    @overload
    def __getitem__(self, row: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, row: int | slice) -> Row | tuple[Row, ...]:
        """Return a row, or some."""
        return self.rows[row]

    def __iter__(self) -> Iterator[Row]:
        """Go over the rows."""
        return iter(self.rows)

    def __eq__(self, other: object) -> bool:
        """Tell whether the rows are the same, in the same order."""
        if isinstance(other, Index):
            return self.blocks == other.blocks
        return isinstance(other, Sequence) and self.rows == tuple(other)

    def __hash__(self) -> int:
        """Return the hash of the rows."""
        return hash(self.rows)

    def __repr__(self) -> str:
        """Return the size."""
        return f"<Index: {len(self):,} rows>"

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        """Pickle the blocks alone, of which the rows can be made again."""
        return partial(Index, several_days=self.several_days), (self.blocks, self.closed_days)

    def places_of(self, other: Index) -> I8:
        """Return where the rows of another index are in this one, which has all of them."""
        keys = {(kpi, by): keys for kpi, by, keys in self.blocks}
        places = {
            block: {key: number for number, key in enumerate(keys[block], self.slices[block].start)}
            for block in other.slices
        }
        return np.array([places[kpi, by][key] for kpi, by, keys in other.blocks for key in keys], dtype=np.int64)


class KpiValues(NamedTuple):
    """Values of one KPI for all keys of one dimension, in one block of a run; those of all blocks add up."""

    kpi: str
    by: Dimension
    num: F8
    den: F8 | None = None  # None: the KPI is a count, whose denominator stays 1
    is_largest: bool = False  # the largest numerator counts, not their sum

    @property
    def denominators(self) -> F8:
        """The denominators."""
        return np.ones(len(self.num)) if self.den is None else self.den


class KpiTable(Protocol):
    """Values of KPIs, by the name of the KPI and the dimension."""

    def __getitem__(self, name: tuple[str, Dimension], /) -> KpiValues:
        """Return the values of a KPI by a dimension."""


R = TypeVar("R", bound=NamedTuple)


class Rows(Generic[R]):
    """Columns with one value per row, and a look-up of rows by name."""

    row_type: ClassVar[type[Any]]  # a named tuple of the columns
    index: Sequence[Row]

    @cached_property
    def measured(self) -> frozenset[tuple[str, str]]:
        """The KPIs by the dimensions that were measured."""
        if isinstance(self.index, Index):
            return frozenset(self.index.slices)
        return frozenset((row.kpi, row.by) for row in self.index)

    @cached_property
    def _places(self) -> dict[Row, int]:
        """The place of each row."""
        return {row: i for i, row in enumerate(self.index)}

    def at(
        self,
        kpi: str,
        by: str = "all",
        key: str = "",
        interval: int | None = None,
        *,
        day: int | None = None,
        weekday: str | None = None,
    ) -> int:
        """Return the place of a row.

        Parameters
        ----------
        kpi, by, key, interval, day, weekday
            The row.

        Raises
        ------
        KeyError
            There is no such row; the message has the near names.
        """
        row = Row(kpi, by, key, interval, day, weekday)
        number = self._places.get(row)
        if number is None:
            raise KeyError(_missing(row, self.index))
        return number

    def row(
        self,
        kpi: str,
        by: str = "all",
        key: str = "",
        interval: int | None = None,
        *,
        day: int | None = None,
        weekday: str | None = None,
    ) -> R:
        """Return the columns of one row.

        Parameters
        ----------
        kpi, by, key, interval, day, weekday
            The row.

        Raises
        ------
        KeyError
            There is no such row; the message has the near names.
        """
        number = self.at(kpi, by, key, interval, day=day, weekday=weekday)
        row: R = self.row_type(**{name: getattr(self, name)[number].item() for name in self.row_type._fields})
        return row


class ValueRows(Rows[R]):
    """Rows that have a column ``value``."""

    def value_of(
        self,
        kpi: str,
        by: str = "all",
        key: str = "",
        interval: int | None = None,
        *,
        day: int | None = None,
        weekday: str | None = None,
    ) -> float:
        """Return the value of one row.

        Parameters
        ----------
        kpi, by, key, interval, day, weekday
            The row.

        Raises
        ------
        KeyError
            There is no such row; the message has the near names.
        """
        values: F8 = getattr(self, "value")  # noqa: B009 - a field or a property
        return float(values[self.at(kpi, by, key, interval, day=day, weekday=weekday)])


def _missing(wanted: Row, index: Sequence[Row]) -> str:
    """Return why there is no such row, with the names that would be right."""
    kpis = dict.fromkeys(row.kpi for row in index)
    if wanted.kpi not in kpis:
        return f'"{wanted.kpi}" is not a KPI; {near(wanted.kpi, kpis)}'
    dimensions = dict.fromkeys(row.by for row in index if row.kpi == wanted.kpi)
    if wanted.by not in dimensions:
        return f'{wanted.kpi} has no dimension "{wanted.by}"; {near(wanted.by, dimensions)}'
    others = f"its dimensions are {', '.join(dimensions)}"
    return f"{wanted.kpi} by {wanted.by} " + _missing_key(
        wanted, [row for row in index if row[:2] == wanted[:2]], others
    )


def _missing_key(wanted: Row, rows: Sequence[Row], others: str) -> str:
    """Return what is wrong with the key, interval, day or weekday of a row; the rows have its KPI and dimension."""
    keys = dict.fromkeys(row.key for row in rows)
    if set(keys) == {""} and wanted.key:
        return f'has no keys, so not "{wanted.key}"; {others}'
    if wanted.key not in keys:
        return f'has no key "{wanted.key}"; {near(wanted.key, keys)}'
    instants = zip(*(row[3:] for row in rows if row.key == wanted.key), strict=True)
    for part, value, known in zip(Row._fields[3:], wanted[3:], instants, strict=True):
        if value is None and value not in known:
            return f"needs {part}, one of {_range(known)}"
        if set(known) == {None} and value is not None:
            return f"has no {part}, so not {value!r}; {others}"
        if value not in known:
            return f"has no {part} {value!r}, but {_range(known)}"
    return "has no such row"


def _range(known: Iterable[int | str | None]) -> str:
    """Return values as text, a long sequence of numbers by its ends."""
    values = list(dict.fromkeys(known))
    if len(values) > 7:
        return f"{values[0]} to {values[-1]}"
    return ", ".join(map(str, values))


class Measure(NamedTuple):
    """One row of `Measures`."""

    value: float
    num: float
    den: float


@dataclass(frozen=True, eq=False)
class Measures(ValueRows[Measure]):
    """The KPIs of one replication: the value of row ``i`` is ``num[i] / den[i]``, undefined where ``den[i]`` is 0."""

    row_type = Measure

    index: Sequence[Row]
    num: F8
    den: F8

    def __repr__(self) -> str:
        """Return the size."""
        return f"<Measures: {len(self.index):,} values>"

    @property
    def value(self) -> F8:
        """The values, NaN where undefined."""
        value = np.full(len(self.num), np.nan)
        np.divide(self.num, self.den, out=value, where=self.den != 0)
        return value

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., float]:
            """Return the method `value_of` by its former name."""
            if name != "of":
                raise AttributeError(name)
            warn("Measures.of is deprecated; use Measures.value_of", DeprecationWarning, stacklevel=2)
            return self.value_of
