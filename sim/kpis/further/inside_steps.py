"""Customers inside each step: self-service, pauses and contacts, by clock time (not by arrival)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.kpis.dimensions import Dimension
from sim.kpis.model import OF_THE_RUN, Kpi, KpiValues
from sim.kpis.timeline.means_over_time import WITHIN_HOURS, means_over_time
from sim.kpis.timeline.time_slice import TimeSlice

__all__ = ["KPIS", "watch"]

BY: tuple[Dimension, ...] = ("step", "step_interval")

MEAN = Kpi(
    "inside_step",
    "Inside the step",
    "customers",
    None,
    "Time-weighted mean number of customers inside the step, those who wait there included." + WITHIN_HOURS,
    BY,
)
MOST = Kpi(
    "max_inside_step",
    "Most inside the step",
    "customers",
    None,
    "The largest number of customers inside the step at once." + OF_THE_RUN,
    BY,
)

KPIS = (MEAN, MOST)


def watch(time_slice: TimeSlice) -> Iterator[KpiValues]:
    """Follow how many customers are inside each step."""
    plan, log = time_slice.plan, time_slice.log
    step, ended = log.step.astype(np.int64), np.where(np.isnan(log.ended), plan.end, log.ended)
    seconds = time_slice.spread(step, log.began, ended, len(plan.steps))
    most = time_slice.deepest(step, log.began, ended, len(plan.steps))
    yield from means_over_time(plan, MEAN, "step", seconds, np.broadcast_to(time_slice.lasted, seconds.shape))
    yield KpiValues(MOST.name, "step", most.max(axis=1, initial=0.0), is_largest=True)
    yield KpiValues(MOST.name, "step_interval", most.reshape(-1), is_largest=True)
