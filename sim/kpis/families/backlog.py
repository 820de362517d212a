"""Backlog of deferred work (e-mail, back office): size, and age of the oldest contact."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Kind
from sim.kpis.dimensions import BY_QUEUE
from sim.kpis.model import Kpi, Part
from sim.numerics.intervals import lying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.plan import Plan
    from sim.kpis.timeline.time_slice import Window

__all__ = ["KPIS", "watch"]

BACKLOG = Kpi(
    "backlog",
    "Backlog",
    "contacts",
    "lower",
    "Deferred contacts not yet started at the end of the interval; for the whole run: at the end of the last interval.",
    BY_QUEUE,
)
OLDEST = Kpi(
    "oldest",
    "Age of the oldest",
    "s",
    "lower",
    "Time that the oldest contact of the backlog has waited at the end of the interval; 0 while the backlog is empty.",
    BY_QUEUE,
)

KPIS = (BACKLOG, OLDEST)


def watch(window: Window) -> Iterator[Part]:
    """Count the backlog of each queue as an interval ends; it is undefined for queues without deferred work."""
    plan, them, ends = window.plan, window.holdings.waiting, window.edges[1:]
    within, rows = (ends >= window.begin) & (ends < window.end), np.flatnonzero(~them.assisted)
    number, age = np.zeros((2, len(plan.queues), plan.intervals))
    of_rows = them.queue[rows], them.begin[rows], them.end[rows]
    number[:, within], age[:, within] = lying(ends[within], *of_rows, len(plan.queues))
    defined = _deferred(plan)[:, None] * within
    for kpi, values in ((BACKLOG, number), (OLDEST, age)):
        yield Part(kpi.name, "queue", values[:, -1], defined[:, -1])
        yield Part(kpi.name, "queue_interval", values.reshape(-1), defined.reshape(-1))


@lru_cache(maxsize=16)  # each replication of a plan asks again
def _deferred(plan: Plan) -> NDArray[np.float64]:
    """Return 1 for the queues that have deferred work, 0 for the others."""
    deferred = np.zeros(len(plan.queues))
    deferred[plan.step_queue[plan.step_kind == Kind.DEFERRED]] = 1.0
    return deferred
