"""Group commit: everything that waits is applied in one transaction, and answered when that is on the disk (ADR 3)."""

import asyncio
import sqlite3
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Protocol

from loadtests.orchestrator.model import Answer, Command
from loadtests.orchestrator.problems import Refused

__all__ = ["GroupCommit", "Transaction"]

LARGEST_BATCH = 256
"""Commands in one transaction; applying as many holds up the event loop for some 10 ms."""

Waiting = tuple[Command, "asyncio.Future[Answer]"]


class Transaction(Protocol):
    """What a group commit needs of a database."""

    def begin(self) -> None:
        """Begin a transaction."""

    def apply(self, command: Command) -> Answer:
        """Apply one command, or nothing of it."""
        ...

    def commit(self) -> None:
        """Make the transaction durable; may wait for the disk."""

    def rollback(self) -> None:
        """Forget the transaction, if one is open."""


class GroupCommit:
    """The one writer.

    Commands are applied on the event loop, which is the only one to touch the connection then; the commit, which waits
    for the disk, is made on a thread, and the loop reads the next requests meanwhile.

    Parameters
    ----------
    transaction
        The database.
    queue_limit
        Commands that may wait; more are refused before anything of them is accepted.
    """

    def __init__(self, transaction: Transaction, queue_limit: int) -> None:
        self._transaction = transaction
        self._limit = queue_limit
        self._waiting: deque[Waiting] = deque()
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")

    def full(self) -> bool:
        """Tell whether a command would be refused now."""
        return len(self._waiting) >= self._limit

    async def submit(self, command: Command) -> Answer:
        """Put a command in the queue, and return its answer when it is durable."""
        if self.full():
            raise Refused("overloaded", f"{self._limit} requests are waiting already", ((b"retry-after", b"1"),))
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((command, answer))
        if self._task is None:
            # The task starts when everything that came in with this request has been put in the queue too.
            self._task = loop.create_task(self._write())
        return await answer

    async def _write(self) -> None:
        """Write batches until nothing waits."""
        while self._waiting:
            batch = list(islice(self._waiting, LARGEST_BATCH))
            try:
                answers = await self._batch(batch)
            except BaseException as error:  # whatever it was, nobody is left waiting
                self._transaction.rollback()
                self._resolve(batch, [_failed(error)] * len(batch))
                if not isinstance(error, sqlite3.Error):
                    self._task = None
                    raise
            else:
                self._resolve(batch, answers)
            # Only now do they leave the queue, so that its limit counts those that wait for the disk.
        self._task = None

    async def _batch(self, batch: list[Waiting]) -> list[Answer]:
        """Apply a batch and make it durable; return its answers."""
        self._transaction.begin()
        answers = [self._transaction.apply(command) for command, _ in batch]
        await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction.commit)
        return answers

    def _resolve(self, batch: list[Waiting], answers: list[Answer]) -> None:
        """Give the waiting their answers."""
        for (_, waiting), answer in zip(batch, answers, strict=True):
            self._waiting.popleft()
            if not waiting.done():  # whoever was cancelled by a shutdown waits no longer
                waiting.set_result(answer)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()


def _failed(error: BaseException) -> Answer:
    """Return the answer to what may or may not be durable."""
    return Refused("storage", f"the commit failed, what became of the request is not known: {error}").answer()
