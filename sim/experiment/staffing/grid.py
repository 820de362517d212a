"""Headcounts that a search may choose: of which groups, in which intervals, between which limits, at which price.

A plan with other headcounts differs from the first in three arrays, so nothing is planned or drawn anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_UP, Decimal
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.headcounts import decimal_of, rounded
from sim.engine.plan import Plan
from sim.engine.planning.arrays import f8, i4
from sim.scenario import Scenario
from sim.scenario.resources import Agents
from sim.scenario.run_days import RunDay, days_until, run_day

__all__ = ["Grid", "day_rows", "grid_of", "scheduled"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_WEEK = 7
_NOBODY = -1
_HALF, _FINE = Decimal("0.5"), Decimal("1e-10")
_FREE_OF_CHARGE = 1e-3  # of the least price: nobody is staffed without need where agents cost nothing


class _Layout(NamedTuple):
    """When a headcount may change, and the interval whose number applies from then on; `_NOBODY` outside the hours."""

    time: F8
    interval: I8


@dataclass(frozen=True, eq=False)
class Grid:
    """Headcounts that a search may choose, each [free groups, intervals].

    Parameters
    ----------
    plan
        Of the scenario; the other groups stay as they are in it.
    groups
        Numbers of the free groups.
    least, most
        Limits of the agents on duty; both are 0 where nobody can be scheduled.
    agents
        The free groups, as the scenario has them.
    price
        [free groups] of an agent on duty for an interval, with those who are paid and away (shrinkage).
    has_price
        Whether the scenario says what agents cost; otherwise each costs 1 an hour.
    layout
        Of the changes of a headcount.
    """

    plan: Plan
    groups: tuple[int, ...]
    least: I8
    most: I8
    agents: tuple[Agents, ...]
    price: F8
    has_price: bool
    layout: _Layout

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the free groups."""
        return tuple(self.plan.groups[group] for group in self.groups)

    def cost_of(self, counts: I8) -> float:
        """Return what headcounts cost, with all who have to be paid for them."""
        return float(sum((price * row).sum() for price, row in zip(self.price, counts, strict=True)))

    def plan_with(self, counts: I8) -> Plan:
        """Return the plan with other headcounts. Its pay is that of the scenario."""
        plan, rows = self.plan, dict(zip(self.groups, counts, strict=True))
        changes = [
            _changes(self.layout, rows[group]) if group in rows else _present_changes(plan, group)
            for group in range(len(plan.groups))
        ]
        return replace(
            plan,
            staff_ptr=i4(np.cumsum([0, *(len(time) for time, _ in changes)])),
            staff_time=f8(np.concatenate([time for time, _ in changes])),
            staff_count=i4(np.concatenate([count for _, count in changes])),
        )


def grid_of(scenario: Scenario, plan: Plan, groups: Sequence[int], least: I8, most: I8) -> Grid:
    """Return the headcounts that a search may choose.

    Parameters
    ----------
    scenario, plan
        Of the groups.
    groups
        Numbers of the free groups, whose staff are headcounts.
    least, most
        [free groups, intervals], wanted limits.
    """
    layout = _layout(scenario, plan)
    used = np.isin(np.arange(plan.intervals), layout.interval)
    agents = tuple(scenario.agents[plan.groups[group]] for group in groups)
    rates = np.array([group.cost for group in agents], dtype=np.float64)
    has_price = bool((rates > 0).any())
    rates = np.maximum(rates, rates[rates > 0].min() * _FREE_OF_CHARGE) if has_price else np.ones(len(groups))
    rates *= plan.interval / 3600.0
    return Grid(
        plan,
        tuple(groups),
        np.where(used, least, 0),
        np.where(used, most, 0),
        agents,
        rates * [_paid(group) for group in agents],
        has_price,
        layout,
    )


def scheduled(agents: Sequence[int], group: Agents) -> list[Decimal]:
    """Return how many agents to schedule in each interval so that these numbers are on duty, in spite of the shrinkage.

    Several numbers of whole agents may leave as many on duty: 2 scheduled less 20 % are 1.6, and 3 are 2.4, which both
    count as 2. The fewest would get shrinkage for nothing, so what rounding takes in one interval it gives in others,
    and all together are near agents on duty / (1 - shrinkage).

    Parameters
    ----------
    agents
        On duty in each interval.
    group
        Has the shrinkage, and whether whole agents are scheduled.
    """
    present = 1 - decimal_of(group.shrinkage)
    if group.rounding == "spread":
        return [(Decimal(wanted) / present).quantize(_FINE, ROUND_UP) for wanted in agents]
    chosen, owed = [], Decimal(0)
    for wanted in map(Decimal, agents):
        fewest = max(((wanted - _HALF) / present).to_integral_value(ROUND_CEILING), Decimal(0))
        most = ((wanted + _HALF) / present).to_integral_value(ROUND_CEILING) - 1
        owed += wanted / present
        chosen.append(min(max(rounded(owed), fewest), most) if wanted else wanted)
        owed -= chosen[-1]
    return chosen


def _paid(group: Agents) -> float:
    """Return how many agents are paid for each who is on duty."""
    return 1.0 / (1.0 - group.shrinkage) if group.paid.shrinkage else 1.0


def _layout(scenario: Scenario, plan: Plan) -> _Layout:
    run, calendar = scenario.run, scenario.calendar
    days = [*days_until(run, calendar, plan.end)]
    days.append(run_day(run, calendar, len(days) + 1))
    numbers = {day.day: _intervals(plan, day) for day in days[: run.days]}
    rows: list[tuple[float, int]] = []
    for day, following in pairwise(days):
        of_day = numbers.get(_repeated(day.day, run.days), {})
        rows += [
            (day.opens + number * run.interval, of_day.get(slot, _NOBODY))
            for number, slot in enumerate(day.slots.tolist())
        ]
        if not (len(following.slots) and following.opens <= day.closes):
            rows.append((day.closes, _NOBODY))
    time, interval = zip(*rows, strict=True)
    return _Layout(np.array(time), np.array(interval, dtype=np.int64))


def _intervals(plan: Plan, day: RunDay) -> dict[int, int]:
    """Return by the number of each interval by the clock the first interval of the run that shows it."""
    first = round((day.opens - plan.origin) / plan.interval)
    numbers: dict[int, int] = {}
    for number, slot in enumerate(day.slots.tolist(), start=first):
        if 0 <= number < plan.intervals:
            numbers.setdefault(slot, number)
    return numbers


def _repeated(day: int, days: int) -> int:
    """Return the day of the run whose headcounts a day has: one after the run has those of its weekday, if any."""
    return day if day <= days or days > _WEEK else 1 if days == 1 else (day - 1) % _WEEK + 1


def _changes(layout: _Layout, counts: I8) -> tuple[F8, I8]:
    """Return the changes of a headcount."""
    values = np.append(counts, 0)[layout.interval]  # the last one stands for nobody
    changed = np.flatnonzero(np.diff(values, prepend=0))
    return layout.time[changed], values[changed]


def _present_changes(plan: Plan, group: int) -> tuple[F8, I8]:
    rows = slice(plan.staff_ptr[group], plan.staff_ptr[group + 1])
    return plan.staff_time[rows], plan.staff_count[rows].astype(np.int64)


def day_rows(scenario: Scenario, plan: Plan) -> Iterator[tuple[RunDay, dict[int, int]]]:
    """Yield each day of the run, and the intervals by the number that they have by the clock.

    Parameters
    ----------
    scenario, plan
        Of the run.
    """
    for day in range(1, scenario.run.days + 1):
        of_run = run_day(scenario.run, scenario.calendar, day)
        yield of_run, _intervals(plan, of_run)
