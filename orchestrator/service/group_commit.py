"""Group commit: all waiting commands share one transaction, and are answered when it is on the disk (ADR 3)."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.store.database import Database
from orchestrator.store.errors import NotApplied, Unsure
from orchestrator.store.unit import Need, Unit

__all__ = ["LARGEST_BATCH", "Committed", "GroupCommit"]

LARGEST_BATCH = 256
"""Commands in one transaction."""

TURNS = 3
"""Turns of the event loop between two batches: answers go out, the clients' next requests are read and queued.

Without them these clients would miss the next batch, and batches of half the size would alternate.
"""

Waiting = tuple[Any, "asyncio.Future[Answer]"]
Apply = Callable[[Any, Unit], Answer]
Needs = Callable[[Any], Sequence[Need]]


@dataclass(frozen=True, slots=True)
class Committed:
    """A batch that is durable, for watchers.

    Attributes
    ----------
    answers
        Each command with its answer, in the order in which they were applied.
    rows
        The rows written, by class, in their last state.
    seconds
        How long the batch took, and of that the commit.
    waited
        How long the first of the batch had waited before.
    """

    answers: Sequence[tuple[Any, Answer]]
    rows: Mapping[type, Sequence[Any]]
    seconds: tuple[float, float]
    waited: float = 0.0


class GroupCommit:
    """The only writer of this process.

    A small batch is applied on the event loop, quicker than handing the interpreter to another thread and back.
    A large batch, or one of a remote database, is applied on the writer's thread. The commit waits for the disk, so it
    is always made on the thread, and the loop reads the next requests meanwhile.

    Parameters
    ----------
    database
        Where rows are.
    apply
        Applies a command completely or not at all; it raises only errors of the database.
    needs
        Returns the rows that a command reads in any case.
    on_commit
        Called with every batch that is durable, before its answers are sent.
    limit
        Commands that may wait; more are refused.
    """

    def __init__(
        self, database: Database, apply: Apply, needs: Needs, on_commit: Callable[[Committed], None], limit: int
    ) -> None:  # fmt: skip
        self._database, self._apply, self._needs, self._limit = database, apply, needs, limit
        self._on_commit = on_commit
        self._waiting: deque[Waiting] = deque()
        self._task: asyncio.Task[None] | None = None
        self._first = 0.0  # arrival of the first command of the next batch
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")

    def waiting(self) -> int:
        """Return how many commands wait, those of the current batch included."""
        return len(self._waiting)

    def full(self) -> bool:
        """Tell whether a command would be refused now."""
        return len(self._waiting) >= self._limit

    async def submit(self, command: Any) -> Answer:
        """Put a command in the queue, and return its answer when it is durable."""
        if self.full():
            raise Refused("overloaded", f"{self._limit} requests are waiting already", ((b"retry-after", b"1"),))
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((command, answer))
        self._first = self._first or time.perf_counter()
        if self._task is None:
            # The task starts after the other requests that were read together with this one have been queued.
            self._task = loop.create_task(self._write())
        return await answer

    async def _write(self) -> None:
        """Write batches until nothing waits."""
        while self._waiting:
            batch = list(islice(self._waiting, LARGEST_BATCH))
            try:
                answers = await self._batch([command for command, _ in batch])
            except BaseException as error:  # whatever the error, every client gets an answer
                self._database.rollback()
                self._resolve(batch, [_failed(error, sure=False)] * len(batch))
                self._task = None
                raise
            # They leave the queue only now, so that its limit counts the commands that wait for the disk.
            self._resolve(batch, answers)
            for _ in range(TURNS):
                await asyncio.sleep(0)
        self._task = None

    async def _batch(self, commands: list[Any]) -> list[Answer]:
        """Apply commands and make them durable; return their answers."""
        thread = asyncio.get_running_loop().run_in_executor
        began = time.perf_counter()
        waited, self._first = began - (self._first or began), 0.0
        try:
            if len(commands) <= self._database.inline:
                answers, applied = self._applied(commands)
                rows = await thread(self._thread, self._database.commit)
            else:
                answers, applied, rows = await thread(self._thread, self._committed, commands)
        except NotApplied as error:
            self._database.rollback()
            if len(commands) == 1:
                return [_failed(error, sure=True)]
            # One of them is at fault; applied one by one, the others succeed.
            return [answer for command in commands for answer in await self._batch([command])]
        except Unsure as error:
            self._database.rollback()
            return [_failed(error, sure=False)] * len(commands)
        now = time.perf_counter()
        pairs = list(zip(commands, answers, strict=True))
        self._on_commit(Committed(pairs, rows, (now - began, now - applied), waited))
        return answers

    def _applied(self, commands: list[Any]) -> tuple[list[Answer], float]:
        """Apply commands in a new transaction; return their answers, for after the commit, and the time."""
        unit = self._database.begin([need for command in commands for need in self._needs(command)])
        answers = [self._apply(command, unit) for command in commands]
        self._database.flush()
        return answers, time.perf_counter()

    def _committed(self, commands: list[Any]) -> tuple[list[Answer], float, Mapping[type, Sequence[Any]]]:
        """Apply commands and commit; return their answers, the time before the commit, and the rows written."""
        return *self._applied(commands), self._database.commit()

    def _resolve(self, batch: list[Waiting], answers: list[Answer]) -> None:
        """Give the waiting commands their answers."""
        for (_, waiting), answer in zip(batch, answers, strict=True):
            self._waiting.popleft()
            if not waiting.done():  # it may have been cancelled by a shutdown
                waiting.set_result(answer)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()


def _failed(error: BaseException, *, sure: bool) -> Answer:
    """Return the answer to a command that was not applied, or may not have been."""
    if sure:
        return Refused("storage", f"the request was not applied: {error}").answer()
    return Refused("storage", f"the commit failed, what became of the request is not known: {error}").answer()
