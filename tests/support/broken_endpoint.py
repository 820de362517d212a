"""Deliberately broken variants of the reference endpoint, each of which the verification must catch.

``python tests/support/broken_endpoint.py KIND --database x.db --port 0`` serves one and prints its address, as the real
endpoint does. Faults are counted, not drawn, so that a test knows how many there are: one at every so many events
(``--every``), or at the first event after that which allows it.
"""

import argparse
import asyncio
import itertools
import sqlite3
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator import Service, bound, listen, open_database
from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import merge, read, write
from orchestrator.features import FEATURES
from orchestrator.journeys.commands import Record
from orchestrator.journeys.handlers import record
from orchestrator.journeys.rows import OWN, Entry, Journey
from orchestrator.queues.commands import Complete, Enter, Reserve
from orchestrator.queues.counters import totals_of
from orchestrator.queues.handlers import enter, reserve, use_reservation
from orchestrator.queues.rows import RESERVED, SERVING, Item
from orchestrator.service.command_context import CommandContext
from orchestrator.service.feature import Feature
from orchestrator.service.group_commit import LONGEST_WAIT, GroupCommit
from orchestrator.store.database import Database
from orchestrator.store.unit import Unit


class AnswersBeforeCommit(GroupCommit):
    """Answer at once and commit a while later, so that a crash in between loses what was acknowledged."""

    delay = 0.5
    _later: asyncio.TimerHandle | None = None
    _unit: Unit

    async def submit(self, command: Any) -> Answer:
        if self._later is None:
            self._unit = self._database.begin(())
            self._later = asyncio.get_running_loop().call_later(self.delay, self._commit)
        return self._apply(command, self._unit)

    def _commit(self) -> None:
        self._later = None
        self._database.flush()
        self._database.commit()

    def close(self, seconds: float = LONGEST_WAIT) -> bool:
        if self._later is not None:
            self._commit()
        return super().close(seconds)


class Early(Service):
    """Show what is not committed yet, so that only a crash reveals the early answers."""

    def __init__(self, database: Database, features: Sequence[Feature]) -> None:
        super().__init__(database, features)
        self._commits = AnswersBeforeCommit(database, self.apply, self._needs_of, self._notify_watchers, 1024)

    async def look(self, answer: Callable[[Unit], Any]) -> Any:
        early = self._commits
        return answer(early._unit) if early._later is not None else self.database.look(answer)


class ReadsSlowly(Service):
    """Answer each read right, and late."""

    delay = 0.2

    async def look(self, query: Callable[[Unit], Any], patience: float = LONGEST_WAIT) -> Any:
        await asyncio.sleep(self.delay)
        return await super().look(query, patience)


class AnswersSlowly(Service):
    """Answer each command right, and late."""

    delay = 0.1

    async def submit(self, command: Any) -> Answer:
        await asyncio.sleep(self.delay)
        return await super().submit(command)


class Sabotage(ABC):
    """Fault at every so many commands of one class."""

    every = 20
    command: type[Any] = Record
    right: Callable[[Any, Unit, CommandContext], Answer] = staticmethod(record)

    def __init__(self) -> None:
        self._since = 0

    def __call__(self, command: Any, unit: Unit, context: CommandContext) -> Answer:
        self._since += 1
        if self._since >= self.every and (answer := self.sabotage(command, unit, context)):
            self._since = 0
            return answer
        return self.right(command, unit, context)

    @abstractmethod
    def sabotage(self, command: Any, unit: Unit, context: CommandContext) -> Answer | None:
        """Apply a command wrongly, or return None if the fault does not fit this command."""


class AppliesTwice(Sabotage):
    """Forget that an event was applied, and apply it again."""

    def sabotage(self, command: Record, unit: Unit, context: CommandContext) -> Answer | None:
        answer = record(command, unit, context)
        if answer.status == 201:
            _again(command, unit, command.body.id)
        return answer


def _again(command: Record, unit: Unit, name: str) -> None:
    """Apply an event once more under another identifier."""
    journey = unit.get(Journey, command.tenant, command.journey)
    assert journey is not None
    entry = unit.get(Entry, command.tenant, command.journey, journey.version)
    assert entry is not None
    unit.put(replace(journey, version=journey.version + 1))
    unit.put(replace(entry, version=journey.version + 1, id=name))


class DropsSilently(Sabotage):
    """Acknowledge 1 % of the events without keeping them."""

    every = 100

    def sabotage(self, command: Record, unit: Unit, context: CommandContext) -> Answer | None:
        mark = unit.mark()
        answer = record(command, unit, context)
        unit.undo(mark)
        return answer


class MixesContexts(Sabotage):
    """Merge an event's context into the journey that changed last, which is somebody else's."""

    def sabotage(self, command: Record, unit: Unit, context: CommandContext) -> Answer | None:
        patch = command.body.data.get("context")
        mine = unit.get(Journey, command.tenant, command.journey)
        others = [journey for journey in unit.find(Journey, "key", command.tenant) if journey.id != command.journey]
        if not patch or mine is None or not others:
            return None
        answer = record(command, unit, context)
        if answer.status == 201:
            changed = unit.get(Journey, command.tenant, command.journey)
            assert changed is not None
            unit.put(replace(changed, context=mine.context))
            other = max(others, key=lambda journey: (journey.updated, journey.id))
            unit.put(replace(other, context=write(merge(read(other.context.encode()), patch))))
        return answer


class Reorders(Sabotage):
    """Put an event before the previous event of the same client."""

    def sabotage(self, command: Record, unit: Unit, context: CommandContext) -> Answer | None:
        newest = unit.find(Entry, "key", command.tenant, command.journey, limit=1, descending=True)
        if not newest or newest[0].source.startswith(OWN):
            return None
        answer = record(command, unit, context)
        if answer.status == 201:
            before = newest[0]
            after = unit.get(Entry, command.tenant, command.journey, before.version + 1)
            assert after is not None
            unit.put(replace(after, version=before.version))
            unit.put(replace(before, version=after.version))
        return answer


class Phantom(Sabotage):
    """Add an event that nobody sent."""

    def __init__(self) -> None:
        super().__init__()
        self._number = itertools.count(1)

    def sabotage(self, command: Record, unit: Unit, context: CommandContext) -> Answer | None:
        answer = record(command, unit, context)
        if answer.status == 201:
            _again(command, unit, f"{command.body.id}-phantom-{next(self._number)}")
        return answer


class LosesItems(Sabotage):
    """Let a contact enter a queue without keeping it."""

    command, right = Enter, staticmethod(enter)

    def sabotage(self, command: Enter, unit: Unit, context: CommandContext) -> Answer | None:
        mark = unit.mark()
        answer = enter(command, unit, context)
        unit.undo(mark)
        return answer


class GivesTwice(Sabotage):
    """Reserve a contact for a second agent while another one serves it."""

    command, right = Reserve, staticmethod(reserve)

    def sabotage(self, command: Reserve, unit: Unit, context: CommandContext) -> Answer | None:
        serving = [item for item in unit.find(Item, "leases", command.tenant) if item.state == SERVING]
        others = [item for item in serving if item.agent != command.agent]
        if not others or unit.find(Item, "offered", command.tenant, command.agent, limit=1):
            return None
        item = others[0]
        unit.put(replace(item, state=RESERVED, agent=command.agent, token=item.token + 1, ends=context.now + 30.0))
        totals = totals_of(unit, item.tenant, item.queue)
        unit.put(replace(totals, serving=totals.serving - 1, reserved=totals.reserved + 1))
        return reserve(command, unit, context)


class ForgetsItems(Sabotage):
    """Acknowledge that an agent is done with a contact, without keeping that."""

    command, right = Complete, staticmethod(use_reservation)

    def sabotage(self, command: Complete, unit: Unit, context: CommandContext) -> Answer | None:
        mark = unit.mark()
        answer = use_reservation(command, unit, context)
        unit.undo(mark)
        return answer


class Miscounts(Sabotage):
    """Leave a completed contact out of the queue's counts."""

    command, right = Complete, staticmethod(use_reservation)

    def sabotage(self, command: Complete, unit: Unit, context: CommandContext) -> Answer | None:
        answer = use_reservation(command, unit, context)
        item = unit.get(Item, command.tenant, command.item)
        assert item is not None
        totals = totals_of(unit, item.tenant, item.queue)
        unit.put(replace(totals, completed=totals.completed - 1))
        return answer


WHOLE: dict[str, type[Service]] = {
    "answers_before_commit": Early,
    "answers_slowly": AnswersSlowly,
    "reads_slowly": ReadsSlowly,
}
"""The services that are wrong as a whole, not at single commands."""

KINDS: dict[str, type[Sabotage] | None] = {
    "answers_before_commit": None,
    "answers_slowly": None,
    "applies_twice": AppliesTwice,
    "drops_silently": DropsSilently,
    "forgets_items": ForgetsItems,
    "gives_twice": GivesTwice,
    "loses_items": LosesItems,
    "miscounts": Miscounts,
    "mixes_contexts": MixesContexts,
    "phantom": Phantom,
    "reads_slowly": None,
    "reorders": Reorders,
}


def opened(fault: str, path: Path, every: int | None) -> Service:
    """Return a service with a fault."""
    broken = KINDS[fault]
    database = open_database(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP INDEX IF EXISTS history_once")  # it would refuse what is wrong
        connection.execute("CREATE INDEX history_once ON history (tenant, source, id)")  # by which events are found
    if broken is None:
        return WHOLE[fault](database, FEATURES)
    service = Service(database, FEATURES)
    sabotage = broken()
    if every is not None:
        sabotage.every = every
    service.handlers[broken.command] = sabotage
    return service


def main() -> None:
    parser = argparse.ArgumentParser(description="A broken endpoint.")
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--every", type=int, help="events from one wrong one to the next")
    options = parser.parse_args()
    with bound("127.0.0.1", options.port) as sock, opened(options.kind, options.database, options.every) as service:
        listen(service, sock)


if __name__ == "__main__":
    sys.exit(main())
