"""Pay of agents as arrays: what is paid beside the time on the queue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from sim.core.headcounts import decimal_of, on_duty, rounded
from sim.engine.plan_tables import Away, Pay
from sim.engine.planning.arrays import f8, i4
from sim.engine.planning.crews import part_of_interval, scheduled_agents, shift_spans
from sim.scenario.resources import Agents
from sim.scenario.run_days import days_until
from sim.scenario.schema import Scenario

__all__ = ["pay"]

_NOBODY, _OF_A_PART = -1, -2


def pay(groups: Sequence[Agents], scenario: Scenario, end: float) -> Pay:
    """Return the pay of groups of agents as arrays."""
    spans = [
        _paid_activities(number, group, scenario, end)
        if group.shifts
        else _paid_shrinkage(number, group, scenario, end)
        for number, group in enumerate(groups)
    ]
    empty = Away(i4(()), i4(()), i4(()), f8(()), f8(()), f8(()))
    return Pay(
        full_time=scenario.full_time_hours.hours,
        overtime=f8(group.overtime_factor for group in groups),
        absence=i4(group.paid.absence for group in groups),
        lateness=i4(group.paid.lateness for group in groups),
        away=Away._make(np.concatenate(columns) for columns in zip(empty, *spans, strict=True)),
    )


def _paid_activities(number: int, group: Agents, scenario: Scenario, end: float) -> Away:
    """Return the paid activities off the queue of each agent on shifts."""
    every_span = shift_spans(group, scenario, end)
    spans = [span[:4] for span in every_span if span[4] is not None and span[4].is_paid]
    agent, day, begin, until = zip(*spans, strict=True) if spans else ((), (), (), ())
    return Away(i4([number] * len(spans)), i4(agent), i4(day), f8(begin), f8(until), f8([1.0] * len(spans)))


def _paid_shrinkage(number: int, group: Agents, scenario: Scenario, end: float) -> Away:
    """Return the agents of a headcount who are paid and not available, interval by interval."""
    run, paid = scenario.run, group.paid.shrinkage and group.shrinkage
    away = cache(lambda scheduled: list(_away(group, scheduled, run.interval)))
    rows = [
        (
            agent,
            day.day,
            day.opens + (interval * run.interval + begin),
            day.opens + (interval * run.interval + until),
            agents,
        )
        for day in (days_until(run, scenario.calendar, end) if paid else ())
        for interval, scheduled in enumerate(scheduled_agents(group, scenario.calendar, day))
        for begin, until, agent, agents in away(scheduled)
    ]
    agent, days, begins, ends, agents = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Away(np.full(len(rows), number, np.int32), i4(agent), i4(days), f8(begins), f8(ends), f8(agents))


def _away(group: Agents, scheduled: float, interval: float) -> Iterator[tuple[float, float, int, float]]:
    """Yield from when until when in an interval agents are away, whose kind (see `Away.agent`), and how many.

    Where fractions are spread, those of the agents who are paid are spread as those of the agents on duty are.
    """
    paid, present = decimal_of(scheduled), on_duty(scheduled, group.shrinkage)
    if group.rounding == "half_up":
        if paid > rounded(present):
            yield 0.0, interval, _NOBODY, float(paid - rounded(present))
        return
    paid_part, part = part_of_interval(paid, interval), part_of_interval(present, interval)
    for begin, until in pairwise(sorted({0.0, paid_part, part, interval})):
        away = int(paid) + (begin < paid_part) - int(present) - (begin < part)
        if away and 0 < part <= begin:
            yield begin, until, _OF_A_PART, 1.0
            away -= 1
        if away:
            yield begin, until, _NOBODY, float(away)
