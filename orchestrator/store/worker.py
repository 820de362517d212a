"""Worker: a thread for calls that may wait for a disk, a lock or a server, and that never keeps a process alive."""

import weakref
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar

__all__ = ["Worker"]

P = ParamSpec("P")
T = TypeVar("T")
Call = tuple[Future[Any], Callable[[], Any]]


class Worker(Executor):
    """One thread that makes calls in the order in which they are given; the event loop takes it as an executor.

    Unlike the threads of `concurrent.futures`, Python does not wait for it when a process ends: a call to a database
    server that is frozen may never return.

    Parameters
    ----------
    name
        Of the thread, which begins with the first call.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._thread: Thread | None = None

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Make a call when those before it have returned; return its future."""
        future: Future[T] = Future()
        self._calls.put((future, partial(function, *args, **kwargs)))
        if self._thread is None:
            self._thread = Thread(target=_make_calls, args=(self._calls,), name=self._name, daemon=True)
            self._thread.start()
            weakref.finalize(self, self._calls.put, None)
        return future

    def waiting(self) -> int:
        """Return how many calls wait, those included that nobody waits for any more."""
        return self._calls.qsize()

    def close(self, seconds: float) -> bool:
        """End the thread after the calls that wait; return whether it ended within some seconds."""
        if self._thread is None:
            return True
        self._calls.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()


def _make_calls(calls: SimpleQueue[Call | None]) -> None:
    """Make calls until there is an end of them."""
    while (call := calls.get()) is not None:
        future, function = call
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the future
                future.set_exception(error)
        del call, future, function  # a thread that waits keeps nothing
