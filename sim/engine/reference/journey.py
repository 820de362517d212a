"""The story of a customer, from the first step to the last outcome."""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import pairwise
from math import floor, inf, isnan
from typing import NamedTuple

from simpy import Event

from sim.core.draws import Purpose
from sim.core.errors import SojournError
from sim.core.units import DAY
from sim.engine.log import NAN
from sim.engine.plan import Kind, Plan, Result
from sim.engine.reference.clock import At, Clock
from sim.engine.reference.draws import Draws
from sim.engine.reference.floor import Floor
from sim.engine.reference.paths import Paths
from sim.engine.reference.visit import Customer, Visit

__all__ = ["MAX_VISITS", "Happening", "Journeys"]

MAX_VISITS = 10_000  # of one customer; more means that they go round in circles
WARM, CONFERENCE = 1, 2

Happening = Generator[Event, None, None]
Story = Generator[Event, None, Result]


class _Waiting(NamedTuple):
    """An agent who is done with a customer, but may stay until the next one has answered, or has finished."""

    visit: Visit
    times: int  # how often the customer was at the step before
    wrap: float  # after-call work
    stays: int = 0  # 1 = until the next has answered, 2 = until the next has finished


class Journeys:
    """Tells what happens to customers, and keeps their visits."""

    def __init__(self, clock: Clock, plan: Plan, floor: Floor, draws: Draws, paths: Paths) -> None:
        self.visits: list[Visit] = []
        self._clock, self._plan, self._floor, self._draws, self._paths = clock, plan, floor, draws, paths
        self._stories = [_STORIES[Kind(kind)] for kind in plan.step_kind]
        self._intents = plan.step_intent.tolist()
        self._channels = plan.step_channel.tolist()
        self._is_pause = (plan.step_kind == Kind.PAUSE).tolist()
        self._deferred = (plan.step_kind == Kind.DEFERRED).tolist()
        self._queues = plan.step_queue.tolist()
        self._resume = plan.step_resume.tolist()
        self._lines_of = plan.step_lines.tolist()
        self._lines = plan.lines.tolist()  # free ones
        self._disconnect = plan.step_disconnect.tolist()
        self._reacts = plan.notify.tolist()
        self._capacity = plan.queueing.capacity.tolist()
        self._callback = plan.queueing.callback.tolist()
        self._balks = _bands(plan.queueing.balk_ptr.tolist(), plan.queueing.balk_waiting.tolist(),
                             plan.queueing.balk_wait.tolist(), plan.queueing.balk_probability.tolist())  # fmt: skip
        of = plan.queueing
        self._announces = _bands(of.announce_ptr.tolist(), [0] * len(of.announce_wait),
                                 of.announce_wait.tolist(), of.announce_times.tolist())  # fmt: skip
        announced = [
            bool(balks or changes or callback[0] < inf)
            for balks, changes, callback in zip(self._balks, self._announces, self._callback, strict=True)
        ]
        self._hears = [  # what its queue announces; whose work waits without them does not
            kind == Kind.ASSISTED and announced[queue] for kind, queue in zip(plan.step_kind, self._queues, strict=True)
        ]
        self._transfers = [
            dict(zip(plan.transfer_step[a:b].tolist(), plan.transfer_stays[a:b].tolist(), strict=True))
            for a, b in pairwise(plan.transfer_ptr.tolist())
        ]

    def journey(self, customer: Customer, step: int) -> Happening:
        """Go from step to step."""
        number = ordinal = 0
        before: _Waiting | None = None
        while step >= 0:
            times = customer.been.get(step, 0)
            customer.been[step] = times + 1
            visit = Visit(customer.number, number, step, ordinal, self._clock.now)
            self.visits.append(visit)
            self._come(customer, step)
            line = self._lines_of[step]
            if line == customer.line or self._take_line(customer, line):
                visit.result = result = yield from self._stories[step](self, visit, customer, times, before)
            else:
                visit.result = result = Result.BLOCKED
            visit.ended = self._clock.now
            visit.next = following = self._paths.next(step, result, customer, times)
            before = self._hand_over(visit, customer, times, before)
            number += 1
            if number > MAX_VISITS:
                raise SojournError(f"{self._plan.steps[step]}: a journey goes round in circles here")
            ordinal += following >= 0 and self._intents[following] != self._intents[step]
            step = following
        if customer.line >= 0:
            self._take_line(customer, -1)

    def self_service(self, visit: Visit, customer: Customer, times: int, _before: _Waiting | None) -> Story:
        """Take one's time, without an agent."""
        step, key = visit.step, customer.key
        visit.started = now = self._clock.now
        time = self._draws.time[step](key, times) + self._draws.latency[step](key, times)
        yield self._clock.at(now + time, At.LEFT, visit.customer)
        failing = self._plan.error_rate
        if failing and self._draws.chance(step, key, times, Purpose.ERROR) < failing:
            return Result.FAILED
        return Result.PASSED

    def pause(self, visit: Visit, customer: Customer, times: int, _before: _Waiting | None) -> Story:
        """Be away, and come back; or be brought back by a notification."""
        step, key = visit.step, customer.key
        visit.started = begin = now = self._clock.now
        at = self._resume[step]
        if not isnan(at):
            today = floor(now / DAY) * DAY + at
            begin = today if today >= now else today + DAY
        end = begin + self._draws.time[step](key, times)
        sent = now + self._draws.notify_after[step](key, times)
        if sent < end and self._draws.chance(step, key, times, Purpose.REACT) < self._reacts[step]:
            yield self._clock.at(sent, At.LEFT, visit.customer)
            return Result.NOTIFIED
        yield self._clock.at(end, At.LEFT, visit.customer)
        return Result.PASSED

    def dialed(self, visit: Visit, customer: Customer, times: int, _before: _Waiting | None) -> Story:
        """Be on a list; be called, and answer or not."""
        step, key = visit.step, customer.key
        dialer = self._floor.dialers[step]
        yield dialer.put()
        visit.started = now = self._clock.now
        yield self._clock.at(now + self._draws.time[step](key, times), At.LEFT, visit.customer)
        if self._draws.chance(step, key, times, Purpose.REACH) < dialer.reach:
            dialer.answered()
            return Result.PASSED
        dialer.unanswered()
        return Result.FAILED

    def contact(self, visit: Visit, customer: Customer, times: int, before: _Waiting | None) -> Story:
        """Come to a queue; wait for an agent, and give up or be served."""
        floor, queue = self._floor, self._queues[visit.step]
        if not floor.is_open(queue):
            return Result.CLOSED
        visit.queue = queue
        if not floor.find_agent(visit, customer.key):
            if 0 <= self._capacity[queue] <= floor.waiting(queue):
                return Result.BLOCKED
            if self._hears[visit.step] and self._balk(visit, customer, times):
                return Result.BALKED
            customer.contacts += 1
            yield self._wait(visit, customer, times)
            if visit.agent < 0:
                self._waited(visit, customer, self._clock.now)
                customer.abandonments += visit.result == Result.ABANDONED
                return Result(visit.result)
        else:
            customer.contacts += 1
        self._waited(visit, customer, visit.started)
        if visit.callback and not self._reached(visit, customer, times):
            yield self._clock.at(visit.started, At.LEFT, visit.customer)
            visit.started = NAN
            self._floor.finish(visit)
            return Result.FAILED
        broken = self._breaks_off(visit, customer, times)
        work = self._work(visit, customer, times, before)
        if broken:
            work *= self._cut(visit, customer, times)
        yield self._floor.begin(visit, work)
        return Result.FAILED if broken else Result.HANDLED

    def _waited(self, visit: Visit, customer: Customer, until: float) -> None:
        customer.waited += until - visit.began
        if visit.callback or self._deferred[visit.step]:
            customer.elsewhere += until - visit.began

    def _work(self, visit: Visit, customer: Customer, times: int, before: _Waiting | None) -> float:
        """Return how long the agent will take if nothing interrupts and everything is said."""
        step, key = visit.step, customer.key
        work, handing_over = self._draws.time[step](key, times), 0.0
        if not customer.kept:
            customer.repeats += 1
            visit.repeat = self._draws.repeat[step](key, times)
            work += visit.repeat
        if before is not None and before.stays == WARM:
            handing_over = self._introduce(before, visit, customer)
        visit.hold = self._draws.hold[step](key, times)
        work += visit.hold
        factor = self._floor.factor(visit)
        visit.hold *= factor
        visit.repeat *= factor
        return work * factor + handing_over

    def _reached(self, visit: Visit, customer: Customer, times: int) -> bool:
        """Tell whether a customer in virtual hold answers the call."""
        reach = float(self._callback[visit.queue][2])
        return self._draws.chance(visit.step, customer.key, times, Purpose.REACH) < reach

    def _cut(self, visit: Visit, customer: Customer, times: int) -> float:
        """Return which part of a service that breaks off has happened, of what is in it too."""
        part = self._draws.chance(visit.step, customer.key, times, Purpose.CUT)
        visit.hold *= part
        visit.repeat *= part
        return part

    def _breaks_off(self, visit: Visit, customer: Customer, times: int) -> bool:
        share = float(self._disconnect[visit.step])
        return bool(share) and self._draws.chance(visit.step, customer.key, times, Purpose.DISCONNECT) < share

    def _wait(self, visit: Visit, customer: Customer, times: int) -> Event:
        """Wait in the queue, or at home for a callback."""
        step, queue = visit.step, visit.queue
        turn = self._floor.wait(visit)
        wait, accept, _ = self._callback[queue]
        if visit.announced >= wait and self._draws.chance(step, customer.key, times, Purpose.CALLBACK) < accept:
            visit.callback = 1
            self._take_line(customer, -1)  # hung up; the call back is the company's own
            return turn
        patience = self._draws.patience[step](customer.key, times)
        patience *= self._paths.patience_factor(step, customer, times) if patience < inf else 1.0
        by = [times for _, wait, times in self._announces[queue] if visit.announced >= wait]
        patience *= by[-1] if by and patience < inf else 1.0
        if patience < inf:
            at = self._clock.now + patience
            self._clock.call(at, At.GAVE_UP, visit.customer, lambda _: self._floor.give_up(visit, Result.ABANDONED))
        return turn

    def _balk(self, visit: Visit, customer: Customer, times: int) -> bool:
        visit.announced = self._floor.announced(visit.queue)
        waiting, probability = self._floor.waiting(visit.queue), 0.0
        for at_least, wait, share in self._balks[visit.queue]:
            if waiting >= at_least and visit.announced >= wait:
                probability = share
        return bool(probability) and self._draws.chance(visit.step, customer.key, times, Purpose.BALK) < probability

    def _come(self, customer: Customer, step: int) -> None:
        """Note which channel a customer comes from, pauses aside, and whether the context comes along."""
        customer.came_from = customer.channel
        if self._is_pause[step]:
            return
        channel = self._channels[step]
        switched = 0 <= customer.channel != channel
        customer.switches += switched
        customer.kept = self._plan.context_kept or not switched
        customer.channel = channel

    def _take_line(self, customer: Customer, line: int) -> bool:
        """Let a customer hold the lines of their step and no others; tell whether there was a free one."""
        if customer.line >= 0:
            self._lines[customer.line] += 1
            customer.line = -1
        if line < 0:
            return True
        if not self._lines[line]:
            return False
        self._lines[line] -= 1
        customer.line = line
        return True

    def _hand_over(self, visit: Visit, customer: Customer, times: int, before: _Waiting | None) -> _Waiting | None:
        """After a visit: let its agent wrap up, or stay with the customer; release whoever stayed until now."""
        if before is not None and (before.stays == CONFERENCE or isnan(visit.started)):
            self._release(before, customer)
        if visit.group < 0 or isnan(visit.started):
            return None  # nobody served them
        wrap = self._draws.wrap[visit.step](customer.key, times)
        transfers = self._transfers[visit.step]
        if transfers and visit.next in transfers and visit.result == Result.HANDLED:
            return _Waiting(visit, times, wrap, transfers[visit.next])
        self._release(_Waiting(visit, times, wrap), customer)
        return None

    def _introduce(self, before: _Waiting, visit: Visit, customer: Customer) -> float:
        """Let the agent who stayed hand the customer over, and return how long it takes."""
        step = before.visit.step
        time = self._draws.handover[step](customer.key, before.times)
        over = visit.started + time
        self._clock.call(over, At.FREED, visit.customer, lambda _: self._release(before, customer))
        return time

    def _release(self, agent: _Waiting, customer: Customer) -> None:
        """Let an agent do the after-call work, and perhaps take a break."""
        visit, now = agent.visit, self._clock.now
        visit.freed = free = now + agent.wrap
        free += self._draws.rest(visit.group, visit.step, customer.key, agent.times)
        if free > now:
            self._clock.call(free, At.FREED, visit.customer, lambda _: self._floor.finish(visit))
        else:
            self._floor.finish(visit)


_STORIES: dict[Kind, Callable[[Journeys, Visit, Customer, int, _Waiting | None], Story]] = {
    Kind.SELF_SERVICE: Journeys.self_service,
    Kind.ASSISTED: Journeys.contact,
    Kind.DEFERRED: Journeys.contact,
    Kind.PAUSE: Journeys.pause,
    Kind.DIALED: Journeys.dialed,
}


def _bands(
    ptr: list[int], waiting: list[int], wait: list[float], value: list[float]
) -> list[list[tuple[int, float, float]]]:
    rows = list(zip(waiting, wait, value, strict=True))
    return [rows[a:b] for a, b in pairwise(ptr)]
