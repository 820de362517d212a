"""Breaks, shrinkage and utilisation: what agents are paid for beside serving customers, by clock time.

Paid time here is that of `paid_hours`, and unpaid overtime in addition. What is after the last interval counts as for
`overtime_hours`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.kpis.aggregate.cube import Ratio, agent_cells, agent_cube
from sim.kpis.dimensions import BY_AGENT
from sim.kpis.model import Kpi
from sim.kpis.timeline.agent_time import find_agent_time
from sim.kpis.timeline.paid_time import find_paid_time, find_regular_time
from sim.kpis.timeline.time_slice import TimeSlice, outside_run

__all__ = ["KPIS", "watch"]

F8 = NDArray[np.float64]

BREAKS = Kpi(
    "break_hours",
    "Breaks after contacts",
    "h",
    None,
    "Agent-hours on the breaks that agents take after contacts (`breaks`), from the end of the after-call work on.",
    BY_AGENT,
    of_duty=True,
)
AWAY = Kpi(
    "off_queue_hours",
    "Paid hours off the queue",
    "h",
    None,
    "Agent-hours that are paid away from the queues as planned: paid activities `off` of shifts, such as breaks and"
    " training, and paid `shrinkage` of a headcount. Breaks after contacts are not in it.",
    BY_AGENT,
    of_duty=True,
)
SHRINKAGE = Kpi(
    "shrinkage",
    "Shrinkage",
    "share",
    None,
    "1 - (time present - breaks after contacts) / paid time: the share of the paid time in which agents are not"
    " available to customers, because of activities off the queue, shrinkage, absence, lateness and breaks.",
    BY_AGENT,
    of_duty=True,
)
UTILISATION = Kpi(
    "utilisation",
    "Utilisation",
    "share",
    None,
    "Busy time / paid time. It is the occupancy times the share of the paid time in which agents are present.",
    BY_AGENT,
    of_duty=True,
)

KPIS = (BREAKS, AWAY, SHRINKAGE, UTILISATION)


def watch(time_slice: TimeSlice) -> Iterator[Ratio]:
    """Compare breaks, and busy time, with the paid time."""
    plan, cube, time = time_slice.plan, agent_cube(time_slice.plan), find_agent_time(time_slice)
    outside = outside_run(time_slice)
    limited = (plan.crews.unlimited == 0)[:, None]
    breaks, busy = (agent_cells(plan, seconds * limited) for seconds in (_breaks(time_slice), time.busy))
    away = agent_cells(plan, _away(time_slice), [None if span is None else _away(span)[:, 0] for span in outside])
    staffed = [None if span is None else span.staffed[:, 0] for span in outside]
    present = agent_cells(plan, time.present * limited, staffed)
    paid = find_paid_time(time_slice)
    regular = [None if span is None else find_regular_time(span)[0][:, 0] for span in outside]
    used = agent_cells(plan, paid.regular - paid.doubled, regular) + agent_cells(plan, time.overtime * limited)
    yield cube.ratio(BREAKS, breaks / 3600.0)
    yield cube.ratio(AWAY, away / 3600.0)
    yield cube.ratio(SHRINKAGE, used - present + breaks, used)
    yield cube.ratio(UTILISATION, busy, used)


def _breaks(time_slice: TimeSlice) -> F8:
    """Return the seconds of breaks that begin within the slice, [groups, intervals + 1].

    They count in the slice in which they begin, also beyond its end: the log forgets who has left.
    """
    log = time_slice.log
    rests = (log.rested > 0.0) & (log.freed >= time_slice.begin) & (log.freed < time_slice.end)
    end = np.minimum(log.freed[rests] + log.rested[rests], time_slice.plan.end)
    whole = replace(time_slice, begin=-np.inf, end=np.inf)
    return whole.spread_with_end(log.group[rests].astype(np.int64), log.freed[rests], end)


def _away(time_slice: TimeSlice) -> F8:
    """Return the seconds that are paid away from the queues, [groups, intervals]."""
    _, away = find_regular_time(time_slice)
    group = away.group.astype(np.int64)
    return time_slice.spread(group, away.begin, away.until, len(time_slice.plan.groups), weight=away.agents)
