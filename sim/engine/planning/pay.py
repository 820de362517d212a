"""Pay of agents as arrays: what is paid beside the time on the queue."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from sim.core.headcounts import exact, on_duty, rounded
from sim.core.units import DAY
from sim.engine.plan import Away, Pay
from sim.engine.planning.arrays import f8, i4
from sim.engine.planning.crews import per_interval, shift_spans
from sim.scenario.resources import Agents
from sim.scenario.schema import Run, Scenario

__all__ = ["pay"]

_Span = tuple[int, int, float, float, float]  # agent, day (from 1), from, until, how many


def pay(groups: Sequence[Agents], scenario: Scenario, end: float) -> Pay:
    """Return the pay of groups of agents as arrays."""
    rows = [
        (number, *span)
        for number, group in enumerate(groups)
        for span in (_paid_activities(group, end) if group.shifts else _paid_shrinkage(group, scenario.run, end))
    ]
    group, agent, day, begin, until, agents = zip(*rows, strict=True) if rows else ((), (), (), (), (), ())
    return Pay(
        full_time=scenario.full_time_hours.hours,
        overtime=f8(group.overtime_factor for group in groups),
        absence=i4(group.paid.absence for group in groups),
        lateness=i4(group.paid.lateness for group in groups),
        away=Away(i4(group), i4(agent), i4(day), f8(begin), f8(until), f8(agents)),
    )


def _paid_activities(group: Agents, end: float) -> Iterator[_Span]:
    """Yield the paid activities off the queue of each agent on shifts."""
    for agent, day, begin, until, activity in shift_spans(group, end):
        if activity is not None and activity.is_paid:
            yield agent, day, begin, until, 1.0


def _paid_shrinkage(group: Agents, run: Run, end: float) -> Iterator[_Span]:
    """Yield the agents of a headcount who are paid and not available, interval by interval."""
    if not (group.paid.shrinkage and group.shrinkage):
        return
    away = [_away(group, scheduled) for scheduled in per_interval(group.staff, run)]
    for day in range(math.ceil(end / DAY)):
        for interval, agents in enumerate(away):
            begin = day * DAY + run.hours[0] + interval * run.interval
            if agents > 0:
                yield -1, day + 1, begin, begin + run.interval, agents


def _away(group: Agents, scheduled: float) -> float:
    present = on_duty(scheduled, group.shrinkage)
    return float(exact(scheduled) - (rounded(present) if group.rounding == "half_up" else present))
