"""Group commit: all waiting commands share one transaction, and are answered when it is on the disk (ADR 3)."""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from threading import Event
from typing import Any, NamedTuple

from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.service.outage import Outage
from orchestrator.store.database import Database
from orchestrator.store.errors import Full, NotApplied, Unavailable, Unsure
from orchestrator.store.unit import Need, Unit
from orchestrator.store.worker import Worker

__all__ = [
    "LARGEST_BATCH", "LONGEST_BATCH", "LONGEST_WAIT", "Committed", "GroupCommit", "Needs", "in_turns", "stalled",
    "unavailable",
]  # fmt: skip

_log = logging.getLogger("uvicorn.error")

LONGEST_WAIT = 5.0
"""Seconds after which a client is told that the storage does not answer."""

RETRY = ((b"retry-after", b"2"),)
RETRY_FULL = ((b"retry-after", b"30"),)

LARGEST_BATCH = 256
"""Commands in one transaction."""

LONGEST_BATCH = 0.05
"""Seconds after which no further command of a batch is applied, so that dear ones of a tenant keep no other waiting.

The rest has its turn in the next batch. A large batch of usual commands may be cut too, which costs it one commit more.
"""

TURNS = 3
"""Turns of the event loop between two batches: answers go out, the clients' next requests are read and queued.

Without them these clients would miss the next batch, and batches of half the size would alternate.
"""

Apply = Callable[[Any, Unit], Answer]
Needs = Callable[[Any], Sequence[Need]]


class Waiting(NamedTuple):
    """A command that waits, the future of its answer, and the instant since which it waits."""

    command: Any
    answer: asyncio.Future[Answer]
    since: float


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

    Batches are applied and committed on the writer's thread, because any touch of a database may have to wait: for the
    disk, a lock, or a server. The event loop reads the next requests meanwhile. When a command has waited for
    `LONGEST_WAIT`, its client is told so, whatever the thread is doing.

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
    clock
        Returns seconds, of any origin, by which a batch ends; tests give one of their own.

    Attributes
    ----------
    outage
        Whether the store can be written to.
    """

    def __init__(
        self, database: Database, apply: Apply, needs: Needs, on_commit: Callable[[Committed], None], limit: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        self._database, self._apply, self._needs, self._limit = database, apply, needs, limit
        self._on_commit, self._clock = on_commit, clock
        self.outage = Outage("written to")
        self._waiting: deque[Waiting] = deque()
        self._task: asyncio.Task[None] | None = None
        self._begun: frozenset[int] = frozenset()  # ids of the futures of the current batch
        self._alarm: asyncio.TimerHandle | None = None
        self._is_applied = Event()
        self._thread = Worker("commit")

    def waiting(self) -> int:
        """Return how many commands wait, those of the current batch included."""
        return len(self._waiting)

    def full(self) -> bool:
        """Tell whether a command would be refused now."""
        return len(self._waiting) >= self._limit

    def _full_for(self, tenant: str) -> bool:
        """Tell whether a tenant's command would be refused now: each tenant may fill its share of the queue."""
        if not self.full():
            return False
        counts = Counter(_tenant(waiting) for waiting in self._waiting)
        return counts[tenant] >= self._limit // len({*counts, tenant})

    def oldest(self) -> float:
        """Return how long the first command has waited, in seconds; 0 if none waits."""
        now = time.perf_counter()
        return now - min((waiting.since for waiting in self._waiting), default=now)

    async def submit(self, command: Any) -> Answer:
        """Put a command in the queue, and return its answer when it is durable."""
        if self._full_for(getattr(command, "tenant", "")):
            raise Refused("overloaded", f"{self._limit} requests are waiting already", ((b"retry-after", b"1"),))
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        since = time.perf_counter()
        self._waiting.append(Waiting(command, answer, since))
        if self._alarm is None:
            self._alarm = loop.call_later(LONGEST_WAIT, self._answer_late)
        if self._task is None:
            # The task starts after the other requests that were read together with this one have been queued.
            self._task = loop.create_task(self._write())
        return await answer

    async def _write(self) -> None:
        """Write batches until nothing waits."""
        while self._waiting:
            if len(self._waiting) > 1:
                self._waiting = deque(in_turns(self._waiting))
            batch = list(islice(self._waiting, LARGEST_BATCH))
            self._begun = frozenset(id(waiting.answer) for waiting in batch)
            try:
                oldest = min(waiting.since for waiting in batch)
                answers = await self._batch([waiting.command for waiting in batch], oldest)
            except Unavailable as error:
                batch = list(self._waiting)  # all who wait now would wait for the same
                answers = [self._unavailable(error)] * len(batch)
            except asyncio.CancelledError:  # the service ends, and the store has not answered
                self._resolve(batch, [_unsure()] * len(batch))
                self._task = None
                raise
            except BaseException as error:  # whatever the error, every client gets an answer
                self._resolve(batch, [_failed(error, sure=False)] * len(batch))
                self._task = None
                raise
            # They leave the queue only now, so that its limit counts the commands that wait for the disk. Those for
            # which the batch had no time stay, and have their turn in the next one.
            self._resolve(batch[: len(answers)], answers)
            for _ in range(TURNS):
                await asyncio.sleep(0)
        self._task = None

    async def _batch(self, commands: list[Any], oldest: float) -> list[Answer]:
        """Apply commands and make them durable; return the answers of those for which there was time."""
        began = time.perf_counter()
        waited = began - oldest
        try:
            if self._database.in_memory:
                answers, applied, rows = self._committed(commands)
            else:
                self._is_applied.clear()
                run = asyncio.get_running_loop().run_in_executor
                committing = run(self._thread, self._committed, commands)
                # Two threads that take turns at Python's lock need more processor time than one after the other.
                self._is_applied.wait(self._database.courtesy)
                answers, applied, rows = await committing
        except Unavailable:
            raise
        except NotApplied as error:
            if len(commands) == 1:
                return [_failed(error, sure=True)]
            # One of them is at fault; applied one by one, the others succeed.
            return [await self._alone(command) for command in commands]  # each has time in a batch of its own
        except Unsure as error:
            self.outage.failed(error)
            return [_unsure()] * len(commands)
        if self.outage.lasts:
            self.outage.worked()
        now = time.perf_counter()
        pairs = list(zip(commands, answers, strict=False))
        self._on_commit(Committed(pairs, rows, (now - began, now - applied), waited))
        return answers

    async def _alone(self, command: Any) -> Answer:
        """Apply one command and make it durable; return its answer."""
        try:
            return (await self._batch([command], time.perf_counter()))[0]
        except Unavailable as error:
            return self._unavailable(error)

    def _unavailable(self, error: Unavailable) -> Answer:
        """Return the answer to a command that was not applied, because the store cannot be used."""
        self.outage.failed(error)
        return unavailable(error, "it was not applied").answer()

    def _applied(self, commands: list[Any]) -> tuple[list[Answer], float]:
        """Apply commands in a new transaction, one or more; return their answers, for after the commit, and the time.

        None is begun after `LONGEST_BATCH`.
        """
        try:
            unit = self._database.begin([need for command in commands for need in self._needs(command)])
            end, answers = self._clock() + LONGEST_BATCH, []
            for command in commands:
                answers.append(self._apply(command, unit))
                if self._clock() >= end:
                    break
            self._database.flush()
        finally:
            self._is_applied.set()
        return answers, time.perf_counter()

    def _committed(self, commands: list[Any]) -> tuple[list[Answer], float, Mapping[type, Sequence[Any]]]:
        """Apply commands and commit; return the answers, the time before the commit, and the rows written."""
        try:
            return *self._applied(commands), self._database.commit()
        except BaseException:
            self._database.rollback()
            raise

    def _answer_late(self) -> None:
        """Answer the commands that have waited too long; withdraw those that are not being applied."""
        now, self._alarm = time.perf_counter(), None
        late = [waiting for waiting in self._waiting if now - waiting.since >= LONGEST_WAIT]
        for waiting in late:
            begun = id(waiting.answer) in self._begun
            if not begun:
                self._waiting.remove(waiting)
            if not waiting.answer.done():
                self.outage.failed(f"it has not answered for {LONGEST_WAIT:g} s")
                waiting.answer.set_result((_unknown() if begun else stalled("it was not applied")).answer())
        rest = [waiting.since for waiting in self._waiting if not waiting.answer.done()]
        if rest:
            delay = max(LONGEST_WAIT - (now - min(rest)), 0.01)
            self._alarm = asyncio.get_running_loop().call_later(delay, self._answer_late)

    def _resolve(self, batch: list[Waiting], answers: list[Answer]) -> None:
        """Give the waiting commands their answers."""
        self._begun = frozenset()
        for waiting, answer in zip(batch, answers, strict=True):
            self._waiting.popleft()
            if not waiting.answer.done():  # it may have been answered late, or cancelled by a shutdown
                waiting.answer.set_result(answer)

    def close(self, seconds: float = LONGEST_WAIT) -> bool:
        """End the thread; return whether it ended within some seconds."""
        return self._thread.close(seconds)


def _unknown() -> Refused:
    """Return the refusal of a request that is being applied, so that its client cannot know the outcome: no 503."""
    detail = "the storage does not answer; what became of the request is not known, so repeat it with the same key"
    return Refused("storage", detail, RETRY)


def _tenant(waiting: Waiting) -> str:
    """Return the tenant of a command; of the service's own ones nobody."""
    return getattr(waiting.command, "tenant", "")


def in_turns(queue: Iterable[Waiting]) -> list[Waiting]:
    """Return commands in the order in which they are applied: one of each tenant, then the next one of each.

    Parameters
    ----------
    queue
        In the order of their arrival, which stays that of each tenant's commands.
    """
    turns: Counter[str] = Counter()
    order: list[tuple[int, Waiting]] = []
    for waiting in queue:
        tenant = _tenant(waiting)
        order.append((turns[tenant], waiting))
        turns[tenant] += 1
    return [waiting for _, waiting in sorted(order, key=itemgetter(0))]


def stalled(outcome: str) -> Refused:
    """Return the refusal of a request while the storage does not answer."""
    return Refused("stalled", f"the storage does not answer now; {outcome}", RETRY)


def unavailable(error: Unavailable, outcome: str) -> Refused:
    """Return the refusal of a request while the storage cannot be used; what it lacks is in the log."""
    if isinstance(error, Full):
        return Refused("no-room", f"the storage is full; {outcome}", RETRY_FULL)
    return stalled(outcome)


def _failed(error: BaseException, *, sure: bool) -> Answer:
    """Return the answer to a command that was not applied, or may not have been."""
    _log.error("a write has failed, %s: %r", "nothing was applied" if sure else "its outcome is unknown", error)
    if sure:
        return Refused("storage", "the request was not applied; the log of the service has the cause").answer()
    return _unsure()


def _unsure() -> Answer:
    """Return the answer to a command whose commit has failed."""
    detail = "the commit failed, what became of the request is not known; the log of the service has the cause"
    return Refused("storage", detail, RETRY).answer()
