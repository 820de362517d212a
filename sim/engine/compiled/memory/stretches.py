"""Stretches in which agents are there: room for all of them, the table that they become, and what a block forgets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import Presence
from sim.engine.plan import Plan

__all__ = ["forget_stretches", "most_stretches", "presence_of"]


def most_stretches(plan: Plan) -> int:
    """Return how often agents come on duty at most, in a whole run."""
    counts = plan.staff_count.astype(np.int64)
    before = np.concatenate([np.zeros(1, np.int64), counts[:-1]])[: len(counts)]
    before[plan.staff_ptr[:-1][np.diff(plan.staff_ptr) > 0]] = 0
    return int(np.maximum(counts - before, 0).sum()) + len(plan.shifts.group)


def presence_of(stretches: NDArray[np.void], first_agents: NDArray[np.int64]) -> Presence:
    """Return stretches, in order of their begin, as a table.

    Parameters
    ----------
    stretches
        Records `Stretch`.
    first_agents
        The first agent of each group.
    """
    agent = np.ascontiguousarray(stretches["agent"])
    order = np.argsort(agent, kind="stable")
    agent = agent[order]
    firsts = np.ascontiguousarray(first_agents)
    group = np.searchsorted(firsts, agent, side="right") - 1
    number = agent - firsts[group]
    columns = (group.astype(np.int32), number.astype(np.int32), stretches["came"][order], stretches["left"][order])
    return Presence(*columns)


def forget_stretches(stretches: NDArray[np.void], count: int, now: float, agents: NDArray[Any]) -> int:
    """Forget the stretches that are over, which agents cannot prolong any more; return how many are left.

    Parameters
    ----------
    stretches, count
        Records `Stretch`, and how many there are.
    now
        The instant that the run has reached.
    agents
        Records `Agent`.
    """
    kept = stretches[:count][~(stretches["left"][:count] < now)]
    stretches[: len(kept)] = kept
    agents["stretch"] = -1
    agents["stretch"][kept["agent"]] = np.arange(len(kept))
    return len(kept)
