"""A contact: it comes to a queue, waits, gives up or is served; as `reference/contact.py`."""

from __future__ import annotations

import math

from sim.core.draws import Purpose
from sim.engine.compiled import crew, floor
from sim.engine.compiled.clock import GAVE_UP, LEFT, TIMED_OUT, call
from sim.engine.compiled.draws import callback_time, chance, has_patience, patience, time, value, value_beyond
from sim.engine.compiled.handover import WARM, introduce, let_go
from sim.engine.compiled.memory.phases import HANGS_UP, IN_SERVICE, SUSPENDED, UNREACHED, WAITING
from sim.engine.compiled.memory.records import Customer, Queue, Visit
from sim.engine.compiled.memory.world import World, customer_at, f8_at, i4_at, queue_at, step_at, visit_at
from sim.engine.compiled.paths import patience_factor
from sim.engine.plan import Offer, Result
from sim.jit.kernels import inner, numbers, part
from sim.numerics.time_grid import HALF_MICROSECOND

__all__ = [
    "begin_service", "come", "end_callback", "go_on_waiting", "go_on_with_service", "hang_up", "leave_queue",
    "result_of",
]  # fmt: skip

_HOLD, _DISCONNECT = numbers(Purpose.HOLD, Purpose.DISCONNECT)
_BALK, _CALLBACK, _REACH = numbers(Purpose.BALK, Purpose.CALLBACK, Purpose.REACH)
_CUT, _REPEAT = numbers(Purpose.CUT, Purpose.REPEAT)
_TIME, _PATIENCE = numbers(Purpose.TIME, Purpose.PATIENCE)
_HANDLED, _ABANDONED, _CLOSED = numbers(Result.HANDLED, Result.ABANDONED, Result.CLOSED)
_BLOCKED, _BALKED, _FAILED = numbers(Result.BLOCKED, Result.BALKED, Result.FAILED)
_ACCEPTED, _DECLINED = numbers(Offer.ACCEPTED, Offer.DECLINED)


@part
def come(world: World, index: int, customer: Customer) -> int:
    """Come to a queue; be served, wait, or return the result if there is neither."""
    visit = visit_at(world, index)
    step = step_at(world, visit.step)
    queue = queue_at(world, step.queue)
    if not floor.is_open(world, queue):
        return _CLOSED
    visit.queue = step.queue
    if _connect(world, index, customer, queue):
        return SUSPENDED
    is_full = 0 <= queue.capacity <= queue.waiting or (queue.room >= 0 and floor.is_room_full(world, queue))
    if is_full and not queue.balks_first:
        return _BLOCKED
    if step.announces_wait:
        visit.announced = queue.last_wait
        f8_at(world.log_announced)[visit.row] = visit.announced
        if _balks(world, visit, queue):
            return _BALKED
    if is_full:
        return _BLOCKED
    customer.contacts += 1
    _wait(world, index, customer)
    return SUSPENDED


@inner
def _connect(world: World, index: int, customer: Customer, queue: Queue) -> bool:
    """Begin with a free agent; return whether there was one."""
    if not floor.connect(world, index):
        return False
    customer.contacts += 1
    if queue.ring != 0.0:
        visit = visit_at(world, index)
        visit.gives_up = _from_begin(world, visit, _patience(world, visit, customer, queue))
    begin_service(world, index, customer)
    return True


@inner
def _from_begin(world: World, visit: Visit, wait: float) -> float:
    """Return when a wait is over that began with the visit; not before now."""
    return max(visit.began + wait, world.now)


@part
def go_on_waiting(world: World, index: int, customer: Customer) -> None:
    """Go on with a wait that began before the run, or be served."""
    queue = queue_at(world, visit_at(world, index).queue)
    if not _connect(world, index, customer, queue):
        customer.contacts += 1
        _wait(world, index, customer)


@part
def go_on_with_service(world: World, index: int, until: float) -> None:
    """Let the agent go on with a service that began before the run."""
    visit = visit_at(world, index)
    visit.phase = IN_SERVICE
    factor = visit.factor = floor.factor(world, visit)
    left = until - world.now
    if math.isnan(until):
        age, hold = world.now - visit.began, value(world, visit, _HOLD)
        talk = value_beyond(world, visit, _TIME, max(age / factor - hold, 0.0))
        visit.hold = hold * factor
        left = max((hold + talk) * factor - age, 0.0)
        visit.broken = _breaks_off(world, visit)
        if visit.broken:
            cut = chance(world, visit, _CUT)
            visit.hold *= cut
            left *= cut
    if visit.hold != 0.0:
        f8_at(world.log_hold)[visit.row] = visit.hold
    crew.begin(world, index, left, world.now)
    visit.planned = 0.0


@part
def begin_service(world: World, index: int, customer: Customer) -> None:
    """Let the agent begin, or call back in vain; or let the customer give up while it rings."""
    visit = visit_at(world, index)
    if visit.gives_up < visit.started - HALF_MICROSECOND:
        visit.phase = HANGS_UP
        visit.give_up_ticket = call(world, visit.gives_up, GAVE_UP, visit.customer_number, index)
        return
    ring = queue_at(world, visit.queue).ring if visit.callback else 0.0
    _add_wait(world, visit, customer, visit.started - ring)
    if visit.callback and not _reaches(world, visit):
        visit.phase = UNREACHED
        visit.ticket = call(world, visit.started, LEFT, visit.customer_number, index)
        return
    visit.broken = _breaks_off(world, visit)
    work = _work(world, visit, customer)
    if visit.broken:
        cut = chance(world, visit, _CUT)
        visit.hold *= cut
        visit.repeat *= cut
        work *= cut
    if visit.hold != 0.0:
        f8_at(world.log_hold)[visit.row] = visit.hold
    if visit.repeat != 0.0:
        f8_at(world.log_repeat)[visit.row] = visit.repeat
    visit.phase = IN_SERVICE
    crew.begin(world, index, work, visit.started)


@inner
def leave_queue(world: World, index: int) -> int:
    """Leave the queue without service; return the result."""
    visit = visit_at(world, index)
    customer = customer_at(world, visit.customer)
    _add_wait(world, visit, customer, world.now)
    customer.abandonments += visit.result == _ABANDONED
    return visit.result


@part
def hang_up(world: World, index: int) -> int:
    """Give up while it rings, which frees the agent; return the result."""
    visit = visit_at(world, index)
    rang = world.now - (visit.started - queue_at(world, visit.queue).ring)
    visit.started = math.nan
    visit.result = _ABANDONED
    f8_at(world.log_rang)[visit.row] = rang
    f8_at(world.log_started)[visit.row] = math.nan
    floor.finish(world, index)
    return leave_queue(world, index)


@inner
def end_callback(world: World, index: int) -> int:
    """End a callback that nobody answered, which frees the agent; return the result."""
    visit = visit_at(world, index)
    visit.started = math.nan
    f8_at(world.log_started)[visit.row] = math.nan
    floor.finish(world, index)
    return _FAILED


@inner
def result_of(visit: Visit) -> int:
    """Return the result of a service."""
    return _FAILED if visit.broken else _HANDLED


@inner
def _add_wait(world: World, visit: Visit, customer: Customer, until: float) -> None:
    customer.waited += until - visit.began
    if visit.callback or step_at(world, visit.step).is_deferred:
        customer.elsewhere += until - visit.began


@part
def _work(world: World, visit: Visit, customer: Customer) -> float:
    """Set the parts of a service, and return how long it takes if nothing interrupts it or breaks it off."""
    has_own_talk = visit.callback and queue_at(world, visit.queue).callback_talk
    work, handing_over = callback_time(world, visit) if has_own_talk else time(world, visit), 0.0
    if not customer.kept:
        customer.repeats += 1
        visit.repeat = value(world, visit, _REPEAT)
        work += visit.repeat
    if customer.before >= 0 and visit_at(world, customer.before).stays_until == WARM:
        handing_over = introduce(world, customer, visit)
    visit.hold = value(world, visit, _HOLD)
    work += visit.hold
    factor = visit.factor = floor.factor(world, visit)
    visit.hold *= factor
    visit.repeat *= factor
    return work * factor + handing_over


@inner
def _reaches(world: World, visit: Visit) -> bool:
    """Return whether a customer in virtual hold answers the call."""
    return chance(world, visit, _REACH) < queue_at(world, visit.queue).callback_reached


@inner
def _breaks_off(world: World, visit: Visit) -> bool:
    share = step_at(world, visit.step).disconnect
    return share != 0.0 and chance(world, visit, _DISCONNECT) < share


@part
def _wait(world: World, index: int, customer: Customer) -> None:
    """Wait in the queue, or at home for a callback."""
    visit = visit_at(world, index)
    queue = queue_at(world, visit.queue)
    visit.phase = WAITING
    is_offered = visit.announced >= queue.callback_from and queue.waiting >= queue.callback_waiting
    floor.wait(world, index)
    is_offered &= visit.waits
    if is_offered and queue.callback_waiting:
        i4_at(world.log_callback)[visit.row] = _DECLINED  # unless it is accepted
    if is_offered and chance(world, visit, _CALLBACK) < queue.callback_accepted:
        visit.callback = True
        i4_at(world.log_callback)[visit.row] = _ACCEPTED
        if customer.line >= 0:
            floor.take_line(world, customer, -1)  # hung up
        let_go(world, customer)
        return
    length = _patience(world, visit, customer, queue)
    if length < math.inf:
        visit.gives_up = _from_begin(world, visit, length)
    if visit.waits:
        _wait_until_deadline(world, index, visit, _from_begin(world, visit, queue.longest_wait))


@inner
def _wait_until_deadline(world: World, index: int, visit: Visit, longest: float) -> None:
    """Let a contact wait until its patience ends or the queue sends it away, whichever comes first."""
    if longest < math.inf and longest <= visit.gives_up:
        visit.give_up_ticket = call(world, longest, TIMED_OUT, visit.customer_number, index)
    elif visit.gives_up < math.inf:
        visit.give_up_ticket = call(world, visit.gives_up, GAVE_UP, visit.customer_number, index)


@part
def _patience(world: World, visit: Visit, customer: Customer, queue: Queue) -> float:
    if visit.carried_over:
        return _patience_beyond(world, visit, customer)
    length = patience(world, visit)
    if length < math.inf:
        length *= patience_factor(world, visit, customer)
        factor = 1.0
        for row in range(queue.announce_first, queue.announce_last):
            if visit.announced >= f8_at(world.announce_wait)[row]:
                factor = f8_at(world.announce_factor)[row]
        length *= factor
    return length


@part
def _patience_beyond(world: World, visit: Visit, customer: Customer) -> float:
    """Return the patience of a customer who has waited already, given that it has lasted so long."""
    factor = patience_factor(world, visit, customer)
    if not has_patience(world, visit):
        return math.inf
    if factor <= 0.0:
        return 0.0
    return value_beyond(world, visit, _PATIENCE, (world.now - visit.began) / factor) * factor


@inner
def _balks(world: World, visit: Visit, queue: Queue) -> bool:
    probability = 0.0
    for row in range(queue.balk_first, queue.balk_last):
        if queue.waiting >= i4_at(world.balk_waiting)[row] and visit.announced >= f8_at(world.balk_wait)[row]:
            probability = f8_at(world.balk_probability)[row]
    return probability != 0.0 and chance(world, visit, _BALK) < probability
