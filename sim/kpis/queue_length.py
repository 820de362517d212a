"""How many wait at once, by the time of day at which they wait (not by arrival)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kpis.cuts import BY_QUEUE
from sim.kpis.model import Kpi, Part
from sim.kpis.spans import deepest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.view import View

__all__ = ["KPIS", "measure"]

MEAN = Kpi(
    "queue_length", "Queue length", "contacts", "lower", "Mean number of contacts that wait, over time.", BY_QUEUE
)
MOST = Kpi(
    "max_queue_length",
    "Longest queue",
    "contacts",
    "lower",
    "The largest number of contacts that waited at once. Over several days: the mean of the days' values.",
    BY_QUEUE,
)

KPIS = (MEAN, MOST)


def measure(view: View) -> Iterator[Part]:
    """Follow each queue over the reporting intervals."""
    plan, them = view.plan, view.ever
    until = them.began + them.waited
    seconds = view.spread(them.queue, them.began, until, len(plan.queues))
    most = np.array([deepest(them.began[rows], until[rows], view.edges) for rows in _rows_by_queue(view)]).reshape(
        seconds.shape
    )
    lasted = np.broadcast_to(view.lasted, seconds.shape)
    yield Part(MEAN.name, "queue", seconds.sum(axis=1), lasted.sum(axis=1))
    yield Part(MEAN.name, "queue_interval", seconds.reshape(-1), lasted.reshape(-1))
    yield Part(MOST.name, "queue", most[:, view.first :].max(axis=1, initial=0.0), np.ones(len(plan.queues)))
    yield Part(MOST.name, "queue_interval", most.reshape(-1), np.ones(most.size))


def _rows_by_queue(view: View) -> list[np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return which contacts are each queue's."""
    return [view.ever.queue == queue for queue in range(len(view.plan.queues))]
