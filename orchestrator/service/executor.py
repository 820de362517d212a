"""Execution of commands and queries: the part of the service that routes, watchers, and tasks see."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.service.budget import Budget
from orchestrator.service.command_context import CommandContext, Hook
from orchestrator.service.group_commit import LONGEST_WAIT, Committed, GroupCommit, Needs, stalled
from orchestrator.service.idempotency import StoredAnswer, check_answers, store_answer, stored_answer
from orchestrator.service.limits import Limits
from orchestrator.service.outage import Outage
from orchestrator.service.storage import MeteredUnit, StoredBytes
from orchestrator.store.database import Database
from orchestrator.store.errors import NotApplied, StoreUnreachable, Unavailable, Unsure
from orchestrator.store.unit import Need, Unit
from orchestrator.store.worker import Worker

__all__ = ["CLOSING", "Executor", "Handler", "Needs", "Watcher"]

CLOSING = 3.0
"""Seconds for which the end of a service waits for its store."""

READS = 1024
"""Reads that may wait for those before them; more are refused at once, while the store does not answer."""

PASSING = frozenset({"key-reused", "budget", "limit"})
"""Refusals that are not stored as the answer to their key: the same request can succeed later."""

T = TypeVar("T")
_log = logging.getLogger("uvicorn.error")

Handler = Callable[[Any, Unit, CommandContext], Answer]
"""Applies a command: reads and writes rows, returns the answer or raises `Refused`, which undoes its writes."""

Watcher = Callable[["Executor", Committed], None]
"""Called with each batch after it is durable; it must be quick and raise nothing."""


class Executor:
    """Applies commands durably, in shared batches, and answers queries from what is committed.

    Parameters
    ----------
    database
        Where rows are.
    queue_limit
        Commands that may wait; more are refused.
    clock
        Returns seconds since the epoch; tests give one that they move.
    new_id
        Returns an identifier that is greater than all before.

    Attributes
    ----------
    database, clock
        As given.
    handlers
        The handler of each class of commands; tests put wrong ones in.
    needs
        The functions that tell what rows a class of commands needs.
    hooks
        Called after each entry of a journey, in its savepoint.
    watchers
        Called with every batch that is durable.
    budget
        The time that the rules of each tenant may take.
    limits
        Of each tenant.
    read_outage
        Whether the store can be read.
    stopping
        Set when the service is about to end; tasks and long polls stop waiting then.
    """

    def __init__(
        self, database: Database, queue_limit: int, clock: Callable[[], float], new_id: Callable[[], str]
    ) -> None:  # fmt: skip
        self.database, self.clock, self._new_id = database, clock, new_id
        self.handlers: dict[type, Handler] = {}
        self.needs: dict[type, list[Needs]] = {}
        self.hooks: list[Hook] = []
        self.watchers: list[Watcher] = []
        self.budget = Budget()
        self.limits = Limits()
        self.stopping = asyncio.Event()
        self.read_outage = Outage("read")
        self._reader = Worker("read")
        self._commits = GroupCommit(database, self.apply, self._needs_of, self._notify_watchers, queue_limit)

    async def submit(self, command: Any) -> Answer:
        """Apply a command once, and return its answer when it is durable.

        Parameters
        ----------
        command
            Of a class that has a handler. One with a ``key`` is answered as it was before, if it was.

        Returns
        -------
        Answer
            Also that of a refusal.

        Raises
        ------
        Refused
            ``overloaded`` before anything is accepted.
        """
        return await self._commits.submit(command)

    def apply(self, command: Any, unit: Unit) -> Answer:
        """Apply a command within a transaction, or nothing of it."""
        if not self.limits.bytes:
            return self._apply(command, unit)
        metered, mark = MeteredUnit(unit), unit.mark()
        answer = self._apply(command, metered)
        allowed = _value(command, "internal") or _value(command, "makes_room")
        try:
            metered.count_bytes(replace(self.limits, enforced=not allowed))
        except Refused as refusal:
            unit.undo(mark)
            return refusal.answer()
        return answer

    def _apply(self, command: Any, unit: Unit) -> Answer:
        """Apply a command, whatever it adds to what is kept."""
        # What the service itself has to do is never refused.
        spend, limits = self.budget.spend, self.limits
        if _value(command, "internal"):
            spend, limits = self.budget.owe, replace(limits, enforced=False)
        context = CommandContext(self.clock(), self._new_id, tuple(self.hooks), spend, self.budget.owe, limits)
        key = _value(command, "key")
        mark = unit.mark()
        try:
            if key is not None and (before := stored_answer(unit, command.tenant, key)) is not None:
                return before
            if key is not None and limits.answers:
                check_answers(unit, command.tenant, limits, context.now)
            answer = self.handlers[type(command)](command, unit, context)
        except Refused as refusal:
            unit.undo(mark)
            answer = refusal.answer()
            if refusal.problem in PASSING:
                return answer
        except (NotApplied, Unsure):
            raise
        except Exception:  # noqa: BLE001 - a bug in one command spares the others, and is in the log
            unit.undo(mark)
            _log.exception("a bug in what handles %s", type(command).__name__)
            return Refused("failed", "the service has a bug here; its log says more").answer()
        # A refusal is stored too: a repeated request gets the same answer, whatever happened in between.
        if key is not None:
            store_answer(unit, command.tenant, key, answer, context.now, limits)
        return answer

    def _needs_of(self, command: Any) -> Sequence[Need]:
        """Return the rows that a command reads in any case."""
        needs = [need for needs_of in self.needs.get(type(command), ()) for need in needs_of(command)]
        if self.limits.bytes and (tenant := _value(command, "tenant")):
            needs.append(Need(StoredBytes, "key", (tenant,)))
        key = _value(command, "key")
        return needs if key is None else [*needs, Need(StoredAnswer, "key", (command.tenant, key.value))]

    def _notify_watchers(self, committed: Committed) -> None:
        for watcher in self.watchers:
            watcher(self, committed)

    async def look(self, query: Callable[[Unit], T], patience: float = LONGEST_WAIT) -> T:
        """Return the result of a query on a unit that shows what is committed.

        Raises
        ------
        Refused
            ``stalled`` when the database cannot be read, or not within ``patience`` seconds.
        """
        if self.database.in_memory:
            return self.database.look(query)
        if self._reader.waiting() >= READS:  # the thread hangs; who waited before has been answered
            raise stalled("nothing was read")
        try:
            # Not `wait_for`, which can swallow the cancellation of a task that is being stopped (fixed in Python 3.12).
            async with asyncio.timeout(patience):
                result = await asyncio.get_running_loop().run_in_executor(self._reader, self.database.look, query)
        except TimeoutError as error:
            if patience >= LONGEST_WAIT:  # a health check is less patient, and a busy machine is no outage
                self.read_outage.failed(f"it has not answered for {patience:g} s")
            raise stalled("nothing was read") from error
        except Unavailable as error:
            self.read_outage.failed(error)
            raise stalled("nothing was read") from error
        except NotApplied as error:
            _log.error("a read has failed: %s", error)
            raise stalled("nothing was read") from error
        if self.read_outage.lasts:
            self.read_outage.worked()
        return result

    def oldest(self) -> float:
        """Return how long the first command has waited, in seconds."""
        return self._commits.oldest()

    def waiting(self) -> int:
        """Return how many commands wait."""
        return self._commits.waiting()

    @property
    def write_outage(self) -> Outage:
        """Whether the store can be written to."""
        return self._commits.outage

    def ready(self) -> bool:
        """Tell whether a command would be accepted now."""
        return not self._commits.full()

    def close(self) -> None:
        """End the threads and close the database; everything submitted has been answered before.

        Raises
        ------
        StoreUnreachable
            When the store does not answer within `CLOSING`; then its connections end with the process.
        """
        end = time.monotonic() + CLOSING
        closer = Worker("close")
        try:
            if self._commits.close(CLOSING) and self._reader.close(end - time.monotonic()):
                closer.submit(self.database.close).result(max(0.1, end - time.monotonic()))
                return
        except TimeoutError:
            pass
        raise StoreUnreachable(
            f"the store has not answered for {CLOSING:g} s, so the endpoint ends without it; acknowledged changes are "
            "durable, and of a request without an answer the outcome is unknown"
        )


def _value(command: Any, name: str) -> Any:
    """Return an attribute of a command; None where its class has none, which pydantic takes 3 us to find out."""
    return getattr(command, name) if _declares(command.__class__, name) else None


@cache
def _declares(command_class: type[Any], name: str) -> bool:
    """Tell whether the commands of a class have an attribute."""
    return any(name in vars(base) or name in vars(base).get("__annotations__", ()) for base in command_class.__mro__)
