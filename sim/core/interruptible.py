"""Work of compiled code that polls no interrupt: another thread does it, and an interrupt leaves it there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

from sim.core import interrupts

__all__ = ["result_of", "wait_for"]

T = TypeVar("T")

_POLL = 0.05  # seconds


def wait_for(work: Callable[[], T]) -> T:
    """Return the result of work; after an interrupt, leave it and raise ``KeyboardInterrupt``.

    Parameters
    ----------
    work
        Compiled code that lets other threads run. Where the command line does not watch for interrupts, it is done
        here.
    """
    if not interrupts.watches():
        return work()
    outcome: Future[T] = Future()

    def do() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - who waits raises it
            outcome.set_exception(error)

    Thread(target=do, name="interruptible", daemon=True).start()
    return result_of(outcome)


def result_of(outcome: Future[T]) -> T:
    """Return the result of another thread's work; raise ``KeyboardInterrupt`` if an interrupt comes before.

    Parameters
    ----------
    outcome
        Of the work.
    """
    while not outcome.done():
        interrupts.check()
        wait([outcome], _POLL)
    return outcome.result()
