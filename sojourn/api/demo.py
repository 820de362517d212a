"""The whole line on one scenario: validate, simulate, compare, serve, load, verify, judge."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from loadtests.verdict import Stage, Verdict
from sim.core.errors import SojournError
from sojourn.api.load_test import LoadRun, load_test
from sojourn.api.simulation import RunResult, run
from sojourn.api.verdicts import judge

__all__ = ["Demo", "demo", "serving"]

SPEED = 1800.0  # half an hour a second
SECONDS = 62.0  # so that the day, the night and the next morning's resumptions are sent


@dataclass(frozen=True, eq=False)
class Demo:
    """What the demo did."""

    run: RunResult
    load: LoadRun
    verdicts: tuple[Verdict, Verdict]  # of the simulation, of the load test

    @property
    def exit_code(self) -> int:
        """0 when all worked; how fast this machine is does not count, what was lost or is different does.

        Returns
        -------
        int
            As of `sojourn check`.
        """
        simulated, _ = self.verdicts
        verification = self.load.result.verification
        if simulated.exit_code:
            return simulated.exit_code
        return 0 if verification is not None and verification.ok and self.load.result.requests else 2

    @property
    def slow(self) -> tuple[str, ...]:
        """What was missed because the machine was busy or slow, in sentences."""
        _, loaded = self.verdicts
        timing = [one for one in loaded.checks if not one.passed and one.stage in {Stage.OBJECTIVE, Stage.VALIDITY}]
        return tuple(f"{one.name}: {one.message}" for one in timing)


def demo(
    scenario: Path,
    baseline: Path | None,
    out: Path,
    *,
    say: Callable[[str], None],
    speed: float = SPEED,
    seconds: float = SECONDS,
) -> Demo:
    """Run the whole line on a scenario, and stop everything that was started, also on failure or interrupt.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it.
    baseline
        KPIs that the simulation is compared with, exactly.
    out
        Folder for the results.
    say
        Is told what is being done.
    speed, seconds
        Of the load test.

    Returns
    -------
    Demo
        What was done.

    Raises
    ------
    SojournError
        What cannot be done.
    KeyboardInterrupt
        Ctrl-C; what was done until then is in `out`.
    """
    with _step(say, "simulate the day, 20 times over"):
        simulated = run(scenario, out=out / "run")
        if simulated.interrupted:
            raise KeyboardInterrupt
    with _step(say, "compare its KPIs with the baseline"):
        verdict = judge(simulated.folder, baseline)
    with (
        tempfile.TemporaryDirectory(prefix="sojourn-") as folder,
        serving(Path(folder) / "journeys.db") as host,
        _step(say, f"send the same customers to {host} at {speed:g} times the speed, and read all back"),
    ):
        loaded = load_test(scenario, host=host, speed=speed, duration=seconds, out=out / "load")
        if loaded.result.run.interrupted:
            raise KeyboardInterrupt
    with _step(say, "judge the load test"):
        verdicts = (verdict, judge(loaded.folder))
    return Demo(simulated, loaded, verdicts)


@contextmanager
def _step(say: Callable[[str], None], what: str) -> Iterator[None]:
    say(f"{what} ...")
    began = perf_counter()
    yield
    say(f"  done in {perf_counter() - began:.1f} s")


@contextmanager
def serving(database: Path) -> Iterator[str]:
    """Serve the reference endpoint in a process of its own while inside.

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
        It did not start.
    """
    command = [sys.executable, "-m", "sojourn", "serve", "--port", "0", "--database", str(database)]
    server = subprocess.Popen(  # noqa: S603 - our own interpreter, and no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield _address(server)
    finally:
        server.terminate()
        try:
            server.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


def _address(server: subprocess.Popen[str]) -> str:
    line = server.stdout.readline() if server.stdout else ""
    host = line.removeprefix("listening on ").strip()
    if not host.startswith("http"):
        server.kill()
        raise SojournError(
            f"the reference endpoint did not start: {server.communicate()[1].strip() or 'it said nothing'}"
        )
    return host
