"""What lies in the queues of deferred work (e-mail, back office), and for how long it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Kind
from sim.kpis.cuts import BY_QUEUE
from sim.kpis.model import Kpi, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.window import Window

__all__ = ["KPIS", "watch"]

F8 = NDArray[np.float64]

BACKLOG = Kpi(
    "backlog",
    "Backlog",
    "contacts",
    "lower",
    "Deferred contacts not yet begun at the end of the interval; for the whole run, at the end of the last interval.",
    BY_QUEUE,
)
OLDEST = Kpi(
    "oldest",
    "Age of the oldest",
    "s",
    "lower",
    "How long the oldest contact of the backlog has lain there at that instant; 0 while the backlog is empty.",
    BY_QUEUE,
)

KPIS = (BACKLOG, OLDEST)


def watch(window: Window) -> Iterator[Part]:
    """Look at each queue of deferred work when an interval ends; at queues without such work it is undefined."""
    plan, them, ends = window.plan, window.holdings.waiting, window.edges[1:]
    within = np.flatnonzero((ends >= window.begin) & (ends < window.end))
    kinds, steps = plan.step_kind, plan.step_queue
    shape = (len(plan.queues), plan.intervals)
    number, age, defined = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for queue in np.unique(steps[(kinds == Kind.DEFERRED) & (steps >= 0)]):
        rows = np.flatnonzero((them.queue == queue) & ~them.assisted)
        number[queue, within], age[queue, within] = _lying(them.begin[rows], them.end[rows], ends[within])
        defined[queue, within] = 1.0
    for kpi, values in ((BACKLOG, number), (OLDEST, age)):
        yield Part(kpi.name, "queue", values[:, -1], defined[:, -1])
        yield Part(kpi.name, "queue_interval", values.reshape(-1), defined.reshape(-1))


def _lying(began: F8, left: F8, at: F8) -> tuple[F8, F8]:
    """Return how many contacts lie in a queue at some instants, and the age of the oldest."""
    if not len(began):
        return np.zeros(len(at)), np.zeros(len(at))
    order = np.argsort(began, kind="stable")
    began, left = began[order], left[order]
    number = np.searchsorted(began, at, side="right") - np.searchsorted(np.sort(left), at, side="right")
    # The oldest at t is the first that leaves after t, which is where the running maximum of the leaving passes t.
    oldest = np.minimum(np.searchsorted(np.maximum.accumulate(left), at, side="right"), len(began) - 1)
    return number.astype(np.float64), np.where(number > 0, at - began[oldest], 0.0)
