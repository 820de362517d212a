"""Requirements that no headcounts within the limits can keep, and the agents that it would take."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.experiment.staffing.evaluation import Days
from sim.experiment.staffing.search import Candidate, Search

__all__ = ["Unreachable", "find_unreachable"]

I8 = NDArray[np.int64]


@dataclass(frozen=True)
class Unreachable:
    """A requirement that does not hold with all agents that the limits allow.

    Parameters
    ----------
    row
        Of the requirements.
    value
        What its KPI is then.
    needed
        Group, interval and agents with which it would hold; empty where no number of agents is enough.
    """

    row: int
    value: float
    needed: tuple[tuple[int, int, int], ...]


def find_unreachable(search: Search, ample: I8) -> tuple[Unreachable, ...]:
    """Return the requirements that do not hold though every group has all the agents that it may have.

    Parameters
    ----------
    search
        Its days and limits.
    ample
        Headcounts with which nobody waits for an agent, whatever the limits.
    """
    days = search.sample
    most = days.grid.most
    outcome = days.outcome(most)
    missed = np.flatnonzero(outcome.slack < 0)
    if not len(missed):
        return ()
    num, den = (sums.sum(axis=0) for sums in outcome.sums)
    more = _raised(search, days, np.maximum(most, ample))
    counts = more.counts if more is not None else most
    changed = counts > most
    unreachable = []
    for row in missed.tolist():
        touched = changed & search.touches[row].reshape(changed.shape)
        needed = tuple(
            (int(group), int(interval), int(counts[group, interval]))
            for group, interval in zip(*np.nonzero(touched), strict=True)
        )
        reached = more is not None and bool(more.outcome.slack[row] >= 0)
        unreachable.append(Unreachable(row, float(num[row] / den[row]), needed if reached else ()))
    return tuple(unreachable)


def _raised(search: Search, days: Days, ample: I8) -> Candidate | None:
    """Return headcounts above the limits with which the requirements hold; None where the limits are not the reason."""
    if (ample == days.grid.most).all():
        return None
    free = days.with_grid(replace(days.grid, most=ample))
    raised = Search(free, free, search.reach, lambda _candidate: None)
    return raised.climb(raised.evaluate(days.grid.most))
