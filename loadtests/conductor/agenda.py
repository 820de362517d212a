"""Agenda of a load: the order in which requests are sent; it knows no clock and no network.

Requests wait in the trace itself, which is in order of due. Only departures from that order cost memory: the rows that
are due while their journey is busy, and a heap of retries. A journey that pauses costs nothing.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Agenda", "Task"]


class Task(NamedTuple):
    """One attempt to be made."""

    ready: float  # the instant from which it may be sent
    row: int
    attempt: int = 1


class Agenda:
    """Hands out requests when they are due; of each journey, one at a time and in order.

    Parameters
    ----------
    due
        The instant of each row, seconds since the run's start, ascending.
    journey
        The journey of each row; the rows of a journey are in its order.
    """

    def __init__(self, due: NDArray[np.float64], journey: NDArray[np.int32]) -> None:
        self._due = due.item
        self._journey = journey.item
        self._rows = len(due)
        self._next = 0
        self._busy: set[int] = set()
        self._held: dict[int, deque[int]] = {}
        self._retries: list[Task] = []

    @property
    def done(self) -> bool:
        """Tell whether every request was sent and answered."""
        return self._next == self._rows and not self._busy

    def next_at(self) -> float:
        """Return the instant at which the next request is due; infinity if there is none."""
        due = self._due(self._next) if self._next < self._rows else inf
        return min(due, self._retries[0].ready) if self._retries else due

    def pop(self, now: float) -> Task | None:
        """Return a request that is due, and mark its journey busy.

        Parameters
        ----------
        now
            The present instant.

        Returns
        -------
        Task | None
            ``None`` if nothing is due.
        """
        if self._retries and self._retries[0].ready <= now:
            return heappop(self._retries)
        while self._next < self._rows and (due := self._due(self._next)) <= now:
            row = self._next
            self._next += 1
            journey = self._journey(row)
            if journey not in self._busy:
                self._busy.add(journey)
                return Task(due, row)
            self._held.setdefault(journey, deque()).append(row)
        return None

    def take_held(self) -> list[Task]:
        """Return the requests that are due, and wait until their journey's previous one is over; they wait no longer.

        Returns
        -------
        list[Task]
            In the order of their journeys.
        """
        held = [Task(self._due(row), row) for rows in self._held.values() for row in rows]
        self._held.clear()
        return held

    def retry(self, task: Task, at: float) -> None:
        """Schedule another attempt of a request; its journey stays busy.

        Parameters
        ----------
        task
            The attempt that failed.
        at
            The instant of the next attempt.
        """
        heappush(self._retries, Task(at, task.row, task.attempt + 1))

    def finish(self, task: Task, now: float) -> Task | None:
        """Note that a request is over, acknowledged or not.

        Parameters
        ----------
        task
            Its last attempt.
        now
            The present instant.

        Returns
        -------
        Task | None
            The journey's next request, if it is due already; it may be sent at once.
        """
        journey = self._journey(task.row)
        held = self._held.get(journey)
        if held:
            return Task(now, held.popleft())
        self._held.pop(journey, None)
        self._busy.discard(journey)
        return None
