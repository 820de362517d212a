"""Agent time: how long agents hold contacts, are busy, and are present."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Plan
from sim.kpis.timeline.staffing import least_on_duty, overtime
from sim.kpis.timeline.time_slice import TimeSlice
from sim.numerics.intervals import united

__all__ = ["AgentTime", "find_agent_time"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


class AgentTime(NamedTuple):
    """Seconds, each [groups, intervals]."""

    slots: F8  # of all contacts held, times the places that each takes
    busy: F8  # in which agents hold a contact
    present: F8  # in which agents are on duty, or finish contacts after their shift


def find_agent_time(time_slice: TimeSlice) -> AgentTime:
    """Add up the agents' time."""
    plan, served, size = time_slice.plan, time_slice.contact_spans.served, len(time_slice.plan.groups)
    group, (begin, end) = served.group, time_slice.clip(served.begin, served.end)
    places = _places(plan)
    weight = None if (places == 1).all() else places[group, served.queue]
    slots = time_slice.spread(group, begin, end, size, weight=weight)
    # Agents with one contact at a time are busy exactly while they hold it: only the spans of others can overlap.
    overlap = _may_overlap(plan)
    if overlap.any():
        several, single = np.flatnonzero(overlap[group]), np.flatnonzero(~overlap[group])
        agents = int(served.agent.max(initial=0)) + 1
        several = several[np.argsort(begin[several], kind="stable")]  # nearly in order, mostly
        code = group[several] * agents + served.agent[several]
        code, first, last = united(code, begin[several], end[several], size * agents)
        group = np.concatenate([group[single], code // agents])
        begin, end = np.concatenate([begin[single], first]), np.concatenate([end[single], last])
    busy = slots if weight is None and not overlap.any() else time_slice.spread(group, begin, end, size)
    return AgentTime(slots, busy, time_slice.staffed + _overtime(time_slice, group, begin, end))


def _overtime(time_slice: TimeSlice, group: I8, begin: F8, end: F8) -> F8:
    """Return the seconds that agents are busy beyond those on duty."""
    size, first, agents = len(time_slice.plan.groups), begin.min(initial=np.inf), time_slice.contact_spans.agents
    perhaps = agents > least_on_duty(time_slice.staffing, size, first)
    if not perhaps.any():
        return np.zeros((size, time_slice.plan.intervals))
    rows = slice(None) if perhaps.all() else perhaps[group]
    group, begin, end, number = overtime(time_slice.staffing, group[rows], begin[rows], end[rows], size)
    return time_slice.spread(group, begin, end, size, weight=number)


@lru_cache(maxsize=16)  # each replication of a plan asks again
def _places(plan: Plan) -> F8:
    """Return how many places a contact takes, [groups, queues]."""
    places = np.ones((len(plan.groups), len(plan.queues)))
    group = np.repeat(np.arange(len(plan.groups)), np.diff(plan.group_queues_ptr))
    places[group, plan.group_queues] = plan.crews.takes
    return places


@lru_cache(maxsize=16)
def _may_overlap(plan: Plan) -> NDArray[np.bool_]:
    """Tell in which groups an agent may have several contacts at once, or begin one while another is interrupted."""
    queues = np.repeat(np.arange(len(plan.groups)), np.diff(plan.group_queues_ptr))
    interrupting = np.bincount(queues[plan.crews.interrupts == 1], minlength=len(plan.groups)) > 0
    return (plan.group_concurrency > 1) | interrupting
