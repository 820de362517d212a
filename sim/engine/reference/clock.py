"""A SimPy environment whose events happen at exact instants, in one written order."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from heapq import heappush
from typing import Any

from simpy import Environment, Event, Process
from simpy.events import PENDING, ProcessGenerator

__all__ = ["At", "Begun", "Clock"]


class At(IntEnum):
    """What happens first at one instant (ADR 2); among the same kind, the customer who came first.

    SimPy's own priorities 0 and 1 stay below, so the consequences of an event come before the next event.
    """

    STAFF = 1 << 40  # agents come on duty or leave
    FREED = 2 << 40  # after-call work ends
    LEFT = 3 << 40  # service, self-service or a pause ends
    ARRIVED = 4 << 40  # a new customer
    GAVE_UP = 5 << 40  # last, so a customer with no patience still gets an idle agent


class Clock(Environment):
    """Schedules by instant: ``now + (t - now)`` need not be ``t``, and equal logs need equal instants."""

    def at(self, instant: float, kind: At, who: int) -> Event:
        """Return an event that will happen at an instant.

        Parameters
        ----------
        instant
            Seconds, not before now.
        kind, who
            Its place among the events of the same instant.

        Returns
        -------
        Event
            To be yielded by a process.
        """
        event = Event(self)
        event._ok = True  # noqa: SLF001 - as simpy.Timeout, which knows delays only
        event._value = None  # noqa: SLF001 - as above
        heappush(self._queue, (instant, kind + who, next(self._eid), event))  # type: ignore[misc]
        return event

    def call(self, instant: float, kind: At, who: int, action: Callable[[Any], None]) -> None:
        """Call a function at an instant.

        Parameters
        ----------
        instant, kind, who
            As for `at`.
        action
            Called with the event.
        """
        self.at(instant, kind, who).callbacks.append(action)


class Begun(Process):
    """A process that begins at once, inside of the event that brings it about, and so needs no event of its own."""

    def __init__(self, clock: Clock, generator: ProcessGenerator, cause: Event) -> None:
        self.env = clock
        self.callbacks = []
        self._value = PENDING
        self._generator = generator
        self._resume(cause)
