"""The report, drawn by a process of its own that gets ready meanwhile: matplotlib takes as long as a day's run."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sim.core.errors import SojournError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Estimates

__all__ = ["Apart", "drawing_apart"]


class Apart:
    """A process that waits for what it shall draw.

    Parameters
    ----------
    process
        Which runs this module.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def write_report(
        self,
        folder: Path,
        plan: Plan,
        manifest: Mapping[str, Any],
        estimates: Estimates,
        flows: NDArray[np.float64],
    ) -> None:
        """Let a report be written; it is there after `wait`.

        Parameters
        ----------
        folder, plan, manifest, estimates, flows
            As for `sim.report.page.write_report`.
        """
        assert self._process.stdin is not None
        try:
            pickle.dump((folder, plan, manifest, estimates, flows), self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # `wait` says why

    def wait(self) -> None:
        """Wait until the report is written.

        Raises
        ------
        SojournError
            It cannot be.
        """
        _, said = self._process.communicate()
        if self._process.returncode:
            lines = said.decode(errors="replace").strip().splitlines() or [f"exit code {self._process.returncode}"]
            raise SojournError(f"the report could not be drawn: {lines[-1]}; give --no-report to do without it")


@contextmanager
def drawing_apart() -> Iterator[Apart]:
    """Give a process that gets ready to draw, and is gone afterwards.

    Yields
    ------
    Apart
        Ctrl-C does not reach it.
    """
    paths = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-m", "sim.report.apart"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths},
        start_new_session=True,
    )
    with process:
        try:
            yield Apart(process)
        finally:
            process.kill()


def _serve() -> None:
    """Draw the report that is asked for, if one is."""
    from sim.report.page import write_report

    try:
        asked = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that began this one
    except EOFError:
        return
    write_report(*asked)


if __name__ == "__main__":
    _serve()
