"""A SimPy environment that schedules by instant, in the order of ADR 2, and processes that begin at once."""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappush
from typing import Any

from simpy import Environment, Event

from sim.engine.order import EventOrder

__all__ = ["Clock", "InlineProcess", "ProcessGenerator"]

ProcessGenerator = Generator[Event, None, None]


class Clock(Environment):
    """Schedules by instant: ``now + (t - now)`` need not be ``t``, and equal logs need equal instants."""

    def at(self, instant: float, order: EventOrder, number: int) -> Event:
        """Return an event that will happen at an instant; order and number place it among those of the same instant."""
        event = Event(self)
        event._ok = True  # noqa: SLF001 - as simpy.Timeout, which knows delays only
        event._value = None  # noqa: SLF001 - as above
        heappush(self._queue, (instant, order + number, next(self._eid), event))  # type: ignore[misc]
        return event

    def call(self, instant: float, order: EventOrder, number: int, action: Callable[[Any], None]) -> None:
        """Call a function at an instant."""
        self.at(instant, order, number).callbacks.append(action)


class InlineProcess:
    """A process that begins inside of the event that starts it, and whose end nobody waits for.

    It needs no events of its own, where a `simpy.Process` has one for its beginning and one for its end.
    """

    __slots__ = ("_steps",)

    def __init__(self, steps: ProcessGenerator) -> None:
        self._steps = steps
        self._go_on(None)

    def _go_on(self, _event: Event | None) -> None:
        for event in self._steps:
            event.callbacks.append(self._go_on)
            return
