"""The service without HTTP: commands in, answers out, and what follows from them."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

from orchestrator.core.answer import Answer
from orchestrator.core.new_id import Identifiers
from orchestrator.core.problems import Refused
from orchestrator.features import PARTS
from orchestrator.journeys.rows import Journey
from orchestrator.service.command_context import After, Moment
from orchestrator.service.feature import Committed, Handler, Part
from orchestrator.service.group_commit import GroupCommit
from orchestrator.service.idempotency import Kept, keep, kept
from orchestrator.service.tenants import DEFAULT, Token, tenants
from orchestrator.store.database import Database
from orchestrator.store.errors import NotApplied, Unsure
from orchestrator.store.unit import Need, Unit

__all__ = ["QUEUE_LIMIT", "Service", "tables_of"]

T = TypeVar("T")
_log = logging.getLogger("uvicorn.error")

QUEUE_LIMIT = 1024
"""Commands that may wait for the disk."""

Watcher = Callable[["Service", Committed], None]


def tables_of(parts: Sequence[Part]) -> list[type]:
    """Return all rows' classes that parts keep."""
    return [Kept, Token, *(kind for part in parts for kind in part.tables)]


class Service:
    """What is served, over a database.

    Parameters
    ----------
    database
        Where rows are.
    parts
        What the service consists of.
    queue_limit
        Commands that may wait; more are refused.
    clock
        Returns seconds since the epoch; tests give one that they move.
    keep
        Seconds that completed journeys are kept; for ever if ``None``.

    Attributes
    ----------
    database
        As given.
    parts
        As given.
    clock, keep
        As given.
    handlers
        What handles each class of commands; tests put wrong ones in.
    after
        What is done after each entry of a journey, in its savepoint.
    measures
        What is told of every request as its answer is sent.
    watchers
        What is told of every batch when it is durable.
    stopping
        Set when the service is about to end; whatever waits for something should end then.
    """

    def __init__(
        self, database: Database, parts: Sequence[Part] = PARTS,
        queue_limit: int = QUEUE_LIMIT, clock: Callable[[], float] = time.time, keep: float | None = None,
    ) -> None:  # fmt: skip
        self.database, self.parts, self.clock, self.keep = database, tuple(parts), clock, keep
        self.handlers: dict[type, Handler] = {kind: one for part in parts for kind, one in part.commands.items()}
        self.after: list[After] = [one for part in parts for one in part.after]
        self.watchers: list[Watcher] = [one for part in parts for one in part.watchers]
        self.measures = [one for part in parts for one in part.measures]
        self._needs: dict[type, list[Callable[[Any], Sequence[Need]]]] = {}
        for part in parts:
            for kind, one in part.needs.items():
                self._needs.setdefault(kind, []).append(one)
        self.stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._identifiers = Identifiers(database.look(_last))
        self._commits = GroupCommit(database, self.apply, self.needs, self._tell, queue_limit)

    # Writing

    async def submit(self, command: Any) -> Answer:
        """Apply a command once, and return its answer when it is durable.

        Parameters
        ----------
        command
            Of one of the classes that parts handle. One with a ``key`` is answered as it was before, if it was.

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
        moment = Moment(self.clock(), self._identifiers.fresh, tuple(self.after))
        key = getattr(command, "key", None)
        mark = unit.mark()
        try:
            if key is not None and (before := kept(unit, command.tenant, key)) is not None:
                return before
            answer = self.handlers[type(command)](command, unit, moment)
        except Refused as refusal:
            unit.undo(mark)
            answer = refusal.answer()
            if refusal.kind == "key-reused":
                return answer
        except (NotApplied, Unsure):
            raise
        except Exception:  # noqa: BLE001 - a bug in one command spares the others, and is in the log
            unit.undo(mark)
            _log.exception("a bug in what handles %s", type(command).__name__)
            return Refused("failed", "the service has a bug here; its log says more").answer()
        # A refusal is kept too: whoever asks again is told the same, whatever happened in between.
        if key is not None:
            keep(unit, command.tenant, key, answer, moment.now)
        return answer

    def needs(self, command: Any) -> Sequence[Need]:
        """Return what a command will read for sure."""
        found = [need for find in self._needs.get(type(command), ()) for need in find(command)]
        key = getattr(command, "key", None)
        return found if key is None else [*found, Need(Kept, "key", (command.tenant, key.value))]

    def _tell(self, committed: Committed) -> None:
        """Tell the watchers what was committed."""
        for watch in self.watchers:
            watch(self, committed)

    # Reading

    async def look(self, answer: Callable[[Unit], T]) -> T:
        """Return what a function finds in a unit that shows what is committed.

        Raises
        ------
        Refused
            ``storage`` when the database cannot be read.
        """
        try:
            if self.database.near:
                return self.database.look(answer)
            return await asyncio.to_thread(self.database.look, answer)
        except NotApplied as error:
            raise Refused("storage", f"the database cannot be read: {error}", ((b"retry-after", b"1"),)) from error

    def waiting(self) -> int:
        """Return how many commands wait."""
        return self._commits.waiting()

    def ready(self) -> bool:
        """Tell whether a command would be accepted now."""
        return not self._commits.full()

    # Running

    def run(self) -> None:
        """Begin what the parts do by themselves; within the event loop."""
        self._tasks = [asyncio.ensure_future(task(self)) for part in self.parts for task in part.tasks]

    async def stop(self) -> None:
        """End what the parts do by themselves."""
        self.stopping.set()
        for task in self._tasks:
            task.cancel()
        for failed in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(failed, Exception):
                _log.error("a task of the service has failed", exc_info=failed)
        self._tasks = []

    def close(self) -> None:
        """End the writer's thread and close the database; everything submitted has been answered before."""
        self._commits.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _last(unit: Unit) -> str | None:
    """Return the greatest identifier of a journey, so that later ones are greater though the clock went back."""
    names = {DEFAULT, *tenants(unit)}
    found = [one.id for name in names for one in unit.find(Journey, "key", name, limit=1, descending=True)]
    return max(found, default=None)
