"""The agent after a visit: after-call work, breaks, warm transfers and conferences."""

from __future__ import annotations

from itertools import pairwise
from math import isnan

from sim.engine.order import EventOrder
from sim.engine.plan import Plan, Result, Stay
from sim.engine.reference.clock import Clock
from sim.engine.reference.draws import Draws
from sim.engine.reference.floor import Floor
from sim.engine.reference.visit import Customer, Visit

__all__ = ["Handover"]


class Handover:
    """Releases agents after a visit, or lets them hand the customer over."""

    def __init__(self, clock: Clock, plan: Plan, floor: Floor, draws: Draws) -> None:
        self._clock, self._floor, self._draws = clock, floor, draws
        self._transfers: list[dict[int, int]] = [
            dict(zip(plan.transfer_step[a:b].tolist(), plan.transfer_stays[a:b].tolist(), strict=True))
            for a, b in pairwise(plan.transfer_ptr.tolist())
        ]

    def hand_over(self, visit: Visit, customer: Customer) -> None:
        """Let the agent of a visit wrap up or stay with the customer; release the agent who stayed until now."""
        before, customer.before = customer.before, None
        served = not isnan(visit.started)
        if before is not None and (before.stays_until == Stay.CONFERENCE or not served):
            self.release(before)
        if visit.group < 0 or not served:
            return
        visit.wrap = self._draws.wrap[visit.step](visit) * visit.factor
        transfers = self._transfers[visit.step]
        if transfers and visit.next in transfers and visit.result == Result.HANDLED:
            visit.stays_until = transfers[visit.next]
            customer.before = visit
        else:
            self.release(visit)

    def let_go(self, customer: Customer) -> None:
        """Release the agent who stays with a customer, if one does: the customer hangs up."""
        before, customer.before = customer.before, None
        if before is not None:
            self.release(before)

    def introduce(self, before: Visit, visit: Visit) -> float:
        """Let the agent who stayed hand the customer over; return how long it takes."""
        time = self._draws.handover[before.step](before)
        self._clock.call(visit.started + time, EventOrder.FREED, visit.customer, lambda _: self.release(before))
        return time

    def release(self, visit: Visit) -> None:
        """Let an agent do the after-call work."""
        now = self._clock.now
        visit.stayed = now - visit.ended
        visit.freed = now + visit.wrap
        if visit.freed > now:
            self._floor.wrap_up(visit).callbacks.append(lambda _: self._rest(visit))
        else:
            self._rest(visit)

    def _rest(self, visit: Visit) -> None:
        """Let an agent perhaps take a break, unless they are about to leave, and be free."""
        rest = self._draws.break_time(visit)
        if rest and not self._floor.is_leaving(visit):
            visit.rested = rest
            self._clock.call(
                self._clock.now + rest, EventOrder.FREED, visit.customer, lambda _: self._floor.finish(visit)
            )
        else:
            self._floor.finish(visit)
