"""Agents busy at once, by clock time (not by arrival).

An agent is busy while holding at least one contact, as for the occupancy, and present while on duty, and after it until
the last contact is finished.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.kpis.dimensions import Dimension
from sim.kpis.model import OF_THE_RUN, Kpi, KpiValues
from sim.kpis.timeline.agent_time import busy_spans
from sim.kpis.timeline.means_over_time import WITHIN_HOURS, means_over_time
from sim.kpis.timeline.time_slice import TimeSlice

__all__ = ["KPIS", "watch"]

BY_GROUP: tuple[Dimension, ...] = ("group", "group_interval")

MOST = Kpi(
    "max_busy_agents",
    "Most agents busy",
    "agents",
    None,
    "The largest number of agents busy at once." + OF_THE_RUN,
    BY_GROUP,
)
ALL = Kpi(
    "all_busy",
    "All agents busy",
    "share",
    None,
    "Time in which every agent who is present is busy / time in which any agent is present.",
    BY_GROUP,
)

MEAN = Kpi(
    "busy_agents",
    "Agents busy",
    "agents",
    None,
    "Mean number of agents busy." + WITHIN_HOURS,
    BY_GROUP,
)

KPIS = (MEAN, MOST, ALL)


def watch(time_slice: TimeSlice) -> Iterator[KpiValues]:
    """Follow how many agents are present, and how many are busy."""
    plan, presence = time_slice.plan, time_slice.log.presence
    groups = len(plan.groups)
    group, begin, end = busy_spans(time_slice)
    most = time_slice.deepest(group, begin, end, groups)
    yield KpiValues(MOST.name, "group", most.max(axis=1, initial=0.0), is_largest=True)
    seconds, lasted = time_slice.spread(group, begin, end, groups), time_slice.lasted
    yield from means_over_time(plan, MEAN, "group", seconds, np.broadcast_to(lasted, seconds.shape))
    yield KpiValues(MOST.name, "group_interval", most.reshape(-1), is_largest=True)

    left = np.where(np.isnan(presence.left), plan.end, presence.left)
    came, left = time_slice.clip(presence.came, left)
    within = came < left
    came, left, of_group = came[within], left[within], presence.group[within].astype(np.int64)
    busy = begin < end
    group, begin, end = group[busy], begin[busy], end[busy]
    changes = [(+1.0, 0.0, begin), (-1.0, 0.0, end), (0.0, +1.0, came), (0.0, -1.0, left)]  # busy, present, instants
    time = np.concatenate([instants for *_, instants in changes])
    code = np.concatenate([group, group, of_group, of_group])
    order = np.lexsort((time, code))
    time, code = time[order], code[order]
    numbers = (np.repeat([change[row] for change in changes], [len(change[2]) for change in changes]) for row in (0, 1))
    number_busy, number_present = (np.cumsum(number[order]) for number in numbers)
    lasting = np.flatnonzero(code[1:] == code[:-1])  # changes after which the group has another one
    present = lasting[number_present[lasting] > 0.0]
    full = present[number_busy[present] >= number_present[present]]
    all_busy, anybody = (time_slice.spread(code[rows], time[rows], time[rows + 1], groups) for rows in (full, present))
    yield KpiValues(ALL.name, "group", all_busy.sum(axis=1), anybody.sum(axis=1))
    yield KpiValues(ALL.name, "group_interval", all_busy.reshape(-1), anybody.reshape(-1))
