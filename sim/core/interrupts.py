"""Interrupts of the command line: a flag that work polls, and an end that nothing can hold up.

Python raises ``KeyboardInterrupt`` at any instruction. Callbacks and finalisers of libraries swallow it, others break
half-way, and compiled code does not notice it. So the command line (`watch`) raises nothing: Ctrl-C and SIGTERM set a
flag, and a thread ends the process when its time is over. That time is 0, unless there is something to be kept
(`allow`). In a program that only imports Sojourn, Ctrl-C stays what Python makes of it.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final, NoReturn, TypeVar

__all__ = [
    "EXIT_CODE",
    "GRACE",
    "KEEPING",
    "allow",
    "check",
    "end",
    "forget",
    "hold",
    "none_came",
    "presses",
    "remove",
    "seconds_since",
    "undivided",
    "undone",
    "watch",
    "watches",
]

T = TypeVar("T")

EXIT_CODE: Final = 130
"""Exit code after Ctrl-C or SIGTERM, as shells have it. After SIGTERM, standard error says so."""

GRACE: Final = 1.5
"""Seconds after an interrupt until no replication is simulated any more, where there is something to be kept."""

KEEPING: Final = 30.0
"""Seconds in which it is kept then, at most: a second or so, some 5 for a load of a million requests, and more on slow
disks and busy machines."""

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_UNDIVIDED: Final = 5.0
"""Seconds that the end waits for what must not be cut in two, which takes milliseconds."""

_ATTEMPTS: Final = 20


class _Watch:
    """The thread that ends the process, and what it needs to know."""

    def __init__(self) -> None:
        self.undivided = threading.RLock()
        self.undos: list[Callable[[], object]] = []
        self.presses, self._terminated = 0, False
        self._since = self._allowed_at = 0.0
        self.seconds = 0.0
        self._reads, self._writes = os.pipe()
        os.set_blocking(self._writes, False)

    def begin(self) -> None:
        """Receive interrupts: Python writes each signal's number into the pipe, whatever the main thread is doing."""
        threading.Thread(target=self._follow, name="interrupts", daemon=True).start()
        signal.set_wakeup_fd(self._writes, warn_on_full_buffer=False)
        for number in SIGNALS:  # last, so that none is lost
            signal.signal(number, lambda _number, _frame: None)

    def allow(self, seconds: float) -> None:
        self._allowed_at, self.seconds = monotonic(), seconds
        if self.presses:
            with suppress(BlockingIOError):
                os.write(self._writes, b"\0")  # so that the thread reckons anew

    def since(self) -> float:
        return monotonic() - self._since if self.presses else 0.0

    def end(self) -> NoReturn:
        """End the process: nothing that was started goes on, and nothing temporary stays."""
        self.undivided.acquire(timeout=_UNDIVIDED)  # and keep it: the main thread begins nothing new
        for undo in 2 * self.undos[::-1]:  # twice: a process may have written into a folder before it was killed
            with suppress(Exception):
                undo()
        if self._terminated:
            _say("Ended by SIGTERM.\n")
        os._exit(EXIT_CODE)

    def _follow(self) -> None:
        while (left := self._left()) is None or left > 0:
            if select.select([self._reads], [], [], left)[0]:
                self._count(os.read(self._reads, 512))
        self.end()

    def _left(self) -> float | None:
        """Return the seconds until the end; None without an interrupt."""
        return max(self._since, self._allowed_at) + self.seconds - monotonic() if self.presses else None

    def _count(self, numbers: bytes) -> None:
        pressed = sum(number in SIGNALS for number in numbers)
        if pressed and not self.presses:
            self._since = monotonic()
        self.presses += pressed
        self._terminated |= signal.SIGTERM in numbers


def _say(sentence: str) -> None:
    """Write to standard error, unless that would wait, as at a pipe that nobody reads."""
    with suppress(Exception):
        error = sys.stderr.fileno()
        if select.select([], [error], [], 0)[1]:
            os.write(error, sentence.encode())


_watch: _Watch | None = None


def watch() -> None:
    """Let Ctrl-C and SIGTERM set a flag, and end the process, with `EXIT_CODE`, when its time is over.

    Call this in the main thread of a command line, before anything heavy is imported.
    """
    global _watch  # noqa: PLW0603 - signals are the process's
    if os.name != "posix":
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    elif _watch is None:
        _watch = _Watch()
        _watch.begin()


def forget() -> None:
    """Leave interrupts to others: in a command that has handlers of its own, or in a child."""
    global _watch  # noqa: PLW0603
    if _watch is not None:
        _watch = None
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def watches() -> bool:
    """Tell whether interrupts set a flag, and raise nothing."""
    return _watch is not None


def presses() -> int:
    """Return how many interrupts have come."""
    return _watch.presses if _watch else 0


def none_came() -> bool:
    """Tell whether no interrupt has come, so that a ``KeyboardInterrupt`` is a fault of whoever raised it."""
    return _watch is not None and not _watch.presses


def seconds_since() -> float:
    """Return the seconds since the first interrupt; 0 without one."""
    return _watch.since() if _watch else 0.0


def check() -> None:
    """Raise ``KeyboardInterrupt`` if an interrupt has come: here, and nowhere inside libraries."""
    if presses():
        raise KeyboardInterrupt


def allow(seconds: float) -> None:
    """Set the time that an interrupt leaves from now on; it counts from the interrupt, or from here if that is later.

    Parameters
    ----------
    seconds
        Who has something to keep polls `check`, and keeps it within this time.
    """
    if _watch:
        _watch.allow(seconds)


@contextmanager
def undivided() -> Iterator[None]:
    """Keep together what must not be cut in two, such as the exchange of two folders; only milliseconds of work."""
    if _watch is None:
        yield
        return
    with _watch.undivided:
        yield


@contextmanager
def undone(make: Callable[[], T], undo: Callable[[T], object]) -> Iterator[T]:
    """Make something that a sudden end undoes; the context itself does not.

    Parameters
    ----------
    make
        Starts a process, or makes a folder, and returns it.
    undo
        Kills or removes it; it may be called twice, and must not wait for the main thread.

    Yields
    ------
    object
        What was made.
    """
    if _watch is None:
        yield make()
        return
    undos = _watch.undos
    with _watch.undivided:
        thing = make()
        undos.append(action := partial(undo, thing))
    try:
        yield thing
    finally:
        undos.remove(action)


def remove(path: Path) -> None:
    """Remove a file or folder, into which another thread may be writing, if it is there."""
    for _ in range(_ATTEMPTS):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        if not path.exists():
            return


def hold() -> None:
    """Wait for ever if the process is ending, so that what ends first says nothing about it."""
    with undivided():
        pass


def end() -> None:
    """End the process if an interrupt has come: without the finalisers, which could wait or fail. Ignore later ones."""
    hold()
    if _watch is not None and _watch.presses:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        _watch.end()
    if _watch is not None:
        for number in SIGNALS:  # Python takes its handlers away before it ends, and a late one would kill it
            signal.signal(number, signal.SIG_IGN)
