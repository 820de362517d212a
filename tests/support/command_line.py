"""The command line in a process of its own, as users run it, and what it leaves behind."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.support.forked_commands import Fork
from tests.support.minimal_scenario import MINIMAL, changed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "BUSY", "Command", "Finished", "contents", "desk", "end_of", "family", "may_fork", "session", "slowdown", "sojourn",
    "start", "stopped", "wait_for", "watches",
]  # fmt: skip

SOJOURN = [sys.executable, "-m", "sojourn"]
BUSY = changed(("demand: 10", "demand: 200"), ("staff: 2", "staff: 20"))
"""A desk whose customers come every few seconds of simulated time."""


@dataclass(frozen=True)
class Finished:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


def sojourn(
    *words: str,
    cwd: Path,
    limit: int | None = None,
    stdout: int = subprocess.PIPE,
    seconds: float = 120,
    loads: bool = False,
) -> Finished:
    """Run a command to its end; `limit` is the largest size of a file in bytes, as on a full disk.

    It is a process of its own, but one that need not load the program, unless it is said that it `loads`: with hashes
    of its own, and so other orders of sets.
    """
    if stdout == subprocess.PIPE and may_fork() and not loads:
        return Finished(*_fork(os.getpid()).run(words, cwd, limit, seconds))
    done = subprocess.run(
        [*SOJOURN, *words],
        check=False,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=seconds,
        env=plain_environment(),
        preexec_fn=None if limit is None else partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)),
    )
    return Finished(done.returncode, done.stdout or "", done.stderr)


Command = Callable[..., Finished]


@contextmanager
def start(*words: str, cwd: Path, environment: Mapping[str, str] = {}) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a process group of its own, as a terminal does; the group ends with the block."""
    process = subprocess.Popen(
        [*SOJOURN, *words],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=plain_environment() | environment,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        for member in family(process):
            member.kill()
        process.communicate(timeout=20)


def plain_environment() -> dict[str, str]:
    """Return the environment without the variables that change the output."""
    chosen = {"COLUMNS", "FORCE_COLOR", "NO_COLOR", "TERMINAL_WIDTH", "PYTHONUNBUFFERED"}
    return {name: value for name, value in os.environ.items() if name not in chosen}


_AT_FIRST = plain_environment()


def may_fork() -> bool:
    """Tell whether a command would run in the environment that there was when the tests began."""
    return sys.platform == "linux" and _lasting(plain_environment()) == _lasting(_AT_FIRST)


def _lasting(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name != "PYTEST_CURRENT_TEST"}


@cache
def _fork(_pid: int) -> Fork:
    """Return the process from which this one forks commands."""
    return Fork(_AT_FIRST)


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return a process and its running descendants."""
    try:
        parent = psutil.Process(process.pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def watches(process: subprocess.Popen[str]) -> bool:
    """Tell whether a command has a handler for SIGTERM, which Python itself has not, or has ended."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    except OSError:
        return True
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), "0")
    return process.poll() is not None or bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def wait_for(so: Callable[[], bool], process: subprocess.Popen[str], *, seconds: float = 60) -> None:
    """Wait until a condition holds while a process runs."""
    for _ in range(int(seconds / 0.05)):
        assert process.poll() is None, f"it ended with {process.returncode}: {process.communicate()}"
        if so():
            return
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"it did not happen within {seconds} s")


def stopped(processes: list[psutil.Process]) -> bool:
    """Tell whether all processes end by themselves within a short while."""
    _, alive = psutil.wait_procs(processes, timeout=10)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a folder, hidden files included."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def desk(folder: Path, text: str = MINIMAL) -> Path:
    """Write a small scenario into a folder as ``desk.yaml``, and return the folder."""
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    return folder


def slowdown() -> float:
    """Return how many times longer than its processor time a short loop takes now."""
    began, busy = time.perf_counter(), time.thread_time()
    while time.thread_time() - busy < 0.02:
        pass
    return (time.perf_counter() - began) / (time.thread_time() - busy)


def end_of(process: subprocess.Popen[str]) -> tuple[float, float]:
    """Return the seconds that a process takes to end, and the greatest slowdown meanwhile."""
    began, slow = time.perf_counter(), 1.0
    while process.poll() is None:
        slow = max(slow, slowdown())
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
        assert time.perf_counter() - began < 120
    return time.perf_counter() - began, slow


def session(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return what still runs in a session, but for its zombies."""
    members = []
    for member in psutil.process_iter(["status"]):
        try:
            if os.getsid(member.pid) == process.pid and member.info["status"] != psutil.STATUS_ZOMBIE:
                members.append(member)
        except ProcessLookupError:
            continue
    return members
