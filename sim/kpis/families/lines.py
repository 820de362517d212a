"""Trunk lines in use and blocked, by clock time (not by arrival)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import Log
from sim.engine.plan import Kind, Plan, Result
from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.dimensions import BY_LINES
from sim.kpis.model import OF_THE_RUN, Kpi, KpiValues
from sim.kpis.timeline.means_over_time import WITHIN_HOURS, means_over_time
from sim.kpis.timeline.time_slice import TimeSlice
from sim.numerics.time_grid import HALF_MICROSECOND

__all__ = ["KPIS", "measure", "watch"]

USED = Kpi(
    "lines_used",
    "Lines in use",
    "lines",
    None,
    "Time-weighted mean number of lines in use. A customer who accepts a callback hangs up, which frees the line; the"
    " call back, which waits until one is free, uses one from the first ring to its end; so does a dialer's call."
    + WITHIN_HOURS,
    BY_LINES,
)
MOST = Kpi(
    "max_lines_used",
    "Most lines in use",
    "lines",
    None,
    "The largest number of lines in use at once." + OF_THE_RUN,
    BY_LINES,
)
SHARE = Kpi(
    "line_occupancy", "Line occupancy", "share", None, "Lines in use / lines installed." + WITHIN_HOURS, BY_LINES
)
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
    of_step = plan.step_lines.copy()
    of_step[plan.dialers.step] = plan.dialers.line
    rows = np.flatnonzero((of_step >= 0)[log.step] & (log.result != Result.BLOCKED))
    line = of_step[log.step[rows]].astype(np.int64)
    began, ended = _held(plan, log, rows)
    seconds = time_slice.spread(line, began, ended, size)
    most = time_slice.deepest(line, began, ended, size)
    lasted = np.broadcast_to(time_slice.lasted, seconds.shape)
    yield from means_over_time(plan, USED, "lines", seconds, lasted)
    yield from means_over_time(plan, SHARE, "lines", seconds, lasted * plan.lines[:, None])
    yield KpiValues(MOST.name, "lines", most.max(axis=1, initial=0.0), is_largest=True)
    yield KpiValues(MOST.name, "lines_interval", most.reshape(-1), is_largest=True)


def _held(plan: Plan, log: Log, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return from when and until when visits hold their lines; both are equal where they hold none."""
    ended = np.where(np.isnan(log.ended[rows]), plan.end, log.ended[rows])
    ring = plan.queueing.ring[plan.step_queue[log.step[rows]]] if len(plan.queues) else np.zeros(len(rows))
    unanswered = np.isnan(log.started[rows])
    answered_at = np.where(unanswered, ended, log.started[rows])
    called = ~unanswered | (log.result[rows] == Result.FAILED)
    # (x + ring) - ring may be less than x, the instant at which another customer gives the line back
    called_at = np.where(called, np.minimum(answered_at - ring + HALF_MICROSECOND * (ring > 0.0), ended), ended)
    called_at = np.where(log.callback[rows] == 1, called_at, log.began[rows])
    return np.where(plan.step_kind[log.step[rows]] == Kind.DIALED, answered_at, called_at), ended


def measure(completed: CompletedCustomers) -> Iterator[KpiValues]:
    """Count the visits that needed a line, and those that were blocked."""
    tries, failures = completed.tables.tries, completed.tables.failures
    if not len(tries):
        return
    yield KpiValues(BLOCKING.name, "lines", failures.sum(axis=1), tries.sum(axis=1))
    yield KpiValues(BLOCKING.name, "lines_interval", failures.reshape(-1), tries.reshape(-1))
