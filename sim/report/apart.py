"""The report, drawn by a process of its own: matplotlib is loaded while the simulation runs, which takes as long."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.core.errors import SojournError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Estimates

__all__ = ["Apart", "Asked", "Here", "drawing_apart"]

_INTERRUPTS = {signal.SIGINT, signal.SIGTERM}


class Asked(NamedTuple):
    """What `sim.report.page.write_report` is given."""

    folder: Path
    plan: Plan
    manifest: Mapping[str, Any]
    estimates: Estimates
    flows: NDArray[np.float64]


class Here:
    """Draws at once: where processes do not fork, one more would load everything again, and the caller's script too."""

    def write_report(self, asked: Asked) -> None:
        """Write a report.

        Parameters
        ----------
        asked
            What it is of.
        """
        from sim.report.page import write_report

        write_report(*asked)

    def wait(self) -> None:
        """Return: it is there."""


class Apart:
    """Lets a report be drawn by a process that has got ready to.

    Parameters
    ----------
    process, connection
        The process that waits for what it shall draw, and the way to it.
    """

    def __init__(self, process: BaseProcess, connection: Connection) -> None:
        self._process, self._connection = process, connection

    def write_report(self, asked: Asked) -> None:
        """Let a report be written; it is there after `wait`.

        Parameters
        ----------
        asked
            What it is of.
        """
        with suppress(BrokenPipeError, ConnectionResetError):  # `wait` says why
            self._connection.send(asked)

    def wait(self) -> None:
        """Wait until the report is written.

        Raises
        ------
        SojournError
            It cannot be.
        """
        try:
            trouble = str(self._connection.recv())
        except (EOFError, ConnectionResetError):
            self._process.join()
            trouble = f"exit code {self._process.exitcode}"
        if trouble:
            raise SojournError(f"the report could not be drawn: {trouble}; give --no-report to do without it")


@contextmanager
def drawing_apart() -> Iterator[Apart | Here]:
    """Give a process that gets ready to draw, and is gone afterwards.

    It is forked, so that it has all that this one has loaded; there should be no other thread that does something.

    Yields
    ------
    Apart or Here
        Ctrl-C and SIGTERM do not end it.
    """
    if "fork" not in multiprocessing.get_all_start_methods() or sys.platform == "darwin":
        yield Here()
        return
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(here, there), daemon=True)
    with _undisturbed():
        process.start()
    there.close()
    try:
        yield Apart(process, here)
    finally:
        here.close()
        process.kill()
        process.join()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let a process start that only its parent ends, not even what interrupts both while it starts."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(unused: Connection, connection: Connection) -> None:
    """Draw the report that is asked for, if one is, and say what went wrong."""
    unused.close()  # else this process would not notice that the other one has gone
    for interrupt in _INTERRUPTS:
        signal.signal(interrupt, signal.SIG_IGN)
    from sim.report.page import write_report

    with suppress(EOFError, OSError):
        asked = connection.recv()
        try:
            write_report(*asked)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told by whoever asked
            connection.send(f"{type(error).__name__}: {error}")
        else:
            connection.send("")
