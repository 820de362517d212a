"""The tier of damaged inputs: many of each kind that the program reads, each within bounded time and memory.

``SOJOURN_FUZZ=100000`` tries so many in all, in the shares below; ``SOJOURN_FUZZ_SEED=17`` begins with
number 17 of each, to try again what has failed.
"""

from __future__ import annotations

import io
import os
import re
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import lru_cache
from pathlib import Path
from random import Random
from time import process_time
from types import FrameType

import psutil
import pytest
import typer.main

import sojourn.__main__ as command_line
import sojourn.app
from sim.core import interrupts
from sim.core.errors import SojournError
from sim.scenario import document
from tests.support.command_line import Finished, plain_environment

__all__ = ["SHARES", "command_here", "exit_code", "is_refusal", "simulates", "try_inputs"]

SHARES = {
    "scenario": 0.10, "table": 0.07, "recording": 0.05, "override": 0.08, "language": 0.09, "newest": 0.03,
    "contract": 0.07, "result": 0.09, "baseline": 0.06, "ledger": 0.05, "trace": 0.02, "secret": 0.026,
    "variants": 0.03, "sweep": 0.03, "staffing": 0.02, "migration": 0.02, "arguments": 0.07, "environment": 0.004,
    "roster": 0.03, "plan": 0.02, "kept": 0.02, "noise": 0.02,
}  # fmt: skip
assert round(sum(SHARES.values()), 9) == 1.0
TOTAL = int(os.environ.get("SOJOURN_FUZZ", "2000"))
FIRST = int(os.environ.get("SOJOURN_FUZZ_SEED", "0"))
SECONDS = 300  # of the clock, since the machine may be busy, for one input
PROCESSOR_SECONDS = 5.0
MEMORY = 1 << 30  # bytes more than before
MOST_JOURNEYS = 2000


def try_inputs(name: str, attempt: Callable[[Random], int], most: float = PROCESSOR_SECONDS) -> None:
    """Try damaged inputs, and print how often each exit code came.

    Parameters
    ----------
    name
        One of `SHARES`.
    attempt
        Makes an input of a random number generator, gives it to the program, checks the outcome, and returns its exit
        code.
    most
        Seconds of the processor for one input.
    """
    codes: Counter[int] = Counter()
    longest, total, before = 0.0, process_time(), _peak()  # seconds, seconds and MB
    with _bounded_memory():
        for seed in range(FIRST, FIRST + max(1, round(TOTAL * SHARES[name]))):
            began = process_time()
            try:
                with _bounded_time():
                    codes[attempt(Random(f"{name} {seed}"))] += 1
            except Exception as error:
                raise AssertionError(f"{name} {seed} failed: {error!r}") from error
            took = process_time() - began
            assert took < most, f"{name} {seed} took {took:.1f} s"
            longest = max(longest, took)
    outcomes = ", ".join(f"{count:,} x {code}" for code, count in sorted(codes.items()))
    average, memory = (process_time() - total) / codes.total(), _peak() - before
    took = f"{1000 * average:.1f} ms on average, at most {longest:.2f} s, {memory} MB"
    sys.stdout.write(f"{name}: {codes.total():,} inputs, exit codes {outcomes}; {took}\n")


@contextmanager
def command_here(patch: pytest.MonkeyPatch) -> Iterator[Callable[..., Finished]]:
    """Give ``sojourn`` within this process, which spends no second on imports for each input.

    Standard output and standard error take the characters that they take at a terminal in UTF-8. What would be the same
    for each input is done once: the parser of arguments, and the reading of a file that was not changed.
    """
    patch.setattr(sojourn.app, "app", typer.main.get_command(sojourn.app.app))
    patch.setattr(sojourn.app, "only", lambda whole, _arguments: whole)
    patch.setattr(document, "_tree", lru_cache(maxsize=16)(document._tree))
    patch.setattr(interrupts, "watch", lambda: None)  # the tests' own handlers stay
    patch.setattr(interrupts, "forget", lambda: None)
    for name in os.environ.keys() - plain_environment().keys():
        patch.delenv(name)

    def run(*words: str, cwd: Path) -> Finished:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", how) for how in ("strict", "backslashreplace"))
        patch.chdir(cwd)
        patch.setattr(sys, "argv", ["sojourn", *words])
        with redirect_stdout(out), redirect_stderr(err):
            code = _exit_code(command_line.main)
        for stream in (out, err):
            stream.flush()
            stream.seek(0)
        return Finished(code, out.read(), err.read())

    yield run


def is_refusal(done: Finished, code: int = 2) -> bool:
    """Tell whether a command was refused with one sentence of reasonable length for each problem."""
    *problems, last = done.err.removesuffix("\n").split("\n")
    sentences = bool(problems) and all(0 < len(problem) < 2000 for problem in problems)
    return done.code == code and sentences and last.endswith("; nothing was run.") and not done.out


def exit_code(error: SojournError, secrets: Iterable[str] = ()) -> int:
    """Return the exit code of an error whose sentences are of reasonable length, and show no secret."""
    sentences = str(error).split("\n")
    assert all(0 < len(sentence) < 2000 for sentence in sentences), error
    assert not any(secret in str(error) for secret in secrets if len(secret) > 20), error
    return error.exit_code


def simulates(command: Callable[..., Finished], scenario: Path, validated: Finished) -> bool:
    """Tell whether a scenario that is valid, and not too large for a test, can be simulated."""
    journeys = re.search(r"([\d,]+) journeys expected", validated.out)
    if journeys is None or int(journeys[1].replace(",", "")) > MOST_JOURNEYS:
        return journeys is not None
    words = ["-n", "1", "-p", "1", "--no-report", "--log", "none", "--out", "run"]
    done = command("run", scenario.name, *words, cwd=scenario.parent)
    return done.code == 0 or is_refusal(done)


def _exit_code(main: Callable[[], None]) -> int:
    """Return the code with which a program ends."""
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


@contextmanager
def _bounded_time() -> Iterator[None]:
    """Raise `TimeoutError` in what waits or computes for too long."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"nothing came of it within {SECONDS} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """Let allocations fail that would take much more memory than there is in use."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + MEMORY, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _peak() -> int:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
