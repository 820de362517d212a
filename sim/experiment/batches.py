"""Handing work to processes: several pieces at a time where each is short, so that handing over costs little."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from time import perf_counter
from typing import TypeVar

__all__ = ["in_order"]

T = TypeVar("T")
Batch = Future[tuple[list[T], float]]  # what was made, and the seconds that it took

SECONDS = 0.05  # that a batch should take: an interrupt waits for no longer, or for one piece
MOST = 16  # pieces


def in_order(workers: Executor, number: int, work: Callable[[int], T], pieces: Iterable[int]) -> Iterator[T]:
    """Return what workers make of some pieces, in order; they begin at once.

    Parameters
    ----------
    workers
        Who do the work.
    number
        How many they are; each has a batch ahead.
    work
        What is done with a piece. Where workers are processes, it is sent to them with each batch.
    pieces
        Numbers.
    """
    left: deque[int] = deque(pieces)
    ahead: deque[Batch[T]] = deque()

    def hand_over(size: int) -> None:
        while left and len(ahead) < 2 * number:
            fair = -(-len(left) // (2 * number))  # the last batches are small, so that all workers end together
            batch = [left.popleft() for _ in range(min(size, fair))]
            ahead.append(workers.submit(_done, work, batch))

    def collect() -> Iterator[T]:
        while ahead:
            made, seconds = ahead.popleft().result()
            hand_over(max(1, min(MOST, int(SECONDS * len(made) / max(seconds, 1e-9)))))
            yield from made

    hand_over(1)
    return collect()


def _done(work: Callable[[int], T], batch: list[int]) -> tuple[list[T], float]:
    began = perf_counter()
    return [work(one) for one in batch], perf_counter() - began
