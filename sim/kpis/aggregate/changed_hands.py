"""Work that changed hands: interrupted contacts that agents of one group began and those of another finished."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import Log
from sim.engine.plan import Plan, Result
from sim.kpis.interruptions import find_interruption_rows
from sim.kpis.intervals import counted_intervals

__all__ = ["work_of_others"]

F8 = NDArray[np.float64]


def work_of_others(plan: Plan, log: Log) -> F8:
    """Return the seconds that groups worked on handled contacts which another group finished.

    Parameters
    ----------
    plan, log
        What was planned, and all touchpoints of some customers.

    Returns
    -------
    ndarray
        [groups, intervals] in which the contacts began. What a group worked is added, and taken off the group that
        finished: so all groups together have 0.
    """
    seconds = np.zeros((len(plan.groups), plan.intervals))
    row, group, _, until, goes_on = find_interruption_rows(plan, log)
    if not len(row):
        return seconds
    is_first = np.append(True, row[1:] != row[:-1])
    since = np.where(is_first, log.started[row], np.append(0.0, goes_on[:-1]))
    interval = counted_intervals(plan, log.began[row], log.started[row])
    counts = (interval >= 0) & (log.result[row] == Result.HANDLED)
    moved = np.flatnonzero(counts & (group != log.group[row]))
    worked = until[moved] - since[moved]
    np.add.at(seconds, (group[moved], interval[moved]), worked)
    np.subtract.at(seconds, (log.group[row[moved]], interval[moved]), worked)
    return seconds
