"""Queue length, by clock time (not by arrival)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kpis.dimensions import BY_QUEUE
from sim.kpis.model import Kpi, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.timeline.time_slice import Window

__all__ = ["KPIS", "watch"]

MEAN = Kpi(
    "queue_length", "Queue length", "contacts", "lower", "Time-weighted mean number of waiting contacts.", BY_QUEUE
)
MOST = Kpi(
    "max_queue_length",
    "Longest queue",
    "contacts",
    "lower",
    "The largest number of contacts waiting at once. Over several days: the mean of the daily values.",
    BY_QUEUE,
)

KPIS = (MEAN, MOST)


def watch(window: Window) -> Iterator[Part]:
    """Measure the length of each queue over the reporting intervals."""
    plan, them = window.plan, window.holdings.waiting
    seconds = window.spread(them.queue, them.begin, them.end, len(plan.queues))
    most = window.deepest(them.queue, them.begin, them.end, len(plan.queues))
    lasted = np.broadcast_to(window.lasted, seconds.shape)
    yield Part(MEAN.name, "queue", seconds.sum(axis=1), lasted.sum(axis=1))
    yield Part(MEAN.name, "queue_interval", seconds.reshape(-1), lasted.reshape(-1))
    yield Part(MOST.name, "queue", most.max(axis=1, initial=0.0), is_largest=True)
    yield Part(MOST.name, "queue_interval", most.reshape(-1), is_largest=True)
