"""Means over time: the whole run and its days look at the run's hours, not at the nights between them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Plan
from sim.kpis.days import sums_by_day
from sim.kpis.dimensions import BY_INTERVAL, Dimension, by_days
from sim.kpis.intervals import days_of, open_intervals
from sim.kpis.model import Kpi, KpiValues

__all__ = ["WITHIN_HOURS", "means_over_time"]

F8 = NDArray[np.float64]

WITHIN_HOURS = " Of the whole run and of days: over the run's hours, without the nights between them."


def _within_hours(plan: Plan, seconds: F8) -> F8:
    """Return seconds of intervals, [keys, intervals], with 0 in the nights between the days' hours."""
    return seconds * open_intervals(plan)


def means_over_time(plan: Plan, kpi: Kpi, by: Dimension, seconds: F8, lasted: F8) -> Iterator[KpiValues]:
    """Yield a mean over time by keys, by keys and intervals, and by keys and days.

    Parameters
    ----------
    plan
        Has the hours and days.
    kpi, by
        The KPI, and the dimension of its keys.
    seconds
        Number times seconds, [keys, intervals].
    lasted
        Seconds that it is divided by, [keys, intervals].
    """
    yield KpiValues(kpi.name, BY_INTERVAL[by], seconds.reshape(-1), lasted.reshape(-1))
    seconds, lasted = _within_hours(plan, seconds), _within_hours(plan, lasted)
    yield KpiValues(kpi.name, by, seconds.sum(axis=1), lasted.sum(axis=1))
    if days_of(plan) > 1 and by in by_days([by]):
        num, den = (sums_by_day(plan, values.reshape(-1)) for values in (seconds, lasted))
        yield KpiValues(kpi.name, by_days([by])[by], num, den)
