"""Deliberately broken variants of the reference endpoint, each of which the verification must catch.

``python tests/load/broken.py KIND --database x.db --port 0`` serves one and says where, as the real endpoint does. What
goes wrong is counted, not drawn, so that a test knows how often: at every so many events (``--every``), or at the first
one after that where it can be done.
"""

import argparse
import asyncio
import itertools
import sys
from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path

from loadtests.orchestrator import SqliteStore, bound, listen
from loadtests.orchestrator.commit import GroupCommit, Transaction
from loadtests.orchestrator.documents import merge, read, write
from loadtests.orchestrator.model import Answer, Command, Record
from loadtests.orchestrator.tables import Tables
from loadtests.orchestrator.transitions import OWN


class AnswersBeforeCommit(GroupCommit):
    """Answers at once and commits a while later; a crash in between loses what was acknowledged."""

    delay = 0.5

    def __init__(self, transaction: Transaction, queue_limit: int) -> None:
        super().__init__(transaction, queue_limit)
        self._later: asyncio.TimerHandle | None = None

    async def submit(self, command: Command) -> Answer:
        if self._later is None:
            self._transaction.begin()
            self._later = asyncio.get_running_loop().call_later(self.delay, self._commit)
        return self._transaction.apply(command)

    def _commit(self) -> None:
        self._later = None
        self._transaction.commit()

    def close(self) -> None:
        if self._later is not None:
            self._commit()
        super().close()


class ReadsUncommitted(Tables):
    """Shows what is not committed yet, so that only a crash betrays the early answers."""

    def __init__(self, database: Path) -> None:
        super().__init__(database)
        self._reader.close()
        self._reader = self._writer


class Sabotage(Tables, ABC):
    """Does something wrong to every so many events."""

    every = 20

    def __init__(self, database: Path) -> None:
        super().__init__(database)
        self._since = 0

    def apply(self, command: Command) -> Answer:
        self._since += isinstance(command, Record)
        if isinstance(command, Record) and self._since >= self.every and (answer := self.sabotage(command)):
            self._since = 0
            return answer
        return super().apply(command)

    def right(self, command: Command) -> Answer:
        """Apply a command as the real endpoint does."""
        return super().apply(command)

    @abstractmethod
    def sabotage(self, command: Record) -> Answer | None:
        """Apply an event wrongly; do nothing and return None if it cannot be done to this one."""


class AppliesTwice(Sabotage):
    """Forgets that it has applied an event, and applies it again."""

    def __init__(self, database: Path) -> None:
        super().__init__(database)
        self._writer.execute("DROP INDEX IF EXISTS history_once")  # it would refuse
        self._writer.execute("CREATE INDEX IF NOT EXISTS history_often ON history (source, id)")

    def sabotage(self, command: Record) -> Answer | None:
        answer = self.right(command)
        if answer.status == 201:
            self._change(command)
        return answer


class DropsSilently(Sabotage):
    """Acknowledges 1 % of the events without keeping them."""

    every = 100

    def sabotage(self, command: Record) -> Answer | None:
        self._writer.execute("SAVEPOINT dropped")
        answer = self.right(command)
        self._writer.execute("ROLLBACK TO dropped")
        self._writer.execute("RELEASE dropped")
        return answer


class MixesContexts(Sabotage):
    """Merges an event's context into the context of the journey that changed last, somebody else's."""

    def sabotage(self, command: Record) -> Answer | None:
        patch = command.data.get("context")
        other = self._writer.execute(
            "SELECT id, context FROM journeys WHERE id <> ? ORDER BY updated DESC, id DESC LIMIT 1", (command.journey,)
        ).fetchone()
        if not patch or other is None or not (mine := self._context(command.journey)):
            return None
        answer = self.right(command)
        if answer.status == 201:
            self._put_context(command.journey, mine)
            self._put_context(other[0], write(merge(read(other[1].encode()), patch)))
        return answer

    def _context(self, journey: str) -> str:
        row = self._writer.execute("SELECT context FROM journeys WHERE id = ?", (journey,)).fetchone()
        return row[0] if row else ""

    def _put_context(self, journey: str, context: str) -> None:
        self._writer.execute("UPDATE journeys SET context = ? WHERE id = ?", (context, journey))


class Reorders(Sabotage):
    """Puts an event before the one that the client sent before it."""

    def sabotage(self, command: Record) -> Answer | None:
        before = self._writer.execute(
            "SELECT version, source FROM history WHERE journey = ? ORDER BY version DESC LIMIT 1", (command.journey,)
        ).fetchone()
        if before is None or before[1].startswith(OWN):
            return None
        answer = self.right(command)
        if answer.status == 201:
            version = before[0]
            for old, new in ((version, -1), (version + 1, version), (-1, version + 1)):
                self._writer.execute(
                    "UPDATE history SET version = ? WHERE journey = ? AND version = ?", (new, command.journey, old)
                )
        return answer


class Phantom(Sabotage):
    """Adds an event that nobody sent after one that somebody did."""

    def __init__(self, database: Path) -> None:
        super().__init__(database)
        self._number = itertools.count(1)

    def sabotage(self, command: Record) -> Answer | None:
        answer = self.right(command)
        if answer.status == 201:
            self._change(replace(command, id=f"{command.id}-phantom-{next(self._number)}", data={}))
        return answer


KINDS: dict[str, tuple[type[Tables], type[GroupCommit]]] = {
    "answers_before_commit": (ReadsUncommitted, AnswersBeforeCommit),
    "applies_twice": (AppliesTwice, GroupCommit),
    "drops_silently": (DropsSilently, GroupCommit),
    "mixes_contexts": (MixesContexts, GroupCommit),
    "phantom": (Phantom, GroupCommit),
    "reorders": (Reorders, GroupCommit),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="A broken endpoint.")
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--every", type=int, help="events from one wrong one to the next")
    given = parser.parse_args()
    tables, commits = KINDS[given.kind]
    if given.every is not None and issubclass(tables, Sabotage):
        tables = type(tables.__name__, (tables,), {"every": given.every})
    with bound("127.0.0.1", given.port) as sock:
        store = SqliteStore.open(given.database, tables=tables, commits=commits)
        try:
            listen(store, sock)
        finally:
            store.close()


if __name__ == "__main__":
    sys.exit(main())
