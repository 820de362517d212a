"""Drawing of the report in a second process, which loads matplotlib while the simulation runs.

`sojourn run` of a day then takes 1.4 to 1.6 s instead of 2.1 s on two cores (benchmarks/ENGINE.md).
"""

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

__all__ = ["BackgroundReport", "InlineReport", "ReportInputs", "background_report"]

_INTERRUPTS = {signal.SIGINT, signal.SIGTERM}


class ReportInputs(NamedTuple):
    """The arguments of `sim.report.page.write_report`."""

    folder: Path
    plan: Plan
    manifest: Mapping[str, Any]
    estimates: Estimates
    flows: NDArray[np.float64]


class InlineReport:
    """A report drawn in this process, where processes do not fork: a new process would have to import everything."""

    def write_report(self, inputs: ReportInputs) -> None:
        """Write a report.

        Parameters
        ----------
        inputs
            The folder and the results to be shown.
        """
        from sim.report.page import write_report

        write_report(*inputs)

    def wait(self) -> None:
        """Return at once: the report is written."""


class BackgroundReport:
    """A report that another process draws; ``connection`` is this end of the pipe to the process."""

    def __init__(self, process: BaseProcess, connection: Connection) -> None:
        self._process, self._connection = process, connection

    def write_report(self, inputs: ReportInputs) -> None:
        """Start to write a report; it is complete after `wait`.

        Parameters
        ----------
        inputs
            The folder and the results to be shown.
        """
        with suppress(BrokenPipeError, ConnectionResetError):  # `wait` says why
            self._connection.send(inputs)

    def wait(self) -> None:
        """Wait until the report is written.

        Raises
        ------
        SojournError
            The report could not be drawn.
        """
        try:
            trouble = str(self._connection.recv())
        except (EOFError, ConnectionResetError):
            self._process.join()
            trouble = f"exit code {self._process.exitcode}"
        if trouble:
            raise SojournError(f"the report could not be drawn: {trouble}; give --no-report to skip it")


@contextmanager
def background_report() -> Iterator[BackgroundReport | InlineReport]:
    """Fork a process that loads matplotlib and then waits for the report's inputs; end it afterwards.

    Enter this after the imports, which the process shares, and before any other thread starts.

    Yields
    ------
    BackgroundReport or InlineReport
        Ctrl-C and SIGTERM do not end the process.
    """
    if "fork" not in multiprocessing.get_all_start_methods() or sys.platform == "darwin":
        yield InlineReport()
        return
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(here, there), daemon=True)
    with _interrupts_blocked():
        process.start()
    there.close()
    try:
        yield BackgroundReport(process, here)
    finally:
        here.close()
        process.kill()
        process.join()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block interrupts while the process starts, so that a Ctrl-C then ends only its parent."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(parents_end: Connection, connection: Connection) -> None:
    """Wait for one report's inputs, draw it, and send back an error message, empty if all went well."""
    parents_end.close()  # otherwise this process would not notice that its parent has gone
    for interrupt in _INTERRUPTS:
        signal.signal(interrupt, signal.SIG_IGN)
    from sim.report.page import write_report

    with suppress(EOFError, OSError):
        inputs = connection.recv()
        try:
            write_report(*inputs)
        except Exception as error:  # noqa: BLE001 - the parent raises it
            connection.send(f"{type(error).__name__}: {error}")
        else:
            connection.send("")
