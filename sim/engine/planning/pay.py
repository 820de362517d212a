"""Pay of agents as arrays: what is paid beside the time on the queue."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.core.headcounts import decimal_of, on_duty, rounded
from sim.core.units import DAY
from sim.engine.plan import Away, Pay
from sim.engine.planning.arrays import f8, i4
from sim.engine.planning.crews import per_interval, shift_spans
from sim.scenario.resources import Agents
from sim.scenario.schema import Run, Scenario

__all__ = ["pay"]


def pay(groups: Sequence[Agents], scenario: Scenario, end: float) -> Pay:
    """Return the pay of groups of agents as arrays."""
    spans = [
        _paid_activities(number, group, end) if group.shifts else _paid_shrinkage(number, group, scenario.run, end)
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


def _paid_activities(number: int, group: Agents, end: float) -> Away:
    """Return the paid activities off the queue of each agent on shifts."""
    spans = [span[:4] for span in shift_spans(group, end) if span[4] is not None and span[4].is_paid]
    agent, day, begin, until = zip(*spans, strict=True) if spans else ((), (), (), ())
    return Away(i4([number] * len(spans)), i4(agent), i4(day), f8(begin), f8(until), f8([1.0] * len(spans)))


def _paid_shrinkage(number: int, group: Agents, run: Run, end: float) -> Away:
    """Return the agents of a headcount who are paid and not available, interval by interval."""
    paid = group.paid.shrinkage and group.shrinkage
    away = f8(_away(group, scheduled) for scheduled in (per_interval(group.staff, run) if paid else ()))
    days = np.arange(math.ceil(end / DAY))
    begin = run.hours[0] + run.interval * np.arange(len(away)) + DAY * days[:, None]
    day, interval = np.nonzero(np.broadcast_to(away > 0, begin.shape))
    group_numbers, nobody = np.full(len(day), number, np.int32), np.full(len(day), -1, np.int32)
    begins = begin[day, interval]
    return Away(group_numbers, nobody, (day + 1).astype(np.int32), begins, begins + run.interval, away[interval])


def _away(group: Agents, scheduled: float) -> float:
    present = on_duty(scheduled, group.shrinkage)
    return float(decimal_of(scheduled) - (rounded(present) if group.rounding == "half_up" else present))
