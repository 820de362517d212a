"""A contact: it comes to a queue, waits, gives up or is served; as in `reference/journey.py`."""

from __future__ import annotations

import math
from typing import Any

from sim.core.draws import Purpose
from sim.engine.compiled import crew, floor
from sim.engine.compiled.draws import chance, patience, time, value
from sim.engine.compiled.handover import introduce, is_introduced
from sim.engine.compiled.lines import take_line
from sim.engine.compiled.memory.heap import GAVE_UP, IMPATIENCE, LEFT, SERVICES, order_of, schedule
from sim.engine.compiled.memory.records import customer_at, f8_at, group_at, i4_at, queue_at, step_at, visit_at
from sim.engine.compiled.paths import patience_factor
from sim.engine.compiled.phases import IN_SERVICE, SUSPENDED, UNREACHED, WAITING
from sim.engine.plan import Result
from sim.jit.kernels import inner, numbers, part

__all__ = ["answered", "come", "gave_up", "result_of", "unreached"]

_HOLD, _DISCONNECT = numbers(Purpose.HOLD, Purpose.DISCONNECT)
_BALK, _CALLBACK, _REACH = numbers(Purpose.BALK, Purpose.CALLBACK, Purpose.REACH)
_CUT, _REPEAT = numbers(Purpose.CUT, Purpose.REPEAT)
_HANDLED, _ABANDONED, _CLOSED = numbers(Result.HANDLED, Result.ABANDONED, Result.CLOSED)
_BLOCKED, _BALKED, _FAILED = numbers(Result.BLOCKED, Result.BALKED, Result.FAILED)


@part
def come(world: Any, index: int, customer: Any) -> int:
    """Come to a queue; be served, wait, or return the result if there is neither."""
    visit = visit_at(world, index)
    step = step_at(world, visit.step)
    queue = queue_at(world, step.queue)
    if not floor.is_open(world, queue):
        return _CLOSED
    visit.queue = step.queue
    if floor.find_agent(world, index):
        customer.contacts += 1
        answered(world, index, customer)
        return SUSPENDED
    if 0 <= queue.capacity <= queue.waiting:
        return _BLOCKED
    if step.hears and _balks(world, visit, queue):
        return _BALKED
    customer.contacts += 1
    _wait(world, index, customer)
    return SUSPENDED


@part
def answered(world: Any, index: int, customer: Any) -> None:
    """Be answered: the agent begins, or has called back in vain."""
    visit = visit_at(world, index)
    _waited(world, visit, customer, visit.started)
    if visit.callback:
        reach = queue_at(world, visit.queue).callback_reached
        if not chance(world, visit, _REACH) < reach:
            visit.phase = UNREACHED
            visit.ticket = schedule(world, SERVICES, visit.started, order_of(LEFT, visit.who), index)
            return
    share = step_at(world, visit.step).disconnect
    visit.broken = share != 0.0 and chance(world, visit, _DISCONNECT) < share
    work = _work(world, visit, customer)
    if visit.broken:
        part = chance(world, visit, _CUT)
        visit.hold *= part
        visit.repeat *= part
        work *= part
    if visit.hold != 0.0:
        f8_at(world.log_hold)[visit.row] = visit.hold
    if visit.repeat != 0.0:
        f8_at(world.log_repeat)[visit.row] = visit.repeat
    visit.phase = IN_SERVICE
    crew.begin(world, index, work)


@inner
def gave_up(world: Any, index: int) -> int:
    """Have left the queue, and return the result."""
    visit = visit_at(world, index)
    customer = customer_at(world, visit.customer)
    _waited(world, visit, customer, world.now)
    customer.abandonments += visit.result == _ABANDONED
    return visit.result


@inner
def unreached(world: Any, index: int) -> None:
    """Not answer a call back, which frees the agent."""
    visit = visit_at(world, index)
    visit.started = math.nan
    f8_at(world.log_started)[visit.row] = math.nan
    floor.finish(world, index)


@inner
def result_of(visit: Any) -> int:
    """Return how a service ended."""
    return _FAILED if visit.broken else _HANDLED


@inner
def _waited(world: Any, visit: Any, customer: Any, until: float) -> None:
    customer.waited += until - visit.began
    if visit.callback or step_at(world, visit.step).is_deferred:
        customer.elsewhere += until - visit.began


@part
def _work(world: Any, visit: Any, customer: Any) -> float:
    """Return how long the agent will take if nothing interrupts and everything is said."""
    work, handing_over = time(world, visit), 0.0
    if not customer.kept:
        customer.repeats += 1
        visit.repeat = value(world, visit, _REPEAT)
        work += visit.repeat
    if is_introduced(world, customer):
        handing_over = introduce(world, customer, visit)
    visit.hold = value(world, visit, _HOLD)
    work += visit.hold
    group = group_at(world, visit.group)
    factor = visit.aht if group.steady else visit.aht * crew.factor(world, group, visit.agent)
    visit.hold *= factor
    visit.repeat *= factor
    return work * factor + handing_over


@part
def _wait(world: Any, index: int, customer: Any) -> None:
    """Wait in the queue, or at home for a callback."""
    visit = visit_at(world, index)
    queue = queue_at(world, visit.queue)
    visit.phase = WAITING
    floor.wait(world, index)
    if visit.announced >= queue.callback_from:
        accepts = chance(world, visit, _CALLBACK)
        if accepts < queue.callback_accepted:
            visit.callback = 1
            i4_at(world.log_callback)[visit.row] = 1
            take_line(world, customer, -1)  # hung up; the call back is the company's own
            return
    waits = _patience(world, visit, customer, queue)
    if waits < math.inf and visit.waits:
        order = order_of(GAVE_UP, visit.who)
        visit.patience = schedule(world, IMPATIENCE, world.now + waits, order, index)


@part
def _patience(world: Any, visit: Any, customer: Any, queue: Any) -> float:
    waits = patience(world, visit)
    if waits < math.inf:
        waits *= patience_factor(world, customer, visit)
    by = 1.0
    for row in range(queue.announce_first, queue.announce_last):
        if visit.announced >= f8_at(world.announce_wait)[row]:
            by = f8_at(world.announce_times)[row]
    return waits * by if waits < math.inf else waits


@inner
def _balks(world: Any, visit: Any, queue: Any) -> bool:
    visit.announced = queue.last_wait
    f8_at(world.log_announced)[visit.row] = visit.announced
    probability = 0.0
    for row in range(queue.balk_first, queue.balk_last):
        if queue.waiting >= i4_at(world.balk_waiting)[row] and visit.announced >= f8_at(world.balk_wait)[row]:
            probability = f8_at(world.balk_probability)[row]
    return probability != 0.0 and chance(world, visit, _BALK) < probability
