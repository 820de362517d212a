"""The journey of a customer, from the first step to the last outcome; as `reference/journey.py`.

Where a SimPy process yields, a function here returns. The visit's phase is what it waits for, and says which function
goes on: `kernel` calls it.
"""

from __future__ import annotations

from sim.core.draws import Purpose, next_key
from sim.engine.compiled import contact, dialer, floor
from sim.engine.compiled.clock import LEFT, call
from sim.engine.compiled.draws import chance, time, value
from sim.engine.compiled.handover import hand_over
from sim.engine.compiled.memory import phases
from sim.engine.compiled.memory.records import Customer, Step
from sim.engine.compiled.memory.room import CIRCLE
from sim.engine.compiled.memory.world import World, customer_at, f8_at, i4_at, step_at, visit_at
from sim.engine.compiled.paths import next_step
from sim.engine.compiled.visit import begin, free_customer, free_visit, new_visit, start
from sim.engine.plan import MAX_VISITS, Kind, Result
from sim.jit.kernels import inner, numbers, part

__all__ = ["end_dialed", "end_pause", "end_self_service", "enter", "go_on", "has_line", "journey", "ring"]

_ERROR, _LATENCY = numbers(Purpose.ERROR, Purpose.LATENCY)
_NOTIFY, _REACT, _REACH = numbers(Purpose.NOTIFY, Purpose.REACT, Purpose.REACH)
_PASSED, _FAILED, _NOTIFIED, _BLOCKED = numbers(Result.PASSED, Result.FAILED, Result.NOTIFIED, Result.BLOCKED)
_SELF_SERVICE, _PAUSE, _DIALED = numbers(Kind.SELF_SERVICE, Kind.PAUSE, Kind.DIALED)


@inner
def journey(world: World, customer_index: int, step: int) -> None:
    """Go from step to step, until something must be waited for."""
    while step >= 0:
        index = new_visit(world, customer_index, step)
        enter(world, customer_at(world, customer_index), step)
        result = _begin(world, index)
        if result == phases.SUSPENDED:
            return
        step = _leave(world, index, result)
    customer = customer_at(world, customer_index)
    if customer.line >= 0:
        floor.take_line(world, customer, -1)
    free_customer(world, customer_index)


@inner
def go_on(world: World, index: int, result: int) -> None:
    """End a visit, and go from step to step."""
    customer_index = visit_at(world, index).customer
    journey(world, customer_index, _leave(world, index, result))


@part
def _begin(world: World, index: int) -> int:
    """Begin a visit; return its result if it is over at once."""
    visit = visit_at(world, index)
    customer = customer_at(world, visit.customer)
    step = step_at(world, visit.step)
    if not has_line(world, customer, step):
        return _BLOCKED
    if step.channel_kind == _SELF_SERVICE:
        return _self_service(world, index)
    if step.channel_kind == _PAUSE:
        return _pause(world, index, step)
    if step.channel_kind == _DIALED:
        return _dialed(world, index, step)
    return contact.come(world, index, customer)


@inner
def has_line(world: World, customer: Customer, step: Step) -> bool:
    """Return whether a customer has the line that a step needs, or gets one."""
    return step.line == customer.line or floor.take_line(world, customer, step.line)


@inner
def _leave(world: World, index: int, result: int) -> int:
    """End a visit; return the next step, or -1 - Outcome."""
    visit = visit_at(world, index)
    customer_index = visit.customer
    customer = customer_at(world, customer_index)
    step = visit.step
    following = next_step(world, visit, customer, result)
    i4_at(world.log_result)[visit.row] = result
    f8_at(world.log_ended)[visit.row] = world.now
    i4_at(world.log_next)[visit.row] = following
    hand_over(world, index, customer, following, result)
    if visit.phase < phases.RETAINED:
        free_visit(world, index)
    customer.visits += 1
    if customer.visits - customer.anew_visits > MAX_VISITS:
        world.stop, world.circle = CIRCLE, step
        return -1
    if following < 0:
        anew = step_at(world, step).begins_anew
        return following if anew < 0 else _begin_anew(world, customer_index, anew)
    if step_at(world, following).intent != step_at(world, step).intent:
        customer.journey += 1
    return following


@part
def _begin_anew(world: World, customer_index: int, step: int) -> int:
    """Let a customer whose journey has ended begin the next one; return its first step."""
    customer = customer_at(world, customer_index)
    if customer.line >= 0:
        floor.take_line(world, customer, -1)
    if customer.anew_at < world.now:
        customer.anew_at, customer.anew_visits = world.now, customer.visits
    customer.journey += 1
    customer.key = int(next_key(customer.key))
    begin(world, customer_index)
    return step


@inner
def _suspend(world: World, index: int, phase: int, until: float) -> int:
    """Let a visit wait for an instant."""
    visit = visit_at(world, index)
    visit.phase = phase
    visit.ticket = call(world, until, LEFT, visit.customer_number, index)
    return phases.SUSPENDED


@inner
def _self_service(world: World, index: int) -> int:
    """Use a step without an agent."""
    visit = visit_at(world, index)
    start(world, visit, world.now)
    duration = time(world, visit) + value(world, visit, _LATENCY)
    return _suspend(world, index, phases.IN_SELF_SERVICE, world.now + duration)


@inner
def end_self_service(world: World, index: int) -> None:
    """Be done with a step without an agent; or see the endpoint fail."""
    fails = world.error_rate != 0.0 and chance(world, visit_at(world, index), _ERROR) < world.error_rate
    go_on(world, index, _FAILED if fails else _PASSED)


@inner
def _pause(world: World, index: int, step: Step) -> int:
    """Be away until the pause is over, or until a notification ends it."""
    visit = visit_at(world, index)
    start(world, visit, world.now)
    begin = world.now if step.resume_first == step.resume_last else _resumption(world, step)
    end = begin + time(world, visit)
    sent = world.now + value(world, visit, _NOTIFY)
    if sent < end and chance(world, visit, _REACT) < step.reacts:
        return _suspend(world, index, phases.NOTIFIED_LATER, sent)
    return _suspend(world, index, phases.IN_PAUSE, end)


@part
def _resumption(world: World, step: Step) -> float:
    """Return the instant that a pause waits for that begins now."""
    low, high = step.resume_first, step.resume_last - 1
    while low < high:
        middle = (low + high) // 2
        if f8_at(world.resume_until)[middle] >= world.now:
            high = middle
        else:
            low = middle + 1
    return float(f8_at(world.resume_at)[low])


@inner
def end_pause(world: World, index: int) -> None:
    """Come back from a pause."""
    go_on(world, index, _NOTIFIED if visit_at(world, index).phase == phases.NOTIFIED_LATER else _PASSED)


@inner
def _dialed(world: World, index: int, step: Step) -> int:
    """Be on a dialer's list."""
    visit_at(world, index).phase = phases.LISTED
    dialer.put(world, step.dialer, index)
    return phases.SUSPENDED


@inner
def ring(world: World, index: int) -> None:
    """Be called by a dialer."""
    visit = visit_at(world, index)
    start(world, visit, world.now)
    _suspend(world, index, phases.RINGING, world.now + time(world, visit))


@inner
def end_dialed(world: World, index: int) -> None:
    """Answer a dialer's call, or not."""
    visit = visit_at(world, index)
    row = step_at(world, visit.step).dialer
    answered = chance(world, visit, _REACH) < dialer.reach(world, row, visit.started)
    customer = customer_at(world, visit.customer)
    if not answered and customer.line >= 0:
        floor.take_line(world, customer, -1)
    dialer.end_call(world, row, answered)
    go_on(world, index, _PASSED if answered else _FAILED)


@inner
def enter(world: World, customer: Customer, step: int) -> None:
    """Note which channel a customer comes from, pauses aside, and whether the context comes along."""
    customer.came_from = customer.channel
    if step_at(world, step).is_pause:
        return
    channel = step_at(world, step).channel
    switched = customer.channel >= 0 and customer.channel != channel
    customer.switches += switched
    customer.kept = world.context_kept or not switched
    customer.channel = channel
