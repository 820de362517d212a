"""Lists of customers who are called when agents are idle."""

from __future__ import annotations

from collections import deque
from math import floor

from simpy import Event

from sim.engine.plan import Plan
from sim.engine.reference.clock import Clock
from sim.engine.reference.crew import Crew

__all__ = ["Dialer"]


class Dialer:
    """Dials the next on its list while more agents are idle than are kept for whoever calls in."""

    __slots__ = ("_clock", "_crew", "_keep", "_list", "_per", "_under_way", "group", "reach", "step")

    def __init__(self, clock: Clock, plan: Plan, row: int, crews: list[Crew]) -> None:
        of = plan.dialers
        self.step, self.group, self.reach = int(of.step[row]), int(of.group[row]), float(of.reach[row])
        self._clock, self._crew = clock, crews[self.group]
        self._keep, self._per = int(of.keep[row]), float(of.per[row])
        self._list: deque[Event] = deque()
        self._under_way = 0

    def put(self) -> Event:
        """Put a customer on the list; the event happens when they are dialed."""
        turn = Event(self._clock)
        self._list.append(turn)
        self.dial()
        return turn

    def answered(self) -> None:
        """Note that somebody answered, who now takes one of the idle agents."""
        self._under_way -= 1

    def unanswered(self) -> None:
        """Note that nobody answered, and dial the next."""
        self._under_way -= 1
        self.dial()

    def dial(self) -> None:
        """Dial as many as the idle agents are worth."""
        while self._list and self._under_way < floor(self._per * (self._crew.idle() - self._keep)):
            self._under_way += 1
            self._list.popleft().succeed()
