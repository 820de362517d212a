"""Lists of customers who are called when agents are idle and a line is free."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from math import floor

from simpy import Event

from sim.engine.plan import Plan
from sim.engine.reference.clock import Clock
from sim.engine.reference.crew import Crew
from sim.engine.reference.lines import Lines
from sim.engine.reference.visit import Customer

__all__ = ["Dialer"]


class Dialer:
    """Dials the next on its list while more agents are idle than are kept for whoever calls in.

    A call takes a line of the step that follows, and the customer who answers keeps it.
    """

    __slots__ = (
        *("_clock", "_counted", "_crew", "_extra", "_hours", "_keep", "_least", "_lines", "_list", "_per_idle"),
        *("_reach", "_reach_days", "_row", "_under_way", "_when_freed", "begins", "group", "line", "step"),
    )

    def __init__(self, clock: Clock, plan: Plan, row: int, crews: list[Crew], lines: Lines) -> None:
        dialers = plan.dialers
        self.step, self.group, self.line = int(dialers.step[row]), int(dialers.group[row]), int(dialers.line[row])
        spans = slice(dialers.open_ptr[row], dialers.open_ptr[row + 1])
        self.begins: list[float] = dialers.open_from[spans].tolist()
        self._hours = self.begins, dialers.open_until[spans].tolist()
        self._when_freed = bool(dialers.when_freed[row])
        self._reach_days = int(dialers.reach_days[row])
        rows = [row] if self._reach_days < 0 else set(plan.day_values[self._reach_days].tolist())
        self._reach = {number: _reach_of(plan, number) for number in rows}
        self._row = row
        self._clock, self._crew, self._lines = clock, crews[self.group], lines
        self._counted = [crews[number] for number in dialers.idle_groups[slice(*dialers.idle_ptr[row : row + 2])]]
        self._least, self._keep, self._per_idle = int(dialers.least[row]), int(dialers.keep[row]), dialers.per.item(row)
        self._extra = int(dialers.extra[row])
        self._list: deque[tuple[Customer, Event]] = deque()
        self._under_way = 0

    def put(self, customer: Customer) -> Event:
        """Put a customer on the list; return the event of the call."""
        turn, was_empty = Event(self._clock), not self._list
        self._list.append((customer, turn))
        self.dial(anew=was_empty)
        return turn

    def reach(self, called: float) -> float:
        """Return the probability that a customer answers who is called at an instant."""
        days = self._reach_days
        begins, shares = self._reach[self._row if days < 0 else self._clock.on_day(days, called)]
        return float(shares[bisect_right(begins, self._clock.time_of_day(called)) - 1])

    def dial(self, *, anew: bool = False) -> None:
        """Dial as many as the idle agents are worth, and as there are lines for.

        ``anew`` says that an agent has got free, that the hours begin, or that the list was empty.
        """
        if not self._list or (self._when_freed and not anew) or not self._is_open():
            return
        idle = sum(crew.idle() for crew in self._counted)
        further = min(idle - self._keep, self._crew.idle())
        if further <= 0 or idle < self._least:
            return
        most = floor(self._per_idle * further) + self._extra
        while self._list and self._under_way < most and self._lines.is_free(self.line):
            self._under_way += 1
            customer, turn = self._list.popleft()
            self._lines.take_line(customer, self.line)
            turn.succeed()

    def end_call(self, *, answered: bool) -> None:
        """End a call; whoever answered takes one of the idle agents next, otherwise the next customer is dialed."""
        self._under_way -= 1
        if not answered:
            self.dial()

    def _is_open(self) -> bool:
        """Return whether it dials at this time."""
        (begins, ends), now = self._hours, self._clock.now
        span = bisect_right(begins, now) - 1
        return span >= 0 and bool(now < ends[span])


def _reach_of(plan: Plan, row: int) -> tuple[list[float], list[float]]:
    """Return a row of probabilities of an answer: from which time of day on, and how large."""
    changes = slice(plan.dialers.reach_ptr[row], plan.dialers.reach_ptr[row + 1])
    return plan.dialers.reach_begin[changes].tolist(), plan.dialers.reach[changes].tolist()
