"""Batches of work for processes: several short tasks at a time, so that handing them over costs little."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from time import perf_counter
from typing import TypeVar

__all__ = ["in_order"]

T = TypeVar("T")
Batch = Future[tuple[list[T], float]]  # results, and the seconds that they took

SECONDS = 0.05  # per batch: an interrupt waits for no longer, or for one task
MOST = 16  # tasks per batch


def in_order(workers: Executor, number: int, work: Callable[[int], T], tasks: Iterable[int]) -> Iterator[T]:
    """Return the results of tasks in their order; the workers begin at once.

    Parameters
    ----------
    workers
        Threads or processes.
    number
        Number of workers; each has a batch ahead.
    work
        Function of a task. It is sent with each batch to workers that are processes.
    tasks
        Numbers of the tasks.
    """
    left: deque[int] = deque(tasks)
    ahead: deque[Batch[T]] = deque()

    def hand_over(size: int) -> None:
        while left and len(ahead) < 2 * number:
            fair = -(-len(left) // (2 * number))  # the last batches are small, so that all workers end together
            batch = [left.popleft() for _ in range(min(size, fair))]
            ahead.append(workers.submit(_results, work, batch))

    def collect() -> Iterator[T]:
        while ahead:
            results, seconds = ahead.popleft().result()
            hand_over(max(1, min(MOST, int(SECONDS * len(results) / max(seconds, 1e-9)))))
            yield from results

    hand_over(1)
    return collect()


def _results(work: Callable[[int], T], batch: list[int]) -> tuple[list[T], float]:
    began = perf_counter()
    return [work(task) for task in batch], perf_counter() - began
