"""Replications on a Dask cluster: the same results, in the same order, as from one process.

Tasks go out in blocks of at least a second, and come back as they end. The work, with its plans, is pickled once; each
worker unpickles it once. Where a worker ends, the scheduler gives its blocks to others: a task is a pure function of
its number (ADR 1), so nothing can be counted twice or be different.
"""

from __future__ import annotations

import logging
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from queue import Empty, SimpleQueue
from time import monotonic, perf_counter
from typing import Any, Generic, TypeVar

from sim.core import interrupts
from sim.core.errors import InvalidInput, Problem, SojournError
from sim.core.libraries import require_extras
from sim.core.own_code import is_any_loaded

__all__ = ["Cluster", "cluster_at"]

T = TypeVar("T")

_POLL = 0.05  # seconds, after which an interrupt is noticed
_BLOCK = 1.0  # seconds that a block takes at least
_AHEAD = 2  # blocks for each thread of the workers: one under way, one waiting
_CONNECTING = 20.0  # seconds in which a scheduler answers, and a first worker is there
_ALONE = 300.0  # seconds without any worker, after which the work is given up
_DEATHS = 25  # of workers at one block, after which the block is what kills them
_LIBRARIES = ("sojourn", "numpy", "numba")


@dataclass(frozen=True, eq=False)
class Cluster:
    """A connection to the scheduler of a Dask cluster."""

    address: str
    client: Any

    def threads(self) -> int:
        """Return how many tasks the workers can do at a time; 0 while the scheduler does not answer."""
        try:
            return sum(self.client.nthreads().values())
        except (OSError, TimeoutError):  # reconnecting, or closed
            return 0

    @contextmanager
    def in_order(self, work: Callable[[int], T], tasks: Sequence[int], *, seconds: float) -> Iterator[Iterator[T]]:
        """Give the results of tasks in their order, as `sim.experiment.workers.in_order` does.

        Parameters
        ----------
        work, tasks
            As there; the work is pickled.
        seconds
            Roughly how long a task takes.

        Yields
        ------
        iterator
            The results. It raises ``KeyboardInterrupt`` after an interrupt, and `SojournError` if the cluster cannot go
            on; what was done before has been returned.
        """
        if is_any_loaded():
            message = "sends no Python of your own to other machines; leave it out for this scenario"
            raise InvalidInput([Problem("--cluster", self.address, message)])
        floor: _Floor[T] = _Floor(self, pickle.dumps(work), tasks, seconds)
        try:
            yield floor.results()
        finally:
            floor.cancel()


@contextmanager
def cluster_at(address: str) -> Iterator[Cluster]:
    """Connect to a cluster.

    Parameters
    ----------
    address
        Of its scheduler, such as ``"tcp://10.0.0.5:8786"``, or ``"tls://..."`` with the certificates that Dask's
        configuration names.

    Yields
    ------
    Cluster
        The connection.

    Raises
    ------
    InvalidInput
        Nobody answers there, or no worker has joined.
    MissingLibrary
        Dask is not installed.
    """
    require_extras("--cluster", "cluster")
    import asyncio

    from distributed import Client

    try:
        asyncio.run(_greet(address))
        connect: Any = Client  # without types
        client = connect(address, timeout=_CONNECTING, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InvalidInput([_no_scheduler(address, error)]) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_CONNECTING)
        except TimeoutError:
            message = f"has no workers; start one with: dask worker {address} --nthreads 1"
            raise InvalidInput([Problem("--cluster", address, message)]) from None
        yield Cluster(address, client)


async def _greet(address: str) -> None:
    """Exchange Dask's greeting once: its client waits for ever for that of a peer that says nothing.

    Raises
    ------
    OSError, ValueError, TypeError
        Nobody answers in time, or what answers is no scheduler.
    """
    import asyncio

    distributed: Any = import_module("distributed")  # without types
    greeted: Any = import_module("distributed.comm").connect
    security = distributed.Security().get_connection_args("client")  # of Dask's configuration
    try:
        with _silent("distributed"):  # what it cannot read, it would log with a traceback
            async with asyncio.timeout(_CONNECTING):
                comm = await greeted(address, timeout=_CONNECTING, **security)
    except TimeoutError:
        raise OSError(f"it has said nothing for {_CONNECTING:g} s") from None
    except (OSError, ValueError, TypeError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever the bytes of another protocol make of Dask's reader
        raise ValueError(f"what answers is no scheduler: {type(error).__name__}") from None
    comm.abort()


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Keep a library from logging."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


def _no_scheduler(address: str, error: Exception) -> Problem:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    message = f"has no Dask scheduler that answers ({reason}); start one with: dask scheduler"
    return Problem("--cluster", address, f'{message}, and give its address, such as "tcp://10.0.0.5:8786"')


@dataclass(eq=False)
class _Block(Generic[T]):
    tasks: Sequence[int]
    future: Any = None
    results: list[T] | None = None  # None = under way
    deaths: int = 0


@dataclass(eq=False)
class _Floor(Generic[T]):
    """The blocks that are with the cluster, or that have come back before earlier ones."""

    cluster: Cluster
    work: bytes
    tasks: Sequence[int]
    seconds: float  # of a task
    order: deque[_Block[T]] = field(default_factory=deque)
    ended: SimpleQueue[tuple[_Block[T], Any]] = field(default_factory=SimpleQueue)
    begun: int = 0  # tasks
    alone_since: float | None = None

    def __post_init__(self) -> None:
        """Give the work to the cluster once; its workers get it from the scheduler, or from one another."""
        digest = sha256(self.work).hexdigest()
        self.sent = self.cluster.client.submit(_received, self.work, key=f"sojourn-work-{digest}")
        self.libraries = _versions()

    def results(self) -> Iterator[T]:
        """Yield the results in the order of the tasks."""
        self.hand_out()
        while self.order:
            self.receive()
            while self.order and (results := self.order[0].results) is not None:
                self.order.popleft()
                self.hand_out()
                yield from results
            interrupts.check()

    def hand_out(self) -> None:
        """Give the cluster as many blocks as its workers may have ahead."""
        most = _AHEAD * max(self.cluster.threads(), 1)
        while self.begun < len(self.tasks) and sum(block.results is None for block in self.order) < most:
            if len(self.order) >= 2 * most:  # an early block is late
                return
            size = max(1, int(_BLOCK / max(self.seconds, 1e-9)) + 1)
            block: _Block[T] = _Block(self.tasks[self.begun : self.begun + size])
            self.begun += len(block.tasks)
            self.order.append(block)
            self._submit(block)

    def _submit(self, block: _Block[T]) -> None:
        # A result that is lost with its worker is computed again, by the scheduler's own doing.
        block.future = self.cluster.client.submit(_do, self.sent, list(block.tasks), self.libraries, pure=False)
        block.future.add_done_callback(lambda future: self.ended.put((block, _outcome(future))))

    def receive(self) -> None:
        """Wait for a block that ends, or for a short while."""
        from distributed import KilledWorker

        try:
            block, outcome = self.ended.get(timeout=_POLL)
        except Empty:
            self._look_for_workers()
            return
        self.alone_since = None
        block.future.release()
        if isinstance(outcome, KilledWorker) and block.deaths < _DEATHS:
            block.deaths += 1
            self._submit(block)
        elif isinstance(outcome, BaseException):
            raise self._explained(outcome) from outcome
        else:
            block.results, seconds = outcome
            self.seconds = seconds / max(len(block.tasks), 1)

    def _look_for_workers(self) -> None:
        if self.cluster.threads():
            self.alone_since = None
            return
        self.alone_since = self.alone_since or monotonic()
        if monotonic() - self.alone_since > _ALONE:
            raise SojournError(f"the cluster at {self.cluster.address} has had no workers for {_ALONE:g} s")

    def _explained(self, error: BaseException) -> BaseException:
        """Return what went wrong: an error of the work itself, or one of the cluster in a sentence."""
        from distributed import CancelledError, KilledWorker
        from distributed.comm.core import CommClosedError

        if isinstance(error, KilledWorker):
            return SojournError(f"replications have ended the workers of the cluster again and again: {error}")
        if isinstance(error, (CancelledError, CommClosedError)):
            return SojournError(f"the scheduler at {self.cluster.address} does not answer any more ({error})")
        return error

    def cancel(self) -> None:
        """Let the cluster forget what has not come back."""
        futures = [block.future for block in self.order if block.results is None]
        with suppress(Exception):  # the scheduler may be gone
            self.cluster.client.cancel([*futures, self.sent], force=True)


def _outcome(future: Any) -> Any:
    """Return the result of a block, or the exception that it ended with; in a thread of Dask's client."""
    try:
        return future.result()
    except BaseException as error:  # noqa: BLE001 - raised where the results are waited for
        return error


def _received(work: bytes) -> bytes:
    """Keep the work on a worker, from which others fetch it; lost with all of them, it is sent again."""
    return work


def _do(work: bytes, tasks: Sequence[int], libraries: tuple[str, ...]) -> tuple[list[Any], float]:
    """Do a block of tasks on a worker, and return their results and the seconds that they took."""
    if (here := _versions()) != libraries:
        raise SojournError(
            f"a worker has {', '.join(here)}, and this machine {', '.join(libraries)}; install the same on both"
        )
    function, began = _unpickled(work), perf_counter()
    results = [function(task) for task in tasks]
    return results, perf_counter() - began


@lru_cache(maxsize=2)
def _unpickled(work: bytes) -> Callable[[int], Any]:
    function: Callable[[int], Any] = pickle.loads(work)  # noqa: S301 - a worker runs what its scheduler sends
    return function


def _versions() -> tuple[str, ...]:
    """Return the libraries on which results may depend, with their versions."""
    return tuple(f"{name} {version(name)}" for name in _LIBRARIES)
