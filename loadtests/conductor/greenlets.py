"""Greenlets of the conductor: how it sleeps, and how those that send get their tasks."""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent.hub import Waiter

from loadtests.conductor.agenda import Task
from loadtests.ledger import Attempt

__all__ = ["Due", "Sender", "Sleep"]

Due = tuple[Task, Attempt]
"""A task that may be sent, and its record, which is in the ledger."""


class Sleep:
    """A wait that ends at an instant, or before; without the watchers and call-backs of an event with a timeout."""

    def __init__(self) -> None:
        self._waiter: Waiter[None] = Waiter()

    def begin(self, seconds: float) -> None:
        """Wait until the time is over or `end` is called by another greenlet."""
        waiter: Waiter[None] = Waiter()
        self._waiter = waiter
        timer = gevent.get_hub().loop.timer(seconds)
        timer.start(waiter.switch, None, update=True)
        try:
            waiter.get()
        finally:
            timer.close()

    def end(self) -> None:
        """End the wait."""
        gevent.get_hub().loop.run_callback(self._waiter.switch, None)


class Sender:
    """A greenlet with its own connection; it gets one task at a time."""

    def __init__(self, send: Callable[[Sender, Due], None], due: Due) -> None:
        self._waiter: Waiter[Due] = Waiter()
        self.greenlet = gevent.spawn(send, self, due)

    def wake(self, due: Due) -> None:
        """Hand over a task."""
        gevent.get_hub().loop.run_callback(self._waiter.switch, due)

    def wait(self) -> Due:
        """Wait for a task."""
        self._waiter.clear()
        return self._waiter.get()
