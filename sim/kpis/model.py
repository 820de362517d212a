"""What a KPI is, and what one replication gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from sim.kpis.dimensions import BY_CONTACT, Cut

__all__ = ["Index", "Kpi", "Measures", "Part", "Parts", "Row"]

F8 = NDArray[np.float64]


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
    cuts
        What it is broken down by.
    targeted
        Whether a queue's wanted service level applies to it.
    """

    name: str
    title: str
    unit: str
    better: Literal["higher", "lower"] | None
    definition: str
    cuts: tuple[Cut, ...] = field(default=BY_CONTACT)
    targeted: bool = False


class Row(NamedTuple):
    """Which value this is: a KPI, broken down by a cut, for one of its keys.

    Each cut is a partition: the rows of one ``by`` never overlap, so that adding counts over them counts nothing twice.
    """

    kpi: str
    by: str
    key: str  # a name out of the plan; empty for the cuts "all" and "interval"
    interval: int | None  # number of the reporting interval, None = the whole run


Key = tuple[str, int | None]


class Index(Sequence[Row]):
    """Which rows there are. There may be a hundred thousand, so they are made when somebody looks at them.

    Parameters
    ----------
    blocks
        KPIs with a cut, and the keys of each: a name and an interval.
    """

    def __init__(self, blocks: Iterable[tuple[str, Cut, tuple[Key, ...]]]) -> None:
        self.blocks = tuple(blocks)
        self._size = sum(len(keys) for _, _, keys in self.blocks)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All of them."""
        return tuple(Row(kpi, by, *key) for kpi, by, keys in self.blocks for key in keys)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._size

    @overload
    def __getitem__(self, at: int) -> Row: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, at: int | slice) -> Row | tuple[Row, ...]:
        """Return a row, or some."""
        return self.rows[at]

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

    def __reduce__(self) -> tuple[type[Index], tuple[object]]:
        """Leave away what can be made again."""
        return Index, (self.blocks,)


class Part(NamedTuple):
    """The values of one KPI over all keys of one cut, or a part of them: those of the blocks of a run add up."""

    kpi: str
    by: Cut
    num: F8
    den: F8 | None = None  # None: it is a count, and stays one however many are added
    is_largest: bool = False  # the largest numerator counts, not their sum

    @property
    def below(self) -> F8:
        """The denominators."""
        return np.ones(len(self.num)) if self.den is None else self.den


class Parts(Protocol):
    """What was found, by the name of the KPI and the cut."""

    def __getitem__(self, name: tuple[str, Cut], /) -> Part:
        """Return the values of a KPI by a cut."""


@dataclass(frozen=True, eq=False)
class Measures:
    """The KPIs of one replication: the value of row ``i`` is ``num[i] / den[i]``, undefined where ``den[i]`` is 0."""

    index: Sequence[Row]
    num: F8
    den: F8

    @property
    def value(self) -> F8:
        """The values, NaN where undefined."""
        value = np.full(len(self.num), np.nan)
        np.divide(self.num, self.den, out=value, where=self.den != 0)
        return value

    def of(self, kpi: str, by: str = "all", key: str = "", interval: int | None = None) -> float:
        """Return one value.

        Parameters
        ----------
        kpi, by, key, interval
            The row; KeyError where there is none.
        """
        try:
            return float(self.value[self.index.index(Row(kpi, by, key, interval))])
        except ValueError:
            raise KeyError((kpi, by, key, interval)) from None
