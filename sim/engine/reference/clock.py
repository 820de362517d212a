"""A SimPy environment that schedules by instant, in the order of ADR 2, and processes that begin at once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from heapq import heappop, heappush
from typing import Any

from simpy import Environment, Event

from sim.core.time_of_day import ClockChanges, wall_time
from sim.core.units import DAY
from sim.engine.order import EventOrder
from sim.numerics.time_grid import HALF_MICROSECOND

__all__ = ["Clock", "InlineProcess", "ProcessGenerator"]

ProcessGenerator = Generator[Event, None, None]
_OVERFLOWED = int(EventOrder.OVERFLOWED)
_END = -1  # before all that happens at the instant


class Clock(Environment):
    """Schedules by instant: ``now + (t - now)`` need not be ``t``, and equal logs need equal instants.

    Deadlines of waits have a heap of their own, because they let all go first that happens within half a microsecond.
    """

    def __init__(self, changes: ClockChanges, day_values: Sequence[list[int]] = ()) -> None:
        super().__init__()
        self._changes = changes.since.tolist(), changes.ahead.tolist(), len(changes.since)
        self._day_values = day_values
        self._deadlines: list[tuple[float, int, int, Event]] = []

    def at(self, instant: float, order: EventOrder, number: int) -> Event:
        """Return an event that will happen at an instant; order and number place it among those of the same instant."""
        event = Event(self)
        event._ok = True  # noqa: SLF001 - as simpy.Timeout, which knows delays only
        event._value = None  # noqa: SLF001 - as above
        heap = self._queue if order < _OVERFLOWED else self._deadlines
        heappush(heap, (instant, order + number, next(self._eid), event))  # type: ignore[misc]
        return event

    def time_of_day(self, instant: float | None = None) -> float:
        """Return the seconds after midnight that the wall clock shows now, or at an instant."""
        return self._wall(instant) % DAY

    def on_day(self, row: int, instant: float | None = None) -> int:
        """Return what a row of `Plan.day_values` holds today, or on the day of an instant."""
        values = self._day_values[row]
        return values[min(int(self._wall(instant) // DAY), len(values) - 1)]

    def _wall(self, instant: float | None) -> float:
        return wall_time(self._now if instant is None else instant, *self._changes)

    def run(self, until: Any = None) -> None:
        """Let events happen, as `simpy.Environment.run`, until an instant at which nothing happens any more."""
        queue, deadlines = self._queue, self._deadlines
        heappush(queue, (until, _END, next(self._eid), Event(self)))  # type: ignore[misc]
        while True:
            instant, order, _, event = queue[0]
            if deadlines and deadlines[0][0] < instant and _goes_first(deadlines[0], instant, order):
                due, _, _, event = heappop(deadlines)
                if due > self._now:  # noqa: PLR1730 - a call of `max` takes three times as long
                    self._now = due
            else:
                self._now = instant
                heappop(queue)
                if order == _END:
                    return
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)

    def call(self, instant: float, order: EventOrder, number: int, action: Callable[[Any], None]) -> None:
        """Call a function at an instant."""
        self.at(instant, order, number).callbacks.append(action)


def _goes_first(deadline: tuple[float, int, int, Event], instant: float, order: int) -> bool:
    """Return whether a deadline comes before an event, though it lets half a microsecond pass."""
    return (deadline[0] + HALF_MICROSECOND, deadline[1]) < (instant, order)


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
