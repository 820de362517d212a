"""Calls that dialers make, by clock time (not by when the customer was put on the list).

Who answers and finds no agent in time is an abandoned contact of the queue that follows (`abandonment`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Kind, Result
from sim.kpis.dimensions import Dimension
from sim.kpis.model import Kpi, KpiValues
from sim.kpis.timeline.time_slice import TimeSlice

__all__ = ["KPIS", "watch"]

BY: tuple[Dimension, ...] = ("all", "interval", "step", "step_interval")
F8 = NDArray[np.float64]

DIALED = Kpi("dialed", "Dialed", "calls", None, "Calls that a dialer made.", BY)
ANSWERED = Kpi(
    "dialed_answered",
    "Dialed, answered",
    "calls",
    "higher",
    "Calls of a dialer that a customer answered, at the time of the answer.",
    BY,
)
REACHED = Kpi(
    "reached",
    "Reached",
    "share",
    "higher",
    "Calls of a dialer that a customer answered / calls that were answered or failed, at the time of either.",
    BY,
)

KPIS = (DIALED, ANSWERED, REACHED)


def watch(time_slice: TimeSlice) -> Iterator[KpiValues]:
    """Count the calls of dialers in each interval."""
    plan, log = time_slice.plan, time_slice.log
    rows = np.flatnonzero(plan.step_kind[log.step] == Kind.DIALED)
    step, answered = log.step[rows].astype(np.int64), log.result[rows] == Result.PASSED
    dialed = _counts(time_slice, step, log.started[rows])
    over = _counts(time_slice, step, log.ended[rows])
    reached = _counts(time_slice, step[answered], log.ended[rows][answered])
    yield from _by_all(DIALED, dialed)
    yield from _by_all(ANSWERED, reached)
    yield from _by_all(REACHED, reached, over)


def _counts(time_slice: TimeSlice, step: NDArray[np.int64], instant: F8) -> F8:
    """Return how many instants lie in each interval, by step, shape (steps, intervals)."""
    plan = time_slice.plan
    interval = np.searchsorted(time_slice.edges, instant, side="right") - 1  # NaN is after the last one
    kept = (instant >= time_slice.begin) & (instant < time_slice.end)
    kept &= (interval >= time_slice.first) & (interval < plan.intervals)
    cells = step[kept] * plan.intervals + interval[kept]
    shape = len(plan.steps), plan.intervals
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


def _by_all(kpi: Kpi, table: F8, below: F8 | None = None) -> Iterator[KpiValues]:
    """Yield the sums of a table by all dimensions, over those of another one."""
    for by, values in _sums(table).items():
        yield KpiValues(kpi.name, by, values, None if below is None else _sums(below)[by])


def _sums(table: F8) -> dict[Dimension, F8]:
    """Return the sums of a table by all dimensions."""
    return {
        "all": table.sum(keepdims=True).reshape(-1),
        "interval": table.sum(axis=0),
        "step": table.sum(axis=1),
        "step_interval": table.reshape(-1),
    }
