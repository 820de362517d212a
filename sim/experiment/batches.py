"""Batches of tasks: several short tasks at a time, so that handing them over costs little."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

__all__ = ["MOST", "SECONDS", "Batches"]

SECONDS = 0.05  # per batch
MOST = 16  # tasks per batch


class Batches:
    """Tasks that have not been handed out.

    Parameters
    ----------
    tasks
        Numbers of the tasks.
    workers
        Number of workers; each has a batch ahead.
    """

    def __init__(self, tasks: Iterable[int], workers: int) -> None:
        self._left, self._shares, self._size = deque(tasks), 2 * workers, 1

    def __len__(self) -> int:
        """Return the number of tasks left."""
        return len(self._left)

    def measured(self, tasks: int, seconds: float) -> None:
        """Size the next batches by the time that a batch took."""
        self._size = max(1, min(MOST, int(SECONDS * tasks / max(seconds, 1e-9))))

    def take(self) -> list[int]:
        """Return the next batch; empty if nothing is left."""
        fair = -(-len(self._left) // self._shares)  # the last batches are small, so that all workers end together
        return [self._left.popleft() for _ in range(min(self._size, fair))]
