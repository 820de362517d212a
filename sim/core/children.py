"""Child processes that serve one function: no interrupt reaches them, and none outlives its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from sim.core import interrupts

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

__all__ = ["Child", "child", "forks", "python"]

_JOIN = 5.0  # seconds that a killed process may take to end; it needs none


class Child:
    """A child process and this end of the pipe to it.

    Each child has a pipe of its own, and neither side has a thread or a lock for it. So a child can be killed at any
    instant, even while it writes: the parent then reads the end of the pipe.
    """

    def __init__(self, serve: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        context = multiprocessing.get_context("fork" if forks() else "spawn")
        self.connection, there = context.Pipe()
        self.process: BaseProcess = context.Process(  # type: ignore[attr-defined]
            target=_run, args=(serve, self.connection if forks() else None, there, arguments), daemon=True
        )
        with _interrupts_blocked(), nullcontext() if forks() else _safe_path():
            self.process.start()
        there.close()

    def kill(self) -> None:
        """End the process at once; callable from any thread, and more than once."""
        with suppress(AttributeError, ValueError):  # it was not started, or it was closed
            self.process.kill()

    def end(self) -> None:
        """End the process at once, and wait until it is gone."""
        self.connection.close()
        self.kill()
        self.process.join(_JOIN)


def forks() -> bool:
    """Tell whether a child shares what its parent has imported; otherwise it imports everything anew."""
    return "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"


def python(*words: str) -> tuple[list[str], dict[str, str]]:
    """Return a command of Python, and an environment in which it imports what this process imports.

    Nothing comes from the current folder, as it would by ``python -m``: that may be a scenario's, with a ``locust.py``.

    Parameters
    ----------
    words
        Options and arguments, e.g. ``"-m", "locust"``.
    """
    path = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)  # noqa: PTH100 - it may be no folder
    return [sys.executable, "-P", *words], {**os.environ, "PYTHONPATH": path}


@contextmanager
def _safe_path() -> Iterator[None]:
    """Let processes that start now import nothing from the current folder."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


@contextmanager
def child(serve: Callable[..., None], *arguments: Any) -> Iterator[Child]:
    """Start a child, and kill it at the end of the context.

    Parameters
    ----------
    serve
        Called in the child with its end of the pipe and the arguments; the child ends with it.
    arguments
        Pickled where the system cannot fork.

    Yields
    ------
    Child
        Ctrl-C and SIGTERM do not end it; the end of its parent does, at once, even by SIGKILL.
    """
    with interrupts.undone(lambda: Child(serve, arguments), Child.kill) as started:
        try:
            yield started
        finally:
            started.end()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block interrupts while a process starts, so that they never end it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, interrupts.SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(
    serve: Callable[..., None], parents_end: Connection | None, connection: Connection, arguments: tuple[Any, ...]
) -> None:
    interrupts.forget()
    for number in interrupts.SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, interrupts.SIGNALS)
    if parents_end is not None:
        parents_end.close()  # otherwise this process would not notice that its parent has gone
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        serve(connection, *arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
