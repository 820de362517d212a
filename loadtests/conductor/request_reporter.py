"""Report of the attempts to Locust, for its statistics, its web UI, and listeners of users."""

from __future__ import annotations

from array import array
from collections import deque
from math import inf
from typing import TYPE_CHECKING, Final

import gevent

from loadtests.contract import ACKNOWLEDGED, UNSENT

if TYPE_CHECKING:
    from locust.env import Environment

    from loadtests.contract import Call
    from loadtests.ledger import Attempt

__all__ = ["RequestReporter", "failure_name"]

_PAUSE: Final = 0.02
"""Seconds from one time at which attempts are reported to the next."""
_TOGETHER: Final = 64
"""Attempts that are reported before anything else may go on: some tenths of a millisecond."""
_YIELD: Final = 0.001
"""Seconds for all else; a sleep of 0 would go on before the sockets are looked at."""


def failure_name(attempt: Attempt) -> str:
    """Return the class of an attempt that failed, and the status of its answer, if there was one.

    Parameters
    ----------
    attempt
        That was not acknowledged.
    """
    name = attempt.answer_class.name.lower()
    return f"{name} {attempt.status}" if attempt.status else name


class RequestReporter:
    """Reports every attempt to Locust, several at once: while they are in the processor's cache, each is cheaper.

    Locust's response time counts from the instant at which the request was due.
    """

    def __init__(self, environment: Environment) -> None:
        self.lags = array("d")
        """Seconds, one value per attempt that was sent."""
        self._events = environment.events.request
        self._ended: deque[tuple[Call, Attempt, int]] = deque()

    def __call__(self, call: Call, attempt: Attempt, size: int) -> None:
        """Take note of an attempt that is over."""
        if attempt.answer_class not in UNSENT:
            self.lags.append(attempt.began - attempt.ready)
            self._ended.append((call, attempt, size))

    def report_for_ever(self) -> None:
        """Report until killed; a request that is due meanwhile waits for a few reports, not for all."""
        while True:
            gevent.sleep(_PAUSE)
            while self._ended:
                self.report(_TOGETHER)
                gevent.sleep(_YIELD)

    def report(self, most: float = inf) -> None:
        """Report the attempts that are over, the first of them if there are many."""
        while self._ended and most > 0:
            call, attempt, size = self._ended.popleft()
            most -= 1
            self._events.fire(  # type: ignore[no-untyped-call]  # Locust has no types there
                request_type=call.method,
                name=call.name,
                response_time=(attempt.ended - attempt.due) * 1000.0,
                response_length=size,
                exception=None if attempt.answer_class in ACKNOWLEDGED else failure_name(attempt),
                context={},
            )
