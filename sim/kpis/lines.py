"""Trunk lines: how many are in use, by the time of day at which they are (not by arrival)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine.plan import Result
from sim.kpis.cuts import BY_LINES
from sim.kpis.model import Kpi, Part
from sim.kpis.spans import deepest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.view import View

__all__ = ["KPIS", "measure"]

USED = Kpi(
    "lines_used", "Lines in use", "lines", None, "Mean number of lines that customers hold, over time.", BY_LINES
)
MOST = Kpi(
    "max_lines_used",
    "Most lines in use",
    "lines",
    None,
    "The largest number of lines held at once. Over several days: the mean of the days' values.",
    BY_LINES,
)
SHARE = Kpi("line_occupancy", "Line occupancy", "share", None, "Lines in use / lines that there are.", BY_LINES)
BLOCKING = Kpi(
    "line_blocking",
    "Line blocking",
    "share",
    "lower",
    "Visits to the lines' channels that were blocked / visits for which the customer did not hold a line already; a"
    " full queue behind the lines blocks too.",
    BY_LINES,
)

KPIS = (USED, MOST, SHARE, BLOCKING)


def measure(view: View) -> Iterator[Part]:
    """Follow each bundle of lines over the reporting intervals."""
    plan, log, visits = view.plan, view.log, view.visits
    size = len(plan.line_names)
    of = plan.step_lines[visits.step].astype(np.int64)
    rows = np.flatnonzero(of >= 0)
    line, row = of[rows], visits.row[rows]
    blocked = visits.result[rows] == Result.BLOCKED
    began = log.began[row]
    ended = np.where(np.isnan(log.ended[row]), plan.end, log.ended[row])
    held = ~blocked
    seconds = view.spread(line[held], began[held], ended[held], size)
    most = np.array([deepest(began[held & (line == i)], ended[held & (line == i)], view.edges) for i in range(size)])
    most = most.reshape(seconds.shape)
    lasted = np.broadcast_to(view.lasted, seconds.shape)
    for kpi, num, den in ((USED, seconds, lasted), (SHARE, seconds, lasted * plan.lines[:, None])):
        yield Part(kpi.name, "lines", num.sum(axis=1), den.sum(axis=1))
        yield Part(kpi.name, "lines_interval", num.reshape(-1), den.reshape(-1))
    yield Part(MOST.name, "lines", most[:, view.first :].max(axis=1, initial=0.0), np.ones(size))
    yield Part(MOST.name, "lines_interval", most.reshape(-1), np.ones(most.size))

    before = np.maximum(rows - 1, 0)
    again = (rows > 0) & (visits.customer[before] == visits.customer[rows]) & (of[before] == line)
    again &= visits.result[before] != Result.BLOCKED
    interval = np.searchsorted(view.edges, began, side="right") - 1
    asked = ~again & (interval >= view.first) & (interval < plan.intervals)
    cell = line * plan.intervals + interval
    tries, failures = (
        np.bincount(cell[which], minlength=size * plan.intervals).astype(np.float64)
        for which in (asked, asked & blocked)
    )
    per_line = failures.reshape(seconds.shape).sum(axis=1), tries.reshape(seconds.shape).sum(axis=1)
    yield Part(BLOCKING.name, "lines", *per_line)
    yield Part(BLOCKING.name, "lines_interval", failures, tries)
