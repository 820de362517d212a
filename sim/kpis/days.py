"""Days of a run: sums over the intervals of each, and the rows that a weekday adds up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.core.units import WEEKDAYS
from sim.engine.plan import Plan
from sim.kpis.dimensions import BY_INTERVAL, Dimension, by_days, by_weekdays
from sim.kpis.intervals import day_of_intervals, days_of
from sim.kpis.model import Index
from sim.numerics.grouped_sums import folded

__all__ = ["interval_dimension", "rows_of_days", "rows_of_weekdays", "sums_by_day"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


def interval_dimension(by: Dimension) -> Dimension | None:
    """Return the dimension by interval of a dimension by day, None where there is none."""
    return {day: BY_INTERVAL[total] for total, day in by_days(BY_INTERVAL).items()}.get(by)


def sums_by_day(plan: Plan, values: F8, *, largest: bool = False) -> F8:
    """Return the sum, or the largest, of the values of each day's intervals.

    Parameters
    ----------
    plan
        Has the days.
    values
        Key by key, the value of each interval, shape (keys x intervals,).
    largest
        Whether the largest is wanted.

    Returns
    -------
    ndarray
        Key by key, the value of each day, shape (keys x days,).
    """
    days, keys = days_of(plan), len(values) // plan.intervals
    code = (days * np.arange(keys)[:, None] + day_of_intervals(plan)).reshape(-1)
    if largest:
        most = np.zeros(keys * days)
        np.maximum.at(most, code, values)
        return most
    return np.ascontiguousarray(folded(np.ascontiguousarray(values[None]), code[None], keys * days)[:, 0])


def rows_of_days(index: Index) -> Iterator[tuple[I8, I8]]:
    """Yield totals with the values by day that belong to them: rows, shape (keys,), and rows, shape (keys, days)."""
    for (kpi, by), total in index.slices.items():
        for by_day in by_days((by,)).values():
            days = index.slices.get((kpi, by_day), slice(0, 0))
            if days.start < days.stop:
                yield np.arange(total.start, total.stop), _table(days, total.stop - total.start)


def rows_of_weekdays(index: Index) -> list[tuple[I8, I8]]:
    """Return for each weekday the values by weekday with the values by day that belong to them, as `rows_of_days`."""
    by_weekday, tables = by_weekdays(), []
    for kpi, by, keys in index.blocks:
        if by in by_weekday and keys and (kpi, by_weekday[by]) in index.slices:
            count = len({name for name, *_ in keys})
            tables.append([_table(index.slices[kpi, wanted], count) for wanted in (by_weekday[by], by)])
    if not tables:
        return []
    of_week, days = (np.concatenate(rows) for rows in zip(*tables, strict=True))
    return [(of_week[:, weekday], days[:, weekday :: len(WEEKDAYS)]) for weekday in range(of_week.shape[1])]


def _table(rows: slice, keys: int) -> I8:
    """Return rows, key by key."""
    return np.arange(rows.start, rows.stop).reshape(keys, -1)
