"""The service without HTTP: features over a database."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Self

from orchestrator.core.new_id import IdGenerator
from orchestrator.service.executor import Executor
from orchestrator.service.feature import Feature
from orchestrator.service.idempotency import AnswerCount, StoredAnswer
from orchestrator.service.storage import StoredBytes
from orchestrator.service.tenants import DEFAULT, Token, tenants
from orchestrator.store.database import Database
from orchestrator.store.unit import Unit

__all__ = ["QUEUE_LIMIT", "Service", "tables_of"]

_log = logging.getLogger("uvicorn.error")

QUEUE_LIMIT = 1024
"""Commands that may wait for the disk."""


def tables_of(features: Sequence[Feature]) -> list[type]:
    """Return the classes of all rows that a service with these features keeps."""
    return [StoredAnswer, AnswerCount, StoredBytes, Token, *(row for feature in features for row in feature.tables)]


class Service(Executor):
    """Features over a database: their commands and queries, and their tasks while it runs.

    Parameters
    ----------
    database
        Where rows are.
    features
        The parts of the service.
    queue_limit
        Commands that may wait; more are refused.
    clock
        Returns seconds since the epoch; tests give one that they move.

    Attributes
    ----------
    features
        As given.
    measures
        Called with every request as its answer is sent.
    """

    def __init__(
        self, database: Database, features: Sequence[Feature],
        queue_limit: int = QUEUE_LIMIT, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        ids = IdGenerator(database.look(partial(_last_id, features)))
        super().__init__(database, queue_limit, clock, ids.new_id)
        self.features = tuple(features)
        self.measures = [measure for feature in features for measure in feature.measures]
        for feature in features:
            self.handlers.update(feature.commands)
            self.hooks.extend(feature.hooks)
            self.watchers.extend(feature.watchers)
            for command, needs in feature.needs.items():
                self.needs.setdefault(command, []).append(needs)
        self._tasks: list[asyncio.Task[None]] = []

    def run(self) -> None:
        """Begin the tasks of the features; within the event loop."""
        self._tasks = [asyncio.ensure_future(task(self)) for feature in self.features for task in feature.tasks]

    async def stop(self) -> None:
        """End the tasks of the features."""
        self.stopping.set()
        for task in self._tasks:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, Exception):
                _log.error("a task of the service has failed", exc_info=result)
        self._tasks = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _last_id(features: Sequence[Feature], unit: Unit) -> str | None:
    """Return the greatest identifier in the database: later ones are greater even if the clock went back."""
    names = {DEFAULT, *tenants(unit)}
    lasts = [feature.last_id(unit, name) for feature in features if feature.last_id for name in names]
    return max((last for last in lasts if last is not None), default=None)
