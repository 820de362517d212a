"""The journey of a customer, from the first step to the last outcome."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise

from sim.core.draws import Purpose, next_key
from sim.core.errors import SojournError
from sim.engine.order import EventOrder
from sim.engine.plan import MAX_VISITS, Kind, Plan, Result
from sim.engine.reference.carried_over import Carried, CarriedOver
from sim.engine.reference.clock import Clock, ProcessGenerator
from sim.engine.reference.contact import Contacts
from sim.engine.reference.draws import Draws
from sim.engine.reference.floor import Floor
from sim.engine.reference.handover import Handover
from sim.engine.reference.own_steps import OwnSteps
from sim.engine.reference.paths import Paths
from sim.engine.reference.visit import Customer, Visit, VisitGenerator
from sim.population import Doing

__all__ = ["Journeys"]

Story = Callable[[Visit, Customer], VisitGenerator]


class Journeys:
    """Runs customers' journeys, and keeps their visits."""

    def __init__(
        self, clock: Clock, plan: Plan, floor: Floor, draws: Draws, paths: Paths, seed: int, replication: int
    ) -> None:
        self.visits: list[Visit] = []
        self._clock, self._plan, self._floor, self._draws, self._paths = clock, plan, floor, draws, paths
        self._handover = Handover(clock, plan, floor, draws)
        contacts = Contacts(clock, plan, floor, draws, paths, self._handover)
        self._carried_over = CarriedOver(clock, plan, floor, draws, contacts, self._handover)
        begin: dict[Kind, Story] = {
            Kind.SELF_SERVICE: self._self_service,
            Kind.ASSISTED: contacts.come,
            Kind.DEFERRED: contacts.come,
            Kind.PAUSE: self._pause,
            Kind.DIALED: self._dialed,
        }
        self._begin = [begin[Kind(channel_kind)] for channel_kind in plan.step_kind]
        if plan.processes:
            own = OwnSteps(clock, plan, floor, draws, contacts, self.visits, seed, replication)
            for process in plan.processes:
                self._begin[process.step] = own.story_of(process)
        self._intents: list[int] = plan.step_intent.tolist()
        self._begins_anew: list[int] = plan.begins_anew.tolist()
        self._channels: list[int] = plan.step_channel.tolist()
        self._is_pause: list[bool] = (plan.step_kind == Kind.PAUSE).tolist()
        rows = [slice(*ends) for ends in pairwise(plan.resume_ptr.tolist())]
        self._resume_until = [plan.resume_until[row].tolist() for row in rows]
        self._resume_at = [plan.resume_at[row].tolist() for row in rows]
        self._line_of_step: list[int] = plan.step_lines.tolist()
        self._reacts: list[float] = plan.notify.tolist()

    def journey(self, customer: Customer, step: int) -> ProcessGenerator:
        """Go from step to step."""
        while step >= 0:
            visit = self._visit(customer, step, self._clock.now)
            if self._has_line(customer, step):
                visit.result = yield from self._begin[step](visit, customer)
            else:
                visit.result = Result.BLOCKED
            step = self._leave(visit, customer)
        if customer.line >= 0:
            self._floor.take_line(customer, -1)

    def go_on(self, customer: Customer, step: int, carried: Carried) -> ProcessGenerator:
        """Go on with a step that began before the run, then from step to step."""
        if carried.doing in (Doing.WRAP_UP, Doing.BREAK):
            visit = Visit(customer, step, carried.began)
            if self._carried_over.go_on_after(visit, carried):
                self.visits.append(visit)
            return
        visit = self._visit(customer, step, carried.began)
        visit.carried_over = True
        if self._has_line(customer, step):
            visit.result = yield from self._carried_over.go_on(visit, customer, carried)
        else:
            visit.result = Result.BLOCKED
        yield from self.journey(customer, self._leave(visit, customer))

    def _visit(self, customer: Customer, step: int, began: float) -> Visit:
        """Return a new visit."""
        visit = Visit(customer, step, began)
        customer.visit_counts[step] = visit.earlier + 1
        self.visits.append(visit)
        self._enter(customer, step)
        return visit

    def _has_line(self, customer: Customer, step: int) -> bool:
        """Return whether a customer has the line that a step needs, or gets one."""
        line = self._line_of_step[step]
        return line == customer.line or self._floor.take_line(customer, line)

    def _leave(self, visit: Visit, customer: Customer) -> int:
        """End a visit; return the next step, or -1 - Outcome."""
        visit.ended = self._clock.now
        visit.next = following = self._paths.next_step(visit, customer) if visit.chosen is None else visit.chosen
        self._handover.hand_over(visit, customer)
        customer.visits += 1
        if customer.visits - customer.anew_visits > MAX_VISITS:
            raise SojournError(self._plan.circle_at(visit.step))
        if following < 0:
            anew = self._begins_anew[visit.step]
            return following if anew < 0 else self._begin_anew(customer, anew)
        customer.journey += self._intents[following] != self._intents[visit.step]
        return following

    def _begin_anew(self, customer: Customer, step: int) -> int:
        """Let a customer whose journey has ended begin the next one; return its first step."""
        if customer.line >= 0:
            self._floor.take_line(customer, -1)
        if customer.anew_at < self._clock.now:
            customer.anew_at, customer.anew_visits = self._clock.now, customer.visits
        customer.journey += 1
        customer.begin(int(next_key(customer.key)))
        return step

    def _self_service(self, visit: Visit, _customer: Customer) -> VisitGenerator:
        """Use a step without an agent; it may fail."""
        step = visit.step
        visit.started = now = self._clock.now
        time = self._draws.time[step](visit) + self._draws.latency[step](visit)
        yield self._clock.at(now + time, EventOrder.LEFT, visit.customer)
        failing = self._plan.error_rate
        if failing and self._draws.chance(visit, Purpose.ERROR) < failing:
            return Result.FAILED
        return Result.PASSED

    def _pause(self, visit: Visit, _customer: Customer) -> VisitGenerator:
        """Be away until the pause is over, or until a notification ends it."""
        step = visit.step
        visit.started = begin = now = self._clock.now
        if self._resume_at[step]:
            begin = self._resume_at[step][bisect_left(self._resume_until[step], now)]
        end = begin + self._draws.time[step](visit)
        sent = now + self._draws.notify_after[step](visit)
        if sent < end and self._draws.chance(visit, Purpose.REACT) < self._reacts[step]:
            yield self._clock.at(sent, EventOrder.LEFT, visit.customer)
            return Result.NOTIFIED
        yield self._clock.at(end, EventOrder.LEFT, visit.customer)
        return Result.PASSED

    def _dialed(self, visit: Visit, customer: Customer) -> VisitGenerator:
        """Be on a dialer's list; be called, and answer or not."""
        step = visit.step
        dialer = self._floor.dialers[step]
        yield dialer.put(customer)
        visit.started = now = self._clock.now
        yield self._clock.at(now + self._draws.time[step](visit), EventOrder.LEFT, visit.customer)
        answered = self._draws.chance(visit, Purpose.REACH) < dialer.reach(visit.started)
        if not answered and customer.line >= 0:
            self._floor.take_line(customer, -1)
        dialer.end_call(answered=answered)
        return Result.PASSED if answered else Result.FAILED

    def _enter(self, customer: Customer, step: int) -> None:
        """Note which channel a customer comes from, pauses aside, and whether the context comes along."""
        customer.came_from = customer.channel
        if self._is_pause[step]:
            return
        channel = self._channels[step]
        switched = 0 <= customer.channel != channel
        customer.switches += switched
        customer.kept = self._plan.context_kept or not switched
        customer.channel = channel
