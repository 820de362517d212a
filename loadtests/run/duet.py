"""Duet: the two runs of a pair at the same time, so that what disturbs the machine disturbs both."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from statistics import fmean
from threading import Event
from typing import TYPE_CHECKING, Final, TypeVar

from loadtests.faults.endpoint import address_of
from sim.core.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from loadtests.run.duel_result import Side

__all__ = ["check_duet", "run_together"]

T = TypeVar("T")

_POLL: Final = 0.2


def run_together(jobs: Sequence[Callable[[Callable[[float], None]], T]], progress: Callable[[float], None]) -> list[T]:
    """Run jobs at the same time, each in a thread of its own.

    When one fails, or an interrupt comes, the progress of the others raises ``KeyboardInterrupt``, by which a load run
    ends in good order.

    Parameters
    ----------
    jobs
        Called with their progress, in this order.
    progress
        Called with the mean of the shares that are done.

    Returns
    -------
    list
        What the jobs have returned, in their order.

    Raises
    ------
    Exception
        That of the first job that failed.
    """
    stopped = Event()
    shares = [0.0] * len(jobs)

    def report(index: int, share: float) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        shares[index] = share

    with ThreadPoolExecutor(len(jobs)) as threads:
        waiting = {threads.submit(job, partial(report, index)): index for index, job in enumerate(jobs)}
        futures = tuple(waiting)
        try:
            while waiting and not stopped.is_set():
                for future in wait(waiting, _POLL).done:
                    del waiting[future]
                    if future.exception() is not None:
                        stopped.set()
                progress(fmean(shares))
        except KeyboardInterrupt:
            stopped.set()
        except BaseException:
            stopped.set()
            raise
    return [future.result() for future in futures]


def check_duet(a: Side, b: Side, *, calibration: bool) -> None:
    """Check that two endpoints can be loaded at the same time, and be told apart.

    Parameters
    ----------
    a, b
        The endpoints, which answer.
    calibration
        Whether A may be compared with itself.

    Raises
    ------
    InvalidInput
        They are one endpoint, or one process; all problems at once.
    """
    problems = []
    if not calibration and _addresses(a.host) & _addresses(b.host):
        message = f"{b.host} is the endpoint of --a; serve the build to judge at an address of its own"
        problems.append(Problem("--b", "", message))
    if a.process is not None and a.process == b.process:
        message = f"process {a.process} serves both runs of a pair at once; give each endpoint its own, or leave it out"
        problems.append(Problem("--b-process", "", message))
    if problems:
        raise InvalidInput(problems)


def _addresses(host: str) -> set[tuple[str, int]]:
    """Return the addresses of a URL's host."""
    name, port = address_of(host)
    known = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return {(str(address[0]), port) for *_, address in known}
