"""Where a customer goes next: conditions, shares, and the factor on a customer's patience; as `reference/paths.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.draws import Purpose
from sim.engine.compiled.draws import chance
from sim.engine.compiled.memory.records import case_at, f8_at, i4_at, step_at
from sim.engine.plan import EXITS, Result
from sim.jit.kernels import inner, numbers, part

__all__ = ["next_step", "patience_factor"]

_NOTIFIED, _ROUTE, _BY_NOTIFICATION = numbers(Result.NOTIFIED, Purpose.ROUTE, Purpose.NOTIFIED)
_ONE, _NOWHERE = np.uint64(1), np.uint64(63)


@part
def next_step(world: Any, customer: Any, visit: Any, result: int) -> int:
    """Return the next step, or -1 - Outcome."""
    row = visit.step * EXITS + result
    case = int(i4_at(world.route_ptr)[row])
    while not _holds(world, customer, case_at(world.cases, case), visit.times):
        case += 1
    of = case_at(world.cases, case)
    target = of.first
    if of.last - target > 1:
        purpose = _BY_NOTIFICATION if result == _NOTIFIED else _ROUTE
        u = chance(world, visit, purpose)
        while f8_at(world.shares)[target] < u:
            target += 1
    return int(i4_at(world.targets)[target])


@inner
def patience_factor(world: Any, customer: Any, visit: Any) -> float:
    """Return what multiplies a customer's patience."""
    factor = f8_at(world.segment_patience)[customer.segment]
    of = step_at(world, visit.step)
    for index in range(of.impatience_first, of.impatience_last):
        case = case_at(world.impatience, index)
        if _holds(world, customer, case, visit.times):
            return factor * case.times
    return factor


@inner
def _holds(world: Any, customer: Any, case: Any, times: int) -> bool:
    return case.always or (
        (case.segments >> np.uint64(customer.segment)) & _ONE != 0
        and (case.channels >> (np.uint64(customer.came_from) if customer.came_from >= 0 else _NOWHERE)) & _ONE != 0
        and case.attempt_from <= times + 1 < case.attempt_until
        and case.waited_from <= customer.waited < case.waited_until
        and (case.any_effort or case.effort_from <= _effort(world, customer) < case.effort_until)
        and (case.context < 0 or case.context == customer.kept)
    )


@inner
def _effort(world: Any, customer: Any) -> float:
    weights = f8_at(world.effort)
    return (
        weights[0] * ((customer.waited - customer.elsewhere) / 60.0)
        + weights[1] * max(customer.contacts - 1, 0)
        + weights[2] * customer.switches
        + weights[3] * customer.abandonments
        + weights[4] * customer.repeats
    )
