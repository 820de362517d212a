"""Agents at work: how long they hold contacts, are busy, and are there."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kpis.timeline.spans import merge
from sim.kpis.timeline.staffing import always_there, overtime

if TYPE_CHECKING:
    from sim.engine.plan import Plan
    from sim.kpis.timeline.time_slice import Window

__all__ = ["Work", "work_of"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


class Work(NamedTuple):
    """Seconds, each [groups, intervals]."""

    slots: F8  # of all contacts held, times the places that they take
    busy: F8  # in which agents hold any
    present: F8  # in which agents are on duty, or finish what they hold afterwards


def work_of(window: Window) -> Work:
    """Add up the agents' time.

    Parameters
    ----------
    window
        When.
    """
    plan, them, size = window.plan, window.holdings.served, len(window.plan.groups)
    group, (begin, end) = them.group, window.clip(them.begin, them.end)
    places = _places(plan)
    weight = None if (places == 1).all() else places[group, them.queue]
    slots = window.spread(group, begin, end, size, weight=weight)
    # Who holds one contact at a time is busy exactly while they hold it: only the others' spans can overlap.
    overlap = _may_overlap(plan)
    if overlap.any():
        many, one = np.flatnonzero(overlap[group]), np.flatnonzero(~overlap[group])
        agents = int(them.agent.max(initial=0)) + 1
        code, first, last = merge(group[many] * agents + them.agent[many], begin[many], end[many])
        group = np.concatenate([group[one], code // agents])
        begin, end = np.concatenate([begin[one], first]), np.concatenate([end[one], last])
    busy = slots if weight is None and not overlap.any() else window.spread(group, begin, end, size)
    return Work(slots, busy, window.staffed + _beyond(window, group, begin, end))


def _beyond(window: Window, group: I8, begin: F8, end: F8) -> F8:
    """Return the seconds that agents are busy beyond those on duty."""
    size, since, agents = len(window.plan.groups), begin.min(initial=np.inf), window.holdings.agents
    perhaps = agents > always_there(window.duty, size, since)
    if not perhaps.any():
        return np.zeros((size, window.plan.intervals))
    rows = slice(None) if perhaps.all() else perhaps[group]
    group, begin, end, number = overtime(window.duty, group[rows], begin[rows], end[rows], size)
    return window.spread(group, begin, end, size, weight=number)


@lru_cache(maxsize=16)  # each replication of a plan asks again
def _places(plan: Plan) -> F8:
    """Return how many places a contact takes, [groups, queues]."""
    places = np.ones((len(plan.groups), len(plan.queues)))
    group = np.repeat(np.arange(len(plan.groups)), np.diff(plan.group_queues_ptr))
    places[group, plan.group_queues] = plan.crews.takes
    return places


@lru_cache(maxsize=16)
def _may_overlap(plan: Plan) -> NDArray[np.bool_]:
    """Tell which groups' agents may have several contacts at once, or begin one while another is interrupted."""
    queues = np.repeat(np.arange(len(plan.groups)), np.diff(plan.group_queues_ptr))
    interrupting = np.bincount(queues[plan.crews.interrupts == 1], minlength=len(plan.groups)) > 0
    return (plan.group_concurrency > 1) | interrupting
