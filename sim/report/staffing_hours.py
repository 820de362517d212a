"""Hours and cost of headcounts by group: on duty, scheduled and paid with the shrinkage, and what these cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.units import HOUR
from sim.experiment.staffing.grid import Grid
from sim.report.number_format import number

__all__ = ["GroupHours", "group_hours", "shrinkage_sentence"]


class GroupHours(NamedTuple):
    """Agent-hours of a group: on duty, scheduled for them with its shrinkage, and paid; price and cost of the paid."""

    group: str
    on_duty: float
    shrinkage: float
    scheduled: float
    paid: float
    price: float
    cost: float


def group_hours(grid: Grid, counts: NDArray[np.int64]) -> list[GroupHours]:
    """Return the hours and the cost of each free group.

    Parameters
    ----------
    grid
        Of the groups.
    counts
        [free groups, intervals] agents on duty.
    """
    hours = grid.plan.interval / HOUR
    rows = []
    for name, group, price, own in zip(grid.names, grid.agents, grid.price.tolist(), counts, strict=True):
        on_duty = float(own.sum()) * hours
        scheduled = on_duty / (1.0 - group.shrinkage)
        paid = scheduled if group.paid.shrinkage else on_duty
        cost = float((price * own).sum())
        rows.append(GroupHours(name, on_duty, group.shrinkage, scheduled, paid, cost / paid if paid else 0.0, cost))
    return rows


def shrinkage_sentence(grid: Grid, counts: NDArray[np.int64]) -> str:
    """Return how many hours are scheduled for those on duty; empty where no group has shrinkage.

    Parameters
    ----------
    grid, counts
        As for `group_hours`.
    """
    rows = group_hours(grid, counts)
    if not any(row.shrinkage for row in rows):
        return ""
    alike = len({row.shrinkage for row in rows}) == 1
    shares = [f"{'' if alike else row.group + ' '}{100 * row.shrinkage:g} %" for row in (rows[:1] if alike else rows)]
    on_duty, scheduled, paid = (sum(part) for part in zip(*((row[1], row[3], row[4]) for row in rows), strict=True))
    unpaid = f", of which {number(paid)} are paid" if paid < scheduled else ""
    return (
        f"With a shrinkage of {', '.join(shares)}, {number(on_duty)} agent-hours on duty take {number(scheduled)} "
        f"scheduled{unpaid}: agents on duty / (1 - shrinkage), on average over the days."
    )
