"""Paths through the journey graph: conditions, shares, the factor on patience; as `reference/paths.py`."""

from __future__ import annotations

import numpy as np

from sim.core.draws import Purpose
from sim.core.time_of_day import is_within
from sim.engine.compiled.clock import on_day, time_of_day
from sim.engine.compiled.draws import chance
from sim.engine.compiled.memory.records import Case, Customer, Visit
from sim.engine.compiled.memory.world import World, case_at, f8_at, i4_at, step_at
from sim.engine.effort import effort
from sim.engine.plan import EXITS, Result
from sim.jit.kernels import inner, numbers, part

__all__ = ["next_step", "patience_factor"]

_NOTIFIED, _ROUTE, _BY_NOTIFICATION = numbers(Result.NOTIFIED, Purpose.ROUTE, Purpose.NOTIFIED)
_points, _is_within = inner(effort), inner(is_within)
_ONE, _NOWHERE = np.uint64(1), np.uint64(63)


@part
def next_step(world: World, visit: Visit, customer: Customer, result: int) -> int:
    """Return the next step, or -1 - Outcome."""
    row = visit.step * EXITS + result
    index = int(i4_at(world.route_ptr)[row])
    while not _holds(world, visit, customer, case_at(world.cases, index)):
        index += 1
    case = case_at(world.cases, index)
    target = case.target_first
    if case.target_last - target > 1:
        purpose = _BY_NOTIFICATION if result == _NOTIFIED else _ROUTE
        u = chance(world, visit, purpose)
        while f8_at(world.shares)[target] < u:
            target += 1
    return int(i4_at(world.targets)[target])


@inner
def patience_factor(world: World, visit: Visit, customer: Customer) -> float:
    """Return what multiplies a customer's patience."""
    factor = f8_at(world.segment_patience)[customer.segment]
    step = step_at(world, visit.step)
    for row in range(step.impatience_first, step.impatience_last):
        case = case_at(world.impatience, row)
        if _holds(world, visit, customer, case):
            return factor * case.factor
    return factor


@inner
def _holds(world: World, visit: Visit, customer: Customer, case: Case) -> bool:
    return case.always or (
        (case.segments >> np.uint64(customer.segment)) & _ONE != 0
        and (case.channels >> (np.uint64(customer.came_from) if customer.came_from >= 0 else _NOWHERE)) & _ONE != 0
        and case.attempt_from <= visit.earlier + 1 < case.attempt_until
        and case.waited_from <= customer.waited < case.waited_until
        and (case.any_effort or case.effort_from <= _effort(world, customer) < case.effort_until)
        and (case.context < 0 or case.context == customer.kept)
        and (case.any_time or _is_time(world, case))
    )


@inner
def _is_time(world: World, case: Case) -> bool:
    """Return whether the time of day, and the day, are those of a case."""
    within = _is_within(time_of_day(world, world.now), case.time_from, case.time_until)
    return within and (case.days < 0 or on_day(world, case.days, world.now) != 0)


@inner
def _effort(world: World, customer: Customer) -> float:
    weights = f8_at(world.effort)
    return _points(
        weights,
        weights[0] * ((customer.waited - customer.elsewhere) / 60.0),
        max(customer.contacts - 1, 0),
        customer.switches,
        customer.abandonments,
        customer.repeats,
    )
