"""Demo on one scenario: simulate, compare with a baseline, serve, load, verify, judge."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from loadtests.verdict import Stage, Verdict
from sim.core import interrupts
from sim.core.children import python
from sim.core.errors import SojournError
from sojourn.api.load_test import LoadRun, load_test
from sojourn.api.simulation import RunResult, run
from sojourn.api.verdicts import judge

__all__ = ["Demo", "demo", "serving"]

SPEED = 1800.0  # half an hour a second
SECONDS = 62.0  # so that the day, the night and the next morning's resumptions are sent


@dataclass(frozen=True, eq=False)
class Demo:
    """Results of the demo."""

    run: RunResult
    load: LoadRun
    verdicts: tuple[Verdict, ...]  # of the simulation, if there is anything to judge it by, and of the load test

    @property
    def exit_code(self) -> int:
        """0 if the KPIs are right and nothing was lost; the speed of this machine does not count.

        Returns
        -------
        int
            As of `sojourn check`.
        """
        *simulated, _ = self.verdicts
        verification = self.load.result.verification
        if failed := [verdict.exit_code for verdict in simulated if verdict.exit_code]:
            return failed[0]
        return 0 if verification is not None and verification.ok and self.load.result.requests else 2

    @property
    def slow(self) -> tuple[str, ...]:
        """Messages of the checks that failed because the machine was busy or slow."""
        *_, loaded = self.verdicts
        stages = {Stage.OBJECTIVE, Stage.VALIDITY}
        return tuple(f"{check.name}: {check.message}" for check in loaded.failures if check.stage in stages)


def demo(
    scenario: Path,
    baseline: Path | None,
    out: Path,
    *,
    say: Callable[[str], None],
    speed: float = SPEED,
    seconds: float = SECONDS,
) -> Demo:
    """Run all steps on a scenario; stop the endpoint afterwards, also on failure or interrupt.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it.
    baseline
        KPIs to compare the simulation with, exactly.
    out
        Folder for the results.
    say
        Called with a sentence for each step.
    speed, seconds
        Of the load test.

    Returns
    -------
    Demo
        The results.

    Raises
    ------
    SojournError
        A step failed.
    KeyboardInterrupt
        Ctrl-C; results until then are in `out`.
    """
    with _step(say, "simulate the day, 20 times over"):
        simulated = run(scenario, out=out / "run", yes=False)
        if simulated.interrupted:
            raise KeyboardInterrupt
        interrupts.allow(0)  # the run is kept
    verdicts = []
    if baseline is not None or simulated.scenario.objectives.simulation:
        with _step(say, "compare its KPIs with the baseline" if baseline is not None else "judge its KPIs"):
            verdicts.append(judge(simulated.folder, baseline))
    with (
        interrupts.undone(partial(tempfile.TemporaryDirectory, prefix="sojourn-"), _remove) as temporary,
        temporary as folder,
        serving(Path(folder) / "journeys.db") as host,
        _step(say, f"send the same customers to {host} at {speed:g} times the speed, and read all back"),
    ):
        loaded = load_test(scenario, host=host, speed=speed, duration=seconds, out=out / "load", yes=False)
        if loaded.result.run.interrupted:
            raise KeyboardInterrupt
    with _step(say, "judge the load test"):
        verdicts.append(judge(loaded.folder))
    return Demo(simulated, loaded, tuple(verdicts))


@contextmanager
def _step(say: Callable[[str], None], step: str) -> Iterator[None]:
    say(f"{step} ...")
    began = perf_counter()
    yield
    say(f"  done in {perf_counter() - began:.1f} s")


@contextmanager
def serving(database: Path) -> Iterator[str]:
    """Serve the reference endpoint in another process inside the context.

    Parameters
    ----------
    database
        SQLite file.

    Yields
    ------
    str
        Its URL.

    Raises
    ------
    SojournError
        The endpoint did not start.
    """
    serve = ["serve", "--port", "0", "--database", str(database)]
    command, environment = python("-m", "sojourn.api.attached", str(os.getpid()), *serve)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    start = partial(subprocess.Popen, command, text=True, env=environment, start_new_session=True, **pipes)
    with interrupts.undone(start, subprocess.Popen.kill) as server:
        try:
            yield _address(server)
        finally:
            _end(server)


def _end(server: subprocess.Popen[str]) -> None:
    """End a server; after an interrupt, at once: nobody needs what it has stored."""
    if interrupts.presses():
        server.kill()
    server.terminate()
    try:
        server.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.communicate()


def _remove(folder: tempfile.TemporaryDirectory[str]) -> None:
    interrupts.remove(Path(folder.name))


def _address(server: subprocess.Popen[str]) -> str:
    line = server.stdout.readline() if server.stdout else ""
    host = line.removeprefix("listening on ").strip()
    if not host.startswith("http"):
        server.kill()
        raise SojournError(f"the reference endpoint did not start: {server.communicate()[1].strip() or 'no output'}")
    return host
