"""Backlog of deferred work (e-mail, back office): size, and age of the oldest contact."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Kind, Plan
from sim.kpis.dimensions import BY_QUEUE
from sim.kpis.intervals import days_of, is_closed, last_intervals
from sim.kpis.model import Kpi, KpiValues
from sim.kpis.timeline.time_slice import TimeSlice
from sim.numerics.intervals import open_spans

__all__ = ["KPIS", "watch"]

BACKLOG = Kpi(
    "backlog",
    "Backlog",
    "contacts",
    "lower",
    "Deferred contacts not yet started at the end of the interval; for a day: at the end of its hours, undefined"
    " on closed days; for the whole run: at the end of the last interval.",
    BY_QUEUE,
)
OLDEST = Kpi(
    "oldest",
    "Age of the oldest",
    "s",
    "lower",
    "Time that the oldest contact of the backlog has waited at the end of the interval; 0 while the backlog is empty."
    " For a day as the backlog.",
    BY_QUEUE,
)

KPIS = (BACKLOG, OLDEST)


def watch(time_slice: TimeSlice) -> Iterator[KpiValues]:
    """Count the backlog of each queue as an interval ends; it is undefined for queues without deferred work."""
    plan, waiting, ends = time_slice.plan, time_slice.contact_spans.waiting, time_slice.edges[1:]
    within, rows = (ends >= time_slice.begin) & (ends < time_slice.end), np.flatnonzero(~waiting.assisted)
    number, age = np.zeros((2, len(plan.queues), plan.intervals))
    deferred = waiting.queue[rows], waiting.begin[rows], waiting.end[rows]
    number[:, within], age[:, within] = open_spans(ends[within], *deferred, len(plan.queues))
    defined, last = _deferred(plan)[:, None] * within, last_intervals(plan)
    is_open = np.array([not is_closed(plan, day) for day in range(1, days_of(plan) + 1)])
    for kpi, values in ((BACKLOG, number), (OLDEST, age)):
        yield KpiValues(kpi.name, "queue", values[:, -1], defined[:, -1])
        yield KpiValues(kpi.name, "queue_interval", values.reshape(-1), defined.reshape(-1))
        if len(last) > 1:
            yield KpiValues(
                kpi.name, "queue_day", values[:, last].reshape(-1), (defined[:, last] * is_open).reshape(-1)
            )


@lru_cache(maxsize=16)  # each replication of a plan asks again
def _deferred(plan: Plan) -> NDArray[np.float64]:
    """Return 1 for the queues that have deferred work, 0 for the others."""
    deferred = np.zeros(len(plan.queues))
    deferred[plan.step_queue[plan.step_kind == Kind.DEFERRED]] = 1.0
    return deferred
