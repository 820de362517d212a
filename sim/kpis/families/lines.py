"""Trunk lines in use and blocked, by clock time (not by arrival)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.engine.plan import Result
from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.dimensions import BY_LINES
from sim.kpis.model import Kpi, KpiValues
from sim.kpis.timeline.time_slice import TimeSlice

__all__ = ["KPIS", "measure", "watch"]

USED = Kpi("lines_used", "Lines in use", "lines", None, "Time-weighted mean number of lines in use.", BY_LINES)
MOST = Kpi(
    "max_lines_used",
    "Most lines in use",
    "lines",
    None,
    "The largest number of lines in use at once. Over several days: the mean of the daily values.",
    BY_LINES,
)
SHARE = Kpi("line_occupancy", "Line occupancy", "share", None, "Lines in use / lines installed.", BY_LINES)
BLOCKING = Kpi(
    "line_blocking",
    "Line blocking",
    "share",
    "lower",
    "Visits to the lines' channels that were blocked / visits by customers who did not hold a line yet. A full queue"
    " behind the lines blocks too.",
    BY_LINES,
)

KPIS = (USED, MOST, SHARE, BLOCKING)


def watch(time_slice: TimeSlice) -> Iterator[KpiValues]:
    """Measure the use of each bundle of lines over the reporting intervals."""
    plan, log, size = time_slice.plan, time_slice.log, len(time_slice.plan.line_names)
    if not size:
        return
    rows = np.flatnonzero((plan.step_lines >= 0)[log.step] & (log.result != Result.BLOCKED))
    line, began = plan.step_lines[log.step[rows]].astype(np.int64), log.began[rows]
    ended = np.where(np.isnan(log.ended[rows]), plan.end, log.ended[rows])
    seconds = time_slice.spread(line, began, ended, size)
    most = time_slice.deepest(line, began, ended, size)
    lasted = np.broadcast_to(time_slice.lasted, seconds.shape)
    for kpi, num, den in ((USED, seconds, lasted), (SHARE, seconds, lasted * plan.lines[:, None])):
        yield KpiValues(kpi.name, "lines", num.sum(axis=1), den.sum(axis=1))
        yield KpiValues(kpi.name, "lines_interval", num.reshape(-1), den.reshape(-1))
    yield KpiValues(MOST.name, "lines", most.max(axis=1, initial=0.0), is_largest=True)
    yield KpiValues(MOST.name, "lines_interval", most.reshape(-1), is_largest=True)


def measure(completed: CompletedCustomers) -> Iterator[KpiValues]:
    """Count the visits that needed a line, and those that were blocked."""
    tries, failures = completed.tables.tries, completed.tables.failures
    if not len(tries):
        return
    yield KpiValues(BLOCKING.name, "lines", failures.sum(axis=1), tries.sum(axis=1))
    yield KpiValues(BLOCKING.name, "lines_interval", failures.reshape(-1), tries.reshape(-1))
