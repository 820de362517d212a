"""Queue length, by clock time (not by arrival)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.kpis.dimensions import BY_QUEUE
from sim.kpis.model import OF_THE_RUN, Kpi, KpiValues
from sim.kpis.timeline.means_over_time import WITHIN_HOURS, means_over_time
from sim.kpis.timeline.time_slice import TimeSlice

__all__ = ["KPIS", "watch"]

MEAN = Kpi(
    "queue_length",
    "Queue length",
    "contacts",
    "lower",
    "Time-weighted mean number of waiting contacts." + WITHIN_HOURS,
    BY_QUEUE,
)
MOST = Kpi(
    "max_queue_length",
    "Longest queue",
    "contacts",
    "lower",
    "The largest number of contacts waiting at once." + OF_THE_RUN,
    BY_QUEUE,
)

KPIS = (MEAN, MOST)


def watch(time_slice: TimeSlice) -> Iterator[KpiValues]:
    """Measure the length of each queue over the reporting intervals."""
    plan, waiting = time_slice.plan, time_slice.contact_spans.waiting
    seconds = time_slice.spread(waiting.queue, waiting.begin, waiting.end, len(plan.queues))
    most = time_slice.deepest(waiting.queue, waiting.begin, waiting.end, len(plan.queues))
    lasted = np.broadcast_to(time_slice.lasted, seconds.shape)
    yield from means_over_time(plan, MEAN, "queue", seconds, lasted)
    yield KpiValues(MOST.name, "queue", most.max(axis=1, initial=0.0), is_largest=True)
    yield KpiValues(MOST.name, "queue_interval", most.reshape(-1), is_largest=True)
