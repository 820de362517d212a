"""Locust as a process of its own: start it, wait for its end, interrupt it in good order."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from loadtests.run.early_end import ObjectiveMissed
from sim.core import interrupts
from sim.core.children import python

if TYPE_CHECKING:
    from pathlib import Path

    from loadtests.run.early_end import EarlyEnd
    from loadtests.run.process_time import UsageWatch
    from loadtests.run.result import Run
    from loadtests.trace.model import Trace

__all__ = ["Progress", "RunClock", "Send", "run_locust"]

Progress = Callable[[float], None]
"""Called with the share of the trace's time that has passed: 0 to 1."""

_POLL: Final = 0.2
_PATIENCE: Final = 5.0
"""Seconds for the generator to end when it is told to."""
_QUICK: Final = 0.8
"""Seconds for the same after an interrupt: then it is killed, which costs its report, and none of its ledger."""
_LOOK: Final = 1.0
"""Seconds from one look at the ledgers to the next, for an objective that is missed for certain."""
_LEFT_BEHIND: Final = 1.0
"""Seconds for the generator's workers to end after it; after an interrupt, it is a part of `_QUICK`."""
_START: Final = 300.0
"""Seconds for the generator to start and to end; an even later one is stopped."""
_EXPECTED: Final = frozenset({0, 1, 4})
"""Locust's exit codes of a complete run: all requests succeeded, some failed, the generator was late."""


class RunClock:
    """Reports progress by the time that has passed, since Locust runs in another process, and knows its latest end.

    Parameters
    ----------
    trace, run
        What is sent, and how.
    progress
        Called with the share that is done.
    watch
        Of the endpoint's process.
    ledger
        Of the run; its files are there when sending begins.
    live
        Called at each look; None = nobody sees live figures.
    early
        Knows when an objective is missed for certain; None = the run goes on to its end.
    """

    def __init__(
        self,
        trace: Trace,
        run: Run,
        progress: Progress | None,
        watch: UsageWatch,
        ledger: Path,
        live: Callable[[], object] | None = None,
        early: EarlyEnd | None = None,
    ) -> None:
        self.watch, self._live, self._ledger = watch, live, ledger
        self._early, self._looked = early, 0.0
        self._sending: float | None = None
        self._lasts = float(trace.due.max()) / run.speed if len(trace) else 0.0
        self._longest = self._lasts + run.grace + _START
        self._report = progress or (lambda _: None)
        self._start = time.perf_counter()

    def tick(self) -> None:
        """Report the share that is done; raise `TimeoutError` when Locust should have ended long ago.

        `ObjectiveMissed` is raised when an objective is missed, whatever is still to come.
        """
        passed = time.perf_counter() - self._start
        if passed > self._longest:
            raise TimeoutError
        if self._early is not None and passed - self._looked >= _LOOK:
            self._looked = passed
            self._early.look()
        self.watch.look()
        if self._live is not None:
            self._live()
        if self._sending is None:
            self._sending = passed if any(self._ledger.glob("attempts-*.bin")) else None
        sent = 0.0 if self._sending is None else passed - self._sending
        self._report(min(sent / self._lasts, 1.0) if self._lasts > 0 else 1.0)


Send = Callable[[list[str], "Run", "Path", RunClock], "Run"]
"""Sends a trace with some options of Locust, and returns how that ended: `run_locust`, or what stands for it."""


def run_locust(options: list[str], run: Run, out: Path, clock: RunClock) -> Run:
    """Run Locust to its end; an interrupt stops it in good order.

    Parameters
    ----------
    options
        Of Locust.
    run
        Its settings.
    out
        An existing folder; gets ``locust.log``.
    clock
        Knows the latest end.

    Returns
    -------
    Run
        The settings, and how it ended.
    """
    log = out / "locust.log"
    command, environment = python("-m", "locust", "--headless", "--only-summary", *options)
    with log.open("wb") as file, ExitStack() as stack:
        # In a session of its own: an interrupt at the terminal reaches this process only, which passes it on once.
        start = partial(
            subprocess.Popen,
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=out,  # Locust reads locust.conf and pyproject.toml of its folder, and so not those of a scenario's
            start_new_session=True,
        )
        process = stack.enter_context(interrupts.undone(start, _kill))
        interrupts.allow(interrupts.KEEPING)  # the ledger is to be kept
        interrupted, failed, early = False, "", ""
        try:
            while process.poll() is None:
                interrupts.check()
                clock.tick()
                time.sleep(_POLL)
        except KeyboardInterrupt:
            interrupted = True
            _stop(process)
        except ObjectiveMissed as missed:
            early = str(missed)
            _stop(process)
        except TimeoutError:
            failed = f"the generator did not end within {run.grace:g} s after the last request was due; see locust.log"
            _stop(process)
        except BaseException:
            _stop(process)
            raise
        finally:
            _end_workers(process)
    if not (interrupted or failed or early) and process.returncode not in _EXPECTED:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        failed = f"the generator failed (exit code {process.returncode}): {lines[-1] if lines else 'no output'}"
    return replace(run, interrupted=interrupted, failed=failed, ended_early=early)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a process, and kill it if it does not end."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_QUICK if interrupts.presses() else _PATIENCE)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.wait()


def _end_workers(process: subprocess.Popen[bytes]) -> None:
    """Wait for the workers of a process that has ended, and kill those that it has left behind."""
    left = _QUICK - interrupts.seconds_since() if interrupts.presses() else _LEFT_BEHIND
    until = time.perf_counter() + left
    with suppress(ProcessLookupError):  # its group is gone with its last member
        while time.perf_counter() < until:
            os.killpg(process.pid, 0)
            time.sleep(_POLL / 10)
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and those that it has started."""
    os.killpg(process.pid, signal.SIGKILL)
