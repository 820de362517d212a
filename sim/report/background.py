"""Drawing of a report in a second process, which loads matplotlib while the simulation or the load runs.

`sojourn run` of a day then takes 1.4 to 1.6 s instead of 2.1 s on two cores (benchmarks/ENGINE.md).
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.core import interrupts
from sim.core.children import Child, child, forks
from sim.core.errors import SojournError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Estimates

__all__ = ["BackgroundReport", "InlineReport", "ReportInputs", "background_report"]

_POLL = 0.05  # seconds, after which an interrupt is noticed
_LONGEST = 1.0  # seconds after an interrupt for which the report of a run is waited for


class ReportInputs(NamedTuple):
    """The arguments of `sim.report.page.write_report`."""

    folder: Path
    plan: Plan
    manifest: Mapping[str, Any]
    estimates: Estimates
    flows: NDArray[np.float64]


def page_of_run() -> Callable[..., object]:
    """Load what draws the report of a run, and return it; its arguments are `ReportInputs`."""
    from sim.report.page import write_report

    return write_report


class InlineReport:
    """A report drawn in this process, where processes do not fork: a new process would have to import everything."""

    def __init__(self, load: Callable[[], Callable[..., object]]) -> None:
        self._load = load

    def write_report(self, inputs: tuple[Any, ...]) -> None:
        """Write a report.

        Parameters
        ----------
        inputs
            The folder and the results to be shown.
        """
        self._load()(*inputs)

    def wait(self, longest: float = _LONGEST) -> bool:  # noqa: ARG002 - it is written
        """Return at once that the report is written."""
        return True


class BackgroundReport:
    """A report that another process draws."""

    def __init__(self, drawing: Child, advice: str) -> None:
        self._drawing, self._advice = drawing, advice

    def write_report(self, inputs: tuple[Any, ...]) -> None:
        """Start to write a report; it is complete after `wait`.

        Parameters
        ----------
        inputs
            The folder and the results to be shown.
        """
        with suppress(BrokenPipeError, ConnectionResetError):  # `wait` says why
            self._drawing.connection.send(inputs)

    def wait(self, longest: float = _LONGEST) -> bool:
        """Wait until the report is written.

        Parameters
        ----------
        longest
            Seconds after an interrupt, at most.

        Returns
        -------
        bool
            Whether it is; otherwise it will not be any more.

        Raises
        ------
        SojournError
            The report could not be drawn.
        """
        process, connection = self._drawing.process, self._drawing.connection
        while not connection.poll(_POLL):
            if interrupts.seconds_since() > longest:
                self._drawing.end()
                return False
        try:
            trouble = str(connection.recv())
        except (EOFError, ConnectionResetError):
            process.join()
            trouble = f"exit code {process.exitcode}"
        if trouble:
            raise SojournError(f"the report could not be drawn: {trouble}; {self._advice}")
        return True


@contextmanager
def background_report(
    load: Callable[[], Callable[..., object]] = page_of_run, advice: str = "give --no-report to skip it"
) -> Iterator[BackgroundReport | InlineReport]:
    """Fork a process that loads matplotlib and then waits for the report's inputs; end it afterwards.

    Enter this after the imports, which the process shares. Ctrl-C and SIGTERM do not end the process.

    Parameters
    ----------
    load
        Loads what draws the report, and returns it.
    advice
        What to do if it could not be drawn.
    """
    if not forks():
        yield InlineReport(load)
        return
    with child(_serve, load) as drawing:
        yield BackgroundReport(drawing, advice)


def _serve(connection: Connection, load: Callable[[], Callable[..., object]]) -> None:
    """Wait for one report's inputs, draw it, and send back an error message, empty if all went well."""
    draw = load()
    with suppress(EOFError, OSError):
        inputs = connection.recv()
        try:
            draw(*inputs)
        except Exception as error:  # noqa: BLE001 - the parent raises it
            connection.send(f"{type(error).__name__}: {error}")
        else:
            connection.send("")
