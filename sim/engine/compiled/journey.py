"""The story of a customer, from the first step to the last outcome; as `reference/journey.py`.

Where a SimPy process yields, a function here returns, and what the visit waits for is its phase: an event, or its turn,
goes on with the function of that phase.
"""

from __future__ import annotations

import math
from typing import Any

from sim.core.draws import Purpose
from sim.core.units import DAY
from sim.engine.compiled import contact, floor
from sim.engine.compiled.draws import chance, time, value
from sim.engine.compiled.handover import hand_over
from sim.engine.compiled.lines import take_line
from sim.engine.compiled.memory.heap import LEFT, SERVICES, order_of, schedule
from sim.engine.compiled.memory.records import customer_at, dialer_at, f8_at, i4_at, step_at, visit_at
from sim.engine.compiled.paths import next_step
from sim.engine.compiled.phases import CIRCLE, DIALED, LISTED, NOTIFIED_LATER, PASSING, RETAINED, SUSPENDED
from sim.engine.compiled.visit import free_customer, free_visit, new_visit
from sim.engine.plan import Kind, Result
from sim.jit.kernels import inner, numbers, part

__all__ = ["dialed", "go_on", "journey", "listed", "self_service_over"]

MAX_VISITS = 10_000
_ERROR, _LATENCY = numbers(Purpose.ERROR, Purpose.LATENCY)
_NOTIFY, _REACT, _REACH = numbers(Purpose.NOTIFY, Purpose.REACT, Purpose.REACH)
_PASSED, _FAILED, _NOTIFIED, _BLOCKED = numbers(Result.PASSED, Result.FAILED, Result.NOTIFIED, Result.BLOCKED)
_SELF_SERVICE, _PAUSE, _DIALED = numbers(Kind.SELF_SERVICE, Kind.PAUSE, Kind.DIALED)


@inner
def journey(world: Any, who: int, step: int) -> None:
    """Go from step to step, until something must be waited for."""
    while step >= 0:
        index = new_visit(world, who, step)
        _come(world, customer_at(world, who), step)
        result = _begin(world, index)
        if result == SUSPENDED:
            return
        step = _leave(world, index, result)
    customer = customer_at(world, who)
    if customer.line >= 0:
        take_line(world, customer, -1)
    free_customer(world, who)


@inner
def go_on(world: Any, index: int, result: int) -> None:
    """End a visit, and go from step to step."""
    who = visit_at(world, index).customer
    journey(world, who, _leave(world, index, result))


@part
def _begin(world: Any, index: int) -> int:
    """Begin a visit; return its result if it is over at once."""
    visit = visit_at(world, index)
    customer = customer_at(world, visit.customer)
    step = step_at(world, visit.step)
    if step.line != customer.line and not take_line(world, customer, step.line):
        return _BLOCKED
    if step.kind == _SELF_SERVICE:
        return _self_service(world, index)
    if step.kind == _PAUSE:
        return _pause(world, index, step)
    if step.kind == _DIALED:
        return _list(world, index, step)
    return contact.come(world, index, customer)


@inner
def _leave(world: Any, index: int, result: int) -> int:
    """End a visit, and return the next step, or -1 - Outcome."""
    visit = visit_at(world, index)
    customer = customer_at(world, visit.customer)
    step = visit.step
    following = next_step(world, customer, visit, result)
    i4_at(world.log_result)[visit.row] = result
    f8_at(world.log_ended)[visit.row] = world.now
    i4_at(world.log_next)[visit.row] = following
    hand_over(world, index, customer, following, result)
    if visit.phase < RETAINED:
        free_visit(world, index)
    customer.visits += 1
    if customer.visits > MAX_VISITS:
        world.stop, world.circle = CIRCLE, step
        return -1
    if following >= 0 and step_at(world, following).intent != step_at(world, step).intent:
        customer.journey += 1
    return following


@inner
def _start(world: Any, visit: Any) -> None:
    visit.started = world.now
    f8_at(world.log_started)[visit.row] = visit.started


@inner
def _left_at(world: Any, index: int, time: float) -> int:
    """Let a visit go on at an instant."""
    visit = visit_at(world, index)
    visit.ticket = schedule(world, SERVICES, time, order_of(LEFT, visit.who), index)
    return SUSPENDED


@inner
def _self_service(world: Any, index: int) -> int:
    """Take one's time, without an agent."""
    visit = visit_at(world, index)
    _start(world, visit)
    visit.phase = PASSING
    return _left_at(world, index, world.now + (time(world, visit) + value(world, visit, _LATENCY)))


@inner
def self_service_over(world: Any, index: int) -> None:
    """Be done without an agent, or see the endpoint fail; or come back from a pause, which cannot fail."""
    visit = visit_at(world, index)
    step = step_at(world, visit.step)
    result = _PASSED
    if step.kind == _PAUSE:
        result = _NOTIFIED if visit.phase == NOTIFIED_LATER else _PASSED
    elif world.error_rate != 0.0 and chance(world, visit, _ERROR) < world.error_rate:
        result = _FAILED
    go_on(world, index, result)


@inner
def _pause(world: Any, index: int, step: Any) -> int:
    """Be away, and come back; or be brought back by a notification."""
    visit = visit_at(world, index)
    _start(world, visit)
    begin = world.now
    if not math.isnan(step.resume):
        today = math.floor(world.now / DAY) * DAY + step.resume
        begin = today if today >= world.now else today + DAY
    end = begin + time(world, visit)
    sent = world.now + value(world, visit, _NOTIFY)
    if sent < end and chance(world, visit, _REACT) < step.reacts:
        visit.phase = NOTIFIED_LATER
        return _left_at(world, index, sent)
    visit.phase = PASSING
    return _left_at(world, index, end)


@inner
def _list(world: Any, index: int, step: Any) -> int:
    """Be on a list of customers to call."""
    visit = visit_at(world, index)
    dialer = dialer_at(world, step.dialer)
    visit.phase = LISTED
    visit.next = -1
    if dialer.first >= 0:
        visit_at(world, dialer.last).next = index
    else:
        dialer.first = index
    dialer.last = index
    floor.dial(world, step.dialer)
    return SUSPENDED


@inner
def listed(world: Any, index: int) -> None:
    """Be called, and let it ring."""
    visit = visit_at(world, index)
    _start(world, visit)
    visit.phase = DIALED
    _left_at(world, index, world.now + time(world, visit))


@inner
def dialed(world: Any, index: int) -> None:
    """Answer, or not."""
    visit = visit_at(world, index)
    step = step_at(world, visit.step)
    dialer = dialer_at(world, step.dialer)
    dialer.under_way -= 1
    if chance(world, visit, _REACH) < dialer.reach:
        go_on(world, index, _PASSED)
    else:
        floor.dial(world, step.dialer)
        go_on(world, index, _FAILED)


@inner
def _come(world: Any, customer: Any, step: int) -> None:
    """Note which channel a customer comes from, pauses aside, and whether the context comes along."""
    customer.came_from = customer.channel
    of = step_at(world, step)
    if of.is_pause:
        return
    switched = customer.channel >= 0 and customer.channel != of.channel
    customer.switches += switched
    customer.kept = world.context_kept or not switched
    customer.channel = of.channel
