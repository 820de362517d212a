"""Small functions that make arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.distributions import Law
from sim.engine.plan_tables import DayLaws
from sim.scenario.law_fields import LawByTime

__all__ = ["LawRows", "cumulative", "f8", "flat", "i4", "ptr"]

I4 = NDArray[np.int32]
F8 = NDArray[np.float64]


class LawRows:
    """The laws that a scenario names; equal laws share a row."""

    def __init__(self) -> None:
        self.laws: list[Law] = []
        self._of_day: list[LawByTime] = []
        self._changes: list[list[tuple[float, int]]] = []

    def row(self, law: Law | LawByTime | None) -> int:
        """Return the row of a law, -1 for none; laws by the time of day have rows -2, -3 ... of their own."""
        if law is None:
            return -1
        if isinstance(law, LawByTime):
            if law not in self._of_day:
                self._of_day.append(law)
                self._changes.append([(begin, self.row(each)) for begin, each in law.changes()])
            return -2 - self._of_day.index(law)
        if law not in self.laws:
            self.laws.append(law)
        return self.laws.index(law)

    def day_laws(self) -> DayLaws:
        """Return the laws by the time of day as arrays."""
        return DayLaws(
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
