"""A contact: it comes to a queue, waits, gives up or is served."""

from __future__ import annotations

from collections.abc import Generator
from itertools import pairwise
from math import inf, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from sim.core.draws import Purpose
from sim.engine.log import NAN
from sim.engine.order import EventOrder
from sim.engine.plan import Kind, Offer, Plan, Result, Stay
from sim.engine.reference.clock import Clock
from sim.engine.reference.draws import Draws
from sim.engine.reference.floor import Floor
from sim.engine.reference.handover import Handover
from sim.engine.reference.paths import Paths
from sim.engine.reference.visit import Customer, Visit, VisitGenerator
from sim.numerics.time_grid import at_least

__all__ = ["Contacts"]


class Contacts:
    """Visits to steps that have a queue."""

    def __init__(self, clock: Clock, plan: Plan, floor: Floor, draws: Draws, paths: Paths, handover: Handover) -> None:
        self._clock, self._floor, self._draws, self._paths = clock, floor, draws, paths
        self._handover = handover
        self._queues: list[int] = plan.step_queue.tolist()
        self._deferred: list[bool] = (plan.step_kind == Kind.DEFERRED).tolist()
        self._disconnect: list[float] = plan.step_disconnect.tolist()
        self._patience_law: list[int] = plan.step_patience.tolist()
        self._talk_law: list[int] = plan.step_time.tolist()
        queueing = plan.queueing
        self._ring: list[float] = queueing.ring.tolist()
        self._capacity: list[int] = queueing.capacity.tolist()
        self._longest_wait: list[float] = queueing.longest_wait.tolist()
        self._callback: list[tuple[float, float, float, float]] = [
            (at_least(wait), *rest) for wait, *rest in queueing.callback.tolist()
        ]
        self._balks_first: list[int] = queueing.balks_first.tolist()
        self._balk_bands = _bands(
            queueing.balk_ptr, queueing.balk_waiting, at_least(queueing.balk_wait), queueing.balk_probability
        )
        self._announce_bands = _bands(queueing.announce_ptr, at_least(queueing.announce_wait), queueing.announce_factor)
        self._announces_wait = [  # to whoever waits in person: deferred work has nobody who could hear it
            bool(channel_kind == Kind.ASSISTED and queueing.announces[queue])
            for channel_kind, queue in zip(plan.step_kind, self._queues, strict=True)
        ]

    def come(self, visit: Visit, customer: Customer) -> VisitGenerator:
        """Come to a queue; wait for an agent, and give up or be served."""
        refused = yield from self.reach(visit, customer)
        if refused is not None:
            return refused
        yield self.begin_service(visit, customer)
        return Result.FAILED if visit.broken else Result.HANDLED

    def reach(self, visit: Visit, customer: Customer) -> Generator[Event, None, Result | None]:
        """Come to a queue and wait for an agent; return the result if none was reached."""
        floor, queue = self._floor, self._queues[visit.step]
        if not visit.carried_over and not floor.is_open(queue):
            return Result.CLOSED
        visit.queue = queue
        if not floor.connect(visit):
            if not visit.carried_over and (refusal := self._refusal(visit)):
                return refusal
            customer.contacts += 1
            yield self._wait(visit, customer)
            if visit.agent < 0:
                return self._leave_queue(visit, customer)
        else:
            customer.contacts += 1
            if self._ring[visit.queue]:
                visit.gives_up = self._from_begin(visit, self._patience(visit, customer))
        if visit.gives_up < at_least(visit.started):
            yield self._clock.at(visit.gives_up, EventOrder.GAVE_UP, visit.customer)
            return self._hang_up(visit, customer)
        is_called = visit.callback == Offer.ACCEPTED
        self._add_wait(visit, customer, visit.started - (self._ring[visit.queue] if is_called else 0.0))
        if is_called and not self._reaches(visit):
            yield self._clock.at(visit.started, EventOrder.LEFT, visit.customer)
            return self._end_callback(visit)
        return None

    def _refusal(self, visit: Visit) -> Result | None:
        """Return the result of a contact that does not enter the queue, None if it does."""
        queue = visit.queue
        is_full = 0 <= self._capacity[queue] <= self._floor.waiting(queue) or self._floor.is_room_full(queue)
        if is_full and not self._balks_first[queue]:
            return Result.BLOCKED
        if self._announces_wait[visit.step]:
            visit.announced = self._floor.announced(queue)
            if self._balks(visit):
                return Result.BALKED
        return Result.BLOCKED if is_full else None

    def begin_service(self, visit: Visit, customer: Customer) -> Event:
        """Let the agent begin; return the event of the end."""
        visit.broken = self._breaks_off(visit)
        work = self._work(visit, customer)
        if visit.broken:
            cut = self._draws.chance(visit, Purpose.CUT)
            visit.hold *= cut
            visit.repeat *= cut
            work *= cut
        return self._floor.begin(visit, work)

    def go_on_with_service(self, visit: Visit, until: float) -> Event:
        """Let the agent go on with a service that began before the run; return the event of the end.

        The time that it has lasted is of the hold first; what it has lasted beyond is of the talk.
        """
        factor, age = self._floor.factor(visit), self._clock.now - visit.began
        visit.broken, visit.factor = False, factor
        if not isnan(until):
            return self._floor.go_on(visit, until - self._clock.now)
        hold, law = self._draws.hold[visit.step](visit), self._talk_law[visit.step]
        talk = self._draws.time_beyond(visit, Purpose.TIME, law, max(age / factor - hold, 0.0))
        visit.hold, left = hold * factor, max((hold + talk) * factor - age, 0.0)
        visit.broken = self._breaks_off(visit)
        if visit.broken:
            cut = self._draws.chance(visit, Purpose.CUT)
            visit.hold *= cut
            left *= cut
        return self._floor.go_on(visit, left)

    def _leave_queue(self, visit: Visit, customer: Customer) -> Result:
        """Leave the queue without service; return the result."""
        self._add_wait(visit, customer, self._clock.now)
        customer.abandonments += visit.result == Result.ABANDONED
        return Result(visit.result)

    def _hang_up(self, visit: Visit, customer: Customer) -> Result:
        """Give up while it rings, which frees the agent; return the result."""
        visit.rang = self._clock.now - (visit.started - self._ring[visit.queue])
        visit.started = NAN
        visit.result = Result.ABANDONED
        self._floor.finish(visit)
        return self._leave_queue(visit, customer)

    def _end_callback(self, visit: Visit) -> Result:
        """End a callback that nobody answered, which frees the agent; return the result."""
        visit.started = NAN
        self._floor.finish(visit)
        return Result.FAILED

    def _add_wait(self, visit: Visit, customer: Customer, until: float) -> None:
        customer.waited += until - visit.began
        if visit.callback == Offer.ACCEPTED or self._deferred[visit.step]:
            customer.elsewhere += until - visit.began

    def _work(self, visit: Visit, customer: Customer) -> float:
        """Set the parts of a service, and return how long it takes if nothing interrupts it or breaks it off."""
        step = visit.step
        times = self._draws.callback_time[visit.queue] if visit.callback == Offer.ACCEPTED else self._draws.time
        work, handing_over = times[step](visit), 0.0
        if not customer.kept:
            customer.repeats += 1
            visit.repeat = self._draws.repeat[step](visit)
            work += visit.repeat
        before = customer.before
        if before is not None and before.stays_until == Stay.WARM:
            handing_over = self._handover.introduce(before, visit)
        visit.hold = self._draws.hold[step](visit)
        work += visit.hold
        factor = visit.factor = self._floor.factor(visit)
        visit.hold *= factor
        visit.repeat *= factor
        return work * factor + handing_over

    def _reaches(self, visit: Visit) -> bool:
        """Return whether a customer in virtual hold answers the call."""
        return self._draws.chance(visit, Purpose.REACH) < self._callback[visit.queue][2]

    def _breaks_off(self, visit: Visit) -> bool:
        share = self._disconnect[visit.step]
        return bool(share) and self._draws.chance(visit, Purpose.DISCONNECT) < share

    def _wait(self, visit: Visit, customer: Customer) -> Event:
        """Wait in the queue, or at home for a callback."""
        wait, accept, _, waiting = self._callback[visit.queue]
        is_offered = visit.announced >= wait and self._floor.waiting(visit.queue) >= waiting
        turn = self._floor.wait(visit)
        is_offered &= visit.turn is not None  # else an agent was interrupted for it at once
        if is_offered and waiting:
            visit.callback = Offer.DECLINED  # unless it is accepted
        if is_offered and self._draws.chance(visit, Purpose.CALLBACK) < accept:
            visit.callback = Offer.ACCEPTED
            if customer.line >= 0:
                visit.called_back = customer
                self._floor.take_line(customer, -1)  # hung up
            self._handover.let_go(customer)
            return turn
        patience, longest = self._patience(visit, customer), self._longest_wait[visit.queue]
        if patience < inf:
            visit.gives_up = self._from_begin(visit, patience)
            self._leave_at(visit.gives_up, EventOrder.GAVE_UP, visit, Result.ABANDONED)
        if longest < inf:
            self._leave_at(self._from_begin(visit, longest), EventOrder.TIMED_OUT, visit, Result.TIMED_OUT)
        return turn

    def _from_begin(self, visit: Visit, wait: float) -> float:
        """Return when a wait is over that began with the visit; not before now."""
        return max(visit.began + wait, self._clock.now)

    def _leave_at(self, instant: float, order: EventOrder, visit: Visit, result: Result) -> None:
        """Let a contact leave the queue at an instant, if it still waits then."""
        self._clock.call(instant, order, visit.customer, lambda _: self._floor.give_up(visit, result))

    def _patience(self, visit: Visit, customer: Customer) -> float:
        if visit.carried_over:
            return self._patience_beyond(visit, customer)
        patience = self._draws.patience[visit.step](visit)
        if patience < inf:
            patience *= self._paths.patience_factor(visit, customer)
            factor = 1.0
            for wait, changed in self._announce_bands[visit.queue]:
                if visit.announced >= wait:
                    factor = changed
            patience *= factor
        return patience

    def _patience_beyond(self, visit: Visit, customer: Customer) -> float:
        """Return the patience of a customer who has waited already, given that it has lasted so long."""
        law, factor = self._patience_law[visit.step], self._paths.patience_factor(visit, customer)
        if law == -1:
            return inf
        if factor <= 0.0:
            return 0.0
        waited = (self._clock.now - visit.began) / factor
        return self._draws.time_beyond(visit, Purpose.PATIENCE, law, waited) * factor

    def _balks(self, visit: Visit) -> bool:
        waiting, probability = self._floor.waiting(visit.queue), 0.0
        for least, wait, share in self._balk_bands[visit.queue]:
            if waiting >= least and visit.announced >= wait:
                probability = share
        return bool(probability) and self._draws.chance(visit, Purpose.BALK) < probability


def _bands(ptr: NDArray[np.int32], *columns: NDArray[Any]) -> list[list[Any]]:
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    return [rows[a:b] for a, b in pairwise(ptr.tolist())]
