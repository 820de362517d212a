"""Retention: delete completed journeys with their histories, and stored answers, after a time."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from orchestrator import notifications, rules
from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.journeys.rows import Entry, Journey, State
from orchestrator.monitoring.usage import forget_entries
from orchestrator.service.command_context import CommandContext
from orchestrator.service.executor import Executor
from orchestrator.service.feature import Feature
from orchestrator.service.idempotency import StoredAnswer
from orchestrator.service.tenants import DEFAULT, tenants
from orchestrator.store.database import Database
from orchestrator.store.errors import NotApplied
from orchestrator.store.unit import Unit

__all__ = ["Forget", "days", "feature", "forget", "keep_forgetting"]

STEP = 100
"""Journeys and answers that are looked at, and deleted, in one transaction, so that the service goes on meanwhile."""

PAUSE = 3600.0
"""Seconds between two rounds."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete some journeys and answers of a tenant, if they are still old enough."""

    tenant: str
    before: float
    journeys: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()


def days(count: float | None) -> float | None:
    """Return days in seconds."""
    return None if count is None else count * 86400


def handle(command: Forget, unit: Unit, _: CommandContext) -> Answer:
    """Delete journeys and answers; the answer has the number of deleted journeys."""
    return Answer(200, str(_apply(command, unit)).encode())


def _apply(command: Forget, unit: Unit) -> int:
    """Delete journeys and answers that are old enough; return the number of deleted journeys."""
    done = sum(_forget(unit, command.tenant, name, command.before) for name in command.journeys)
    for name in command.answers:
        stored = unit.get(StoredAnswer, command.tenant, name)
        if stored is not None and stored.at < command.before:
            unit.delete(stored)
    return done


def _forget(unit: Unit, tenant: str, name: str, before: float) -> bool:
    """Delete a journey with its history, if it is completed and old enough."""
    journey = unit.get(Journey, tenant, name)
    if journey is None or not _is_over(journey, before):
        return False
    entries = unit.find(Entry, "key", tenant, name)
    for entry in entries:
        unit.delete(entry)
    forget_entries(unit, tenant, len(entries))
    rules.forget(unit, tenant, name)
    notifications.forget(unit, tenant, name)
    unit.delete(journey)
    return True


def _is_over(journey: Journey, before: float) -> bool:
    return journey.state == State.COMPLETED and journey.updated < before


def _next(unit: Unit, tenant: str, before: float, after: tuple[str, str]) -> tuple[Forget, tuple[str, str] | None]:
    """Return the deletions among the next few rows, and the position of the rows after them."""
    journeys = unit.find(Journey, "key", tenant, after=(after[0],), limit=STEP)
    answers = unit.find(StoredAnswer, "key", tenant, after=(after[1],), limit=STEP)
    command = Forget(
        tenant, before,
        tuple(journey.id for journey in journeys if _is_over(journey, before)),
        tuple(answer.key for answer in answers if answer.at < before),
    )  # fmt: skip
    if len(journeys) < STEP and len(answers) < STEP:
        return command, None
    return command, (journeys[-1].id if journeys else after[0], answers[-1].key if answers else after[1])


def _commands(database: Database, before: float) -> Iterator[Forget]:
    """Yield the deletions, a few rows at a time."""
    for tenant in sorted({DEFAULT, *database.look(tenants)}):
        position: tuple[str, str] | None = ("", "")
        while position is not None:
            command, position = database.look(partial(_next, tenant=tenant, before=before, after=position))
            if command.journeys or command.answers:
                yield command


def forget(database: Database, before: float) -> int:
    """Delete the completed journeys whose last change is before an instant, their histories, and answers as old.

    Parameters
    ----------
    database
        It may be served meanwhile.
    before
        Seconds since the epoch.

    Returns
    -------
    int
        The number of deleted journeys.
    """
    done = 0
    for command in _commands(database, before):
        unit = database.begin(())
        try:
            done += _apply(command, unit)
            database.flush()
            database.commit()
        finally:
            database.rollback()
    return done


async def keep_forgetting(executor: Executor, keep: float) -> None:
    """Delete, every hour, journeys that were completed some seconds ago or earlier."""
    while True:
        with suppress(NotApplied, Refused):  # the database does not answer, or too much waits: the next round is later
            commands = _commands(executor.database, executor.clock() - keep)
            while (command := await asyncio.to_thread(next, commands, None)) is not None:
                await executor.submit(command)
        await asyncio.sleep(PAUSE)


def feature(keep: float | None) -> Feature:
    """Return the feature that deletes journeys some seconds after their completion; never if ``None``."""
    tasks = () if keep is None else (partial(keep_forgetting, keep=keep),)
    return Feature(commands={Forget: handle}, tasks=tasks)
