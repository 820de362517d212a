"""Heartbeat of a generator: how late its own loop is, whatever the endpoint does."""

from __future__ import annotations

from array import array
from time import perf_counter
from typing import Final

import gevent

__all__ = ["Heartbeat"]

_PERIOD: Final = 0.01
"""Seconds between two beats."""


class Heartbeat:
    """Wants to wake every 10 ms, and measures how late it does.

    It waits for no answer, so what it measures is the generator's alone: work for other requests, the garbage
    collector, or another program on the same processor. Beats that were missed count, each with its own lateness;
    otherwise a pause of a second would count as little as one of 10 ms.
    """

    def __init__(self) -> None:
        self.late = array("f")
        """Seconds, one value per beat."""

    def beat(self) -> None:
        """Measure until killed."""
        due = perf_counter()
        while True:
            due += _PERIOD
            gevent.sleep(max(due - perf_counter(), 0.0))
            now = perf_counter()
            self.late.append(max(now - due, 0.0))
            while due + _PERIOD <= now:
                due += _PERIOD
                self.late.append(now - due)
