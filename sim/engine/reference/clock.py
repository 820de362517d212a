"""A SimPy environment whose events happen at exact instants, in one written order."""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import IntEnum
from heapq import heappush
from typing import Any

from simpy import Environment, Event

__all__ = ["At", "Clock", "Story"]


class At(IntEnum):
    """What happens first at one instant (ADR 2); among the same kind, the customer who came first.

    SimPy's own priorities 0 and 1 stay below, so the consequences of an event come before the next event.
    """

    STAFF = 1 << 40  # agents come on duty or leave
    FREED = 2 << 40  # after-call work ends
    LEFT = 3 << 40  # service, self-service or a pause ends
    CLOSED = 4 << 40  # a queue closes on those who wait
    ARRIVED = 5 << 40  # a new customer
    OVERFLOWED = 6 << 40  # a contact may turn to further agents
    GAVE_UP = 7 << 40  # last, so a customer with no patience still gets an idle agent


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


class Story:
    """A process that begins at once, inside of the event that brings it about, and whose end nobody waits for.

    It needs no events of its own, where a `simpy.Process` has one for its beginning and one for its end.
    """

    __slots__ = ("_steps",)

    def __init__(self, steps: Generator[Event, None, None]) -> None:
        self._steps = steps
        self._go_on(None)

    def _go_on(self, _event: Event | None) -> None:
        for event in self._steps:
            event.callbacks.append(self._go_on)
            return
