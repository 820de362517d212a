"""Customers who were there before the run began, and agents who were busy: they go on as it begins."""

from __future__ import annotations

from math import isnan

from sim.core.draws import Purpose
from sim.engine.order import EventOrder
from sim.engine.plan import Outcome, Plan, Result
from sim.engine.reference.clock import Clock
from sim.engine.reference.contact import Contacts
from sim.engine.reference.draws import Draws
from sim.engine.reference.floor import Floor
from sim.engine.reference.handover import Handover
from sim.engine.reference.visit import Customer, Visit, VisitGenerator
from sim.population import Doing, Present

__all__ = ["Carried", "CarriedOver", "carried_of"]


class Carried:
    """A contact that began before the run."""

    __slots__ = ("began", "doing", "group", "until")

    def __init__(self, began: float, until: float, group: int, doing: int) -> None:
        self.began, self.until, self.group, self.doing = began, until, group, Doing(doing)


class CarriedOver:
    """Goes on with what began before the run."""

    def __init__(
        self, clock: Clock, plan: Plan, floor: Floor, draws: Draws, contacts: Contacts, handover: Handover
    ) -> None:
        self._clock, self._floor, self._draws = clock, floor, draws
        self._contacts, self._handover = contacts, handover
        self._queues: list[int] = plan.step_queue.tolist()
        self._wrap_law: list[int] = plan.step_wrap.tolist()

    def go_on(self, visit: Visit, customer: Customer, carried: Carried) -> VisitGenerator:
        """Go on with a contact: be served, or wait. Without an agent who could have had it, it waits."""
        visit.queue = self._queues[visit.step]
        if carried.doing == Doing.CONTACT and self._floor.assign(visit, carried.group):
            customer.contacts += 1
            visit.started = visit.began
            yield self._contacts.go_on_with_service(visit, carried.until)
            return Result.FAILED if visit.broken else Result.HANDLED
        return (yield from self._contacts.come(visit, customer))

    def go_on_after(self, visit: Visit, carried: Carried) -> bool:
        """Let an agent go on with after-call work, or a break, whose customer has gone; return whether one was free."""
        visit.queue, is_break = self._queues[visit.step], carried.doing == Doing.BREAK
        if not self._floor.assign(visit, carried.group, whole=is_break):
            return False
        now = self._clock.now
        visit.started, visit.ended = visit.began, now
        visit.result, visit.next = Result.HANDLED, -1 - Outcome.RESOLVED
        visit.factor = self._floor.factor(visit)
        if is_break:
            visit.freed, visit.rested = now, carried.until - now
            self._clock.call(carried.until, EventOrder.FREED, visit.customer, lambda _: self._floor.finish(visit))
            return True
        visit.wrap = carried.until - now if not isnan(carried.until) else self._wrap_left(visit)
        self._handover.release(visit)
        return True

    def _wrap_left(self, visit: Visit) -> float:
        """Return how much after-call work is left, given that it has lasted since the visit began."""
        age = self._clock.now - visit.began
        law = self._wrap_law[visit.step]
        return max(self._draws.time_beyond(visit, Purpose.WRAP, law, age / visit.factor) * visit.factor - age, 0.0)


def carried_of(present: Present) -> list[Carried]:
    """Return the contacts that began before the run, in order of the customers."""
    return [Carried(*row) for row in zip(*(column.tolist() for column in present), strict=True)]
