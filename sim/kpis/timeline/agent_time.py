"""Agent time: how long agents hold contacts, are busy, and are present."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Plan
from sim.kpis.timeline.time_slice import TimeSlice
from sim.numerics.intervals import united

__all__ = ["AgentTime", "busy_spans", "find_agent_time"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


class AgentTime(NamedTuple):
    """Seconds, each [groups, intervals + 1]: the last are those after the last interval, of the last day's overtime."""

    slots: F8  # of all contacts held, times the places that each takes
    busy: F8  # in which agents hold a contact
    present: F8  # in which agents are on duty, or finish contacts after their shift
    overtime: F8  # of it, beyond those on duty


def find_agent_time(time_slice: TimeSlice) -> AgentTime:
    """Add up the agents' time."""
    plan, served = time_slice.plan, time_slice.contact_spans.served
    group, (begin, end) = served.group, time_slice.clip(served.begin, served.end)
    places = _places(plan)
    weight = None if (places == 1).all() else places[group, served.queue]
    slots = time_slice.spread_with_end(group, begin, end, weight=weight)
    single = not (plan.group_concurrency > 1).any()
    busy = slots if weight is None and single else time_slice.spread_with_end(*busy_spans(time_slice))
    over, since, until, number = time_slice.overtime
    overtime = time_slice.spread_with_end(over, since, until, weight=number)
    present = overtime.copy()
    present[:, :-1] += time_slice.staffed
    return AgentTime(slots, busy, present, overtime)


def busy_spans(time_slice: TimeSlice) -> tuple[I8, F8, F8]:
    """Return group, begin and end of the spans in which an agent is busy; those of one agent do not overlap."""
    plan, served = time_slice.plan, time_slice.contact_spans.served
    group, (begin, end) = served.group, time_slice.clip(served.begin, served.end)
    # Agents with one contact at a time are busy exactly while they hold it: only the spans of others can overlap.
    overlap = plan.group_concurrency > 1
    if not overlap.any():
        return group, begin, end
    several, single = np.flatnonzero(overlap[group]), np.flatnonzero(~overlap[group])
    agents = int(served.agent.max(initial=0)) + 1
    several = several[np.argsort(begin[several], kind="stable")]  # nearly in order, mostly
    code = group[several] * agents + served.agent[several]
    code, first, last = united(code, begin[several], end[several], len(plan.groups) * agents)
    group = np.concatenate([group[single], code // agents])
    return group, np.concatenate([begin[single], first]), np.concatenate([end[single], last])


@lru_cache(maxsize=16)  # each replication of a plan asks again
def _places(plan: Plan) -> F8:
    """Return how many places a contact takes, [groups, queues]."""
    places = np.ones((len(plan.groups), len(plan.queues)))
    group = np.repeat(np.arange(len(plan.groups)), np.diff(plan.group_queues_ptr))
    places[group, plan.group_queues] = plan.crews.takes
    return places
