"""Retention: delete completed journeys with their histories, and stored answers, after a time."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, NamedTuple

from orchestrator import notifications, rules
from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.journeys.rows import Entry, Journey, State
from orchestrator.monitoring.usage import forget_entries
from orchestrator.service.command_context import CommandContext
from orchestrator.service.executor import Executor
from orchestrator.service.feature import Feature
from orchestrator.service.idempotency import KEPT, StoredAnswer, forget_answer
from orchestrator.service.limits import Limits
from orchestrator.service.storage import MeteredUnit
from orchestrator.service.tenants import all_tenants
from orchestrator.store.database import Database
from orchestrator.store.unit import Unit

__all__ = ["Before", "Forget", "days", "feature", "forget", "keep_forgetting"]

STEP = 100
"""Journeys and answers that are looked at, and deleted, in one transaction, so that the service goes on meanwhile."""

PAUSE = 3600.0
"""Seconds between two rounds."""


class Before(NamedTuple):
    """Instants: of the last change of a completed journey, and of an answer."""

    journeys: float
    answers: float


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete some journeys and answers of a tenant, if they are still older than some instants."""

    internal: ClassVar[bool] = True
    tenant: str
    before: Before
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
    done = sum(_forget(unit, command.tenant, name, command.before.journeys) for name in command.journeys)
    for name in command.answers:
        stored = unit.get(StoredAnswer, command.tenant, name)
        if stored is not None and stored.at < command.before.answers:
            forget_answer(unit, stored)
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


def _next(unit: Unit, tenant: str, before: Before, after: str) -> tuple[Forget, str | None]:
    """Return the next deletions, and the journey after which to go on; ``None`` when nothing is left."""
    journeys = unit.find(Journey, "key", tenant, after=(after,), limit=STEP) if before.journeys > 0 else []
    answers = unit.find(StoredAnswer, "at", tenant, limit=STEP)
    old = tuple(answer.key for answer in answers if answer.at < before.answers)
    command = Forget(
        tenant, before, tuple(journey.id for journey in journeys if _is_over(journey, before.journeys)), old
    )
    if len(journeys) < STEP and len(old) < STEP:
        return command, None
    return command, journeys[-1].id if journeys else after


def forget(database: Database, before: float, now: float | None = None) -> int:
    """Delete the completed journeys whose last change is before an instant, with their histories, and old answers.

    Parameters
    ----------
    database
        It may be served meanwhile.
    before, now
        Seconds since the epoch; answers are deleted when they are `KEPT` seconds old.

    Returns
    -------
    int
        The number of deleted journeys.
    """
    instants = Before(before, (time.time() if now is None else now) - KEPT)
    done = 0
    for tenant in database.look(all_tenants):
        position: str | None = ""
        while position is not None:
            command, position = database.look(partial(_next, tenant=tenant, before=instants, after=position))
            done += _in_transaction(database, command)
    return done


def _in_transaction(database: Database, command: Forget) -> int:
    """Delete in a transaction of its own; return the number of deleted journeys."""
    if not (command.journeys or command.answers):
        return 0
    unit = MeteredUnit(database.begin(()))
    try:
        done = _apply(command, unit)
        unit.count_bytes(Limits())
        database.flush()
        database.commit()
    finally:
        database.rollback()
    return done


async def keep_forgetting(executor: Executor, keep: float | None) -> None:
    """Delete, every hour, old answers, and the journeys that were completed some seconds ago or earlier, if given."""
    while True:
        with suppress(Refused):  # the database does not answer, or too much waits: the next round is later
            now = executor.clock()
            before = Before(0.0 if keep is None else now - keep, now - KEPT)
            for tenant in await executor.look(all_tenants):
                await _forget_of(executor, tenant, before)
        await asyncio.sleep(PAUSE)


async def _forget_of(executor: Executor, tenant: str, before: Before) -> None:
    """Delete the old journeys and answers of a tenant, a few rows at a time."""
    position: str | None = ""
    while position is not None:
        command, position = await executor.look(partial(_next, tenant=tenant, before=before, after=position))
        if (command.journeys or command.answers) and (await executor.submit(command)).status != 200:
            return


def feature(keep: float | None) -> Feature:
    """Return the feature that deletes old answers, and journeys some seconds after their completion.

    Parameters
    ----------
    keep
        The seconds; ``None`` for ever.
    """
    return Feature(commands={Forget: handle}, tasks=(partial(keep_forgetting, keep=keep),))
