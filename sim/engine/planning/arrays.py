"""Small functions that make arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.calendar import Calendar
from sim.distributions import Law
from sim.engine.plan_tables import DayLaws
from sim.scenario.by_day import key_of_day
from sim.scenario.law_fields import LawByDay, LawByTime
from sim.scenario.times_of_day import ELSE

__all__ = ["DayValues", "LawRows", "cumulative", "f8", "flat", "i4", "ptr"]

I4 = NDArray[np.int32]
F8 = NDArray[np.float64]


class DayValues:
    """What holds on each day by the calendar, until the last in which a run goes on; equal rows are one."""

    def __init__(self, calendar: Calendar, end: float) -> None:
        self._calendar = calendar
        self._days = range(1, calendar.local(end)[0] + 1)
        self._rows: dict[tuple[int, ...], int] = {}

    def row(self, of_day: Callable[[int, Calendar], int]) -> int:
        """Return the row of what a function of a day, numbered from 1, and the calendar gives."""
        return self._rows.setdefault(tuple(of_day(day, self._calendar) for day in self._days), len(self._rows))

    def row_of(self, numbers: Mapping[str, int]) -> int:
        """Return the row of numbers by selectors, one of which stands for each day."""
        return self.row(lambda day, calendar: numbers[key_of_day(numbers, day, calendar) or ELSE])

    def table(self) -> I4:
        """Return the rows, [rows, days]."""
        return np.array(list(self._rows), dtype=np.int32).reshape(-1, len(self._days))


class LawRows:
    """The laws that a scenario names; equal laws share a row."""

    def __init__(self, days: DayValues) -> None:
        self._days = days
        self._laws: dict[str, tuple[int, Law]] = {}
        self._numbers: dict[str, int] = {}  # of laws by the time of day, or by day
        self._changes: list[list[tuple[float, int]]] = []
        self._day_rows: list[int] = []

    @property
    def laws(self) -> list[Law]:
        """The laws, by row."""
        return [law for _, law in self._laws.values()]

    def row(self, law: Law | LawByTime | LawByDay | None) -> int:
        """Return the row of a law, -1 for none; laws by the time of day or by day have rows -2, -3 ... of their own."""
        if law is None:
            return -1
        if isinstance(law, LawByTime | LawByDay):
            return -2 - self._number(law)
        return self._laws.setdefault(repr(law), (len(self._laws), law))[0]

    def _number(self, law: Law | LawByTime | LawByDay) -> int:
        """Return the number of a law among those by the time of day; one law of a day is one for all its times."""
        written = repr(law)
        if written in self._numbers:
            return self._numbers[written]
        changes: list[tuple[float, int]] = []
        day_row = -1
        if isinstance(law, LawByDay):
            numbers = {key: self._number(part) for key, part in law.root.items()}
            day_row = self._days.row_of(numbers)
        elif isinstance(law, LawByTime):
            changes = [(begin, self.row(each)) for begin, each in law.changes()]
        else:
            changes = [(0.0, self.row(law))]
        self._changes.append(changes)
        self._day_rows.append(day_row)
        return self._numbers.setdefault(written, len(self._numbers))

    def day_laws(self) -> DayLaws:
        """Return the laws by the time of day as arrays."""
        return DayLaws(
            days=i4(self._day_rows),
            ptr=ptr(self._changes),
            begin=f8(begin for begin, _ in flat(self._changes)),
            law=i4(law for _, law in flat(self._changes)),
        )


def i4(values: Iterable[Any]) -> I4:
    """Return integers."""
    return np.array(list(values), dtype=np.int32)


def f8(values: Iterable[Any]) -> F8:
    """Return floats."""
    return np.array(list(values), dtype=np.float64)


def ptr(rows: Sequence[Sequence[Any] | Mapping[Any, Any]]) -> I4:
    """Return where each row of a ragged table begins, and where the last ends."""
    return np.cumsum([0, *map(len, rows)], dtype=np.int32)


def flat(rows: Iterable[Iterable[Any]]) -> list[Any]:
    """Return the rows of a ragged table one after the other."""
    return [value for row in rows for value in row]


def cumulative(shares: Iterable[float]) -> F8:
    """Return running totals; the last is exactly 1, whatever the rounding."""
    total = list(accumulate(shares))
    return f8([*total[:-1], 1.0])
