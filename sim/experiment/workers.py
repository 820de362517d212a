"""Work on several processes, in the order of the tasks; killing them at any instant loses nothing else.

The parent gives each process batches of tasks through a pipe, and waits for whichever answers first. There are no
queues, locks or threads between them that an interrupt or a kill could leave in disorder (ADR 17).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing.connection import Connection, wait
from pickle import PicklingError
from time import perf_counter
from traceback import format_exc
from typing import Any, Generic, NoReturn, TypeVar

from sim.core import interrupts
from sim.core.children import Child, child
from sim.core.errors import SojournError
from sim.experiment.batches import Batches
from sim.experiment.cluster import Cluster, cluster_at

__all__ = ["in_order", "on_cluster", "on_processes"]

T = TypeVar("T")

_POLL = 0.05  # seconds, after which an interrupt is noticed
LONG = 0.1  # seconds of a task; no interrupt waits for longer
WORTH = 0.4  # seconds of all tasks, for which to start processes: some .03 s each, and what they share is copied
_HERE = 2  # short tasks that are done before: the second one shows how long a task takes without loading
_AHEAD = 2  # batches that a process has: one under way, one waiting


@dataclass(eq=False)
class _Batch(Generic[T]):
    tasks: list[int]
    results: list[T] | None = None  # None = under way


@dataclass(eq=False)
class _Worker(Generic[T]):
    child: Child
    batches: deque[_Batch[T]] = field(default_factory=deque)  # in the order of the answers


_CLUSTER: ContextVar[Cluster | None] = ContextVar("cluster", default=None)


@contextmanager
def on_cluster(address: str | None) -> Iterator[None]:
    """Let a Dask cluster do all work within the context, whatever asks for it; None changes nothing.

    Parameters
    ----------
    address
        Of the cluster's scheduler, as for `sim.experiment.cluster.cluster_at`.
    """
    if address is None:
        yield
        return
    with cluster_at(address) as cluster:
        before = _CLUSTER.set(cluster)
        try:
            yield
        finally:
            _CLUSTER.reset(before)


@contextmanager
def in_order(work: Callable[[int], T], tasks: Sequence[int], *, seconds: float, workers: int) -> Iterator[Iterator[T]]:
    """Give the results of tasks in their order: of short ones from this process, of others from processes or a cluster.

    However often it is called, it starts nothing that costs more than it saves.

    Parameters
    ----------
    work, tasks
        As for `on_processes`.
    seconds
        Roughly how long a task takes.
    workers
        The most processes.

    Yields
    ------
    iterator
        The results.
    """
    if cluster := _CLUSTER.get():
        with cluster.in_order(work, tasks, seconds=seconds) as results:
            yield results
        return
    workers = min(workers, len(tasks))
    if workers and seconds > LONG:
        with on_processes(work, tasks, workers) as results:
            yield results
    elif workers < 2 or seconds * len(tasks) <= WORTH:
        yield map(work, tasks)
    else:
        yield from _warmed(work, tasks, workers)


def _warmed(work: Callable[[int], T], tasks: Sequence[int], workers: int) -> Iterator[Iterator[T]]:
    """Do the first tasks here: they load compiled code, which processes share then, and show how long a task takes."""
    here = []
    for task in tasks[:_HERE]:
        began = perf_counter()
        here.append(work(task))
        seconds = perf_counter() - began
    left = tasks[_HERE:]
    if seconds * len(left) > WORTH:
        with on_processes(work, left, min(workers, len(left))) as results:
            yield chain(here, results)
    else:
        yield chain(here, map(work, left))


@contextmanager
def on_processes(work: Callable[[int], T], tasks: Iterable[int], workers: int) -> Iterator[Iterator[T]]:
    """Start processes that do tasks, and kill them at the end of the context.

    Parameters
    ----------
    work
        Function of a task; pickled only where the system cannot fork.
    tasks
        Numbers of the tasks.
    workers
        Number of processes.

    Yields
    ------
    iterator
        The results, in the order of the tasks. It raises ``KeyboardInterrupt`` after an interrupt, and `SojournError`
        if something else has killed a process; what was done before has been returned.
    """
    with ExitStack() as stack:
        floor: _Floor[T] = _Floor([stack.enter_context(child(_serve, work)) for _ in range(workers)], tasks)
        floor.hand_out()
        yield _results(floor)


def _results(floor: _Floor[T]) -> Iterator[T]:
    while floor.order:
        floor.receive()
        collected = floor.collect()
        floor.hand_out()  # before the next look at the order: it is empty only when nothing is left to be done
        yield from collected
        interrupts.check()


class _Floor(Generic[T]):
    """The workers, and the batches that they have or had."""

    def __init__(self, children: list[Child], tasks: Iterable[int]) -> None:
        self._workers: dict[Connection, _Worker[T]] = {started.connection: _Worker(started) for started in children}
        self._left = Batches(tasks, len(children))
        self.order: deque[_Batch[T]] = deque()  # of the tasks; done, but not yet collected, or under way

    def hand_out(self) -> None:
        """Give each worker what it may have ahead, and nobody more than the slowest lets be collected."""
        for ahead in range(_AHEAD):
            for connection, worker in self._workers.items():
                full = len(self.order) >= 2 * _AHEAD * len(self._workers)
                if len(worker.batches) > ahead or full or not self._left:
                    continue
                batch: _Batch[T] = _Batch(self._left.take())
                self.order.append(batch)
                worker.batches.append(batch)
                try:
                    connection.send(batch.tasks)  # some bytes, for which the pipe has room
                except OSError:
                    _raise_killed(worker)

    def receive(self) -> None:
        """Wait for answers, or for a short while."""
        for connection in wait(list(self._workers), _POLL):
            worker = self._workers[connection]  # type: ignore[index]
            try:
                results, seconds, error = worker.child.connection.recv()
            except (EOFError, OSError):
                _raise_killed(worker)
            if error is not None:
                raise error
            batch = worker.batches.popleft()
            batch.results = results
            self._left.measured(len(results), seconds)

    def collect(self) -> list[T]:
        """Take the results that are next in the order of the tasks."""
        collected: list[T] = []
        while self.order and (results := self.order[0].results) is not None:
            self.order.popleft()
            collected += results
        return collected


def _raise_killed(worker: _Worker[Any]) -> NoReturn:
    worker.child.end()
    code = worker.child.process.exitcode
    raise SojournError(
        f"a process that simulates ended with exit code {code}; if memory was short, give fewer --processes"
    )


def _serve(connection: Connection, work: Callable[[int], T]) -> None:
    """Do batches of tasks for the parent, until it closes the pipe."""
    while True:
        tasks = connection.recv()
        began = perf_counter()
        try:
            results = [work(task) for task in tasks]
        except Exception as error:  # noqa: BLE001 - the parent raises it
            error.add_note(f"in a process of its own:\n{format_exc()}")
            try:
                connection.send((None, 0.0, error))
            except (AttributeError, TypeError, PicklingError):
                connection.send((None, 0.0, SojournError(f"a process that simulates failed: {error!r}")))
            return
        connection.send((results, perf_counter() - began, None))
