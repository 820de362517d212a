"""The store on SQLite: tables behind a group commit."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

from loadtests.orchestrator.commit import GroupCommit
from loadtests.orchestrator.model import Answer, Command, Entry, Journey
from loadtests.orchestrator.tables import Tables

__all__ = ["QUEUE_LIMIT", "SqliteStore"]

QUEUE_LIMIT = 1024
"""Commands that may wait for the disk."""


class SqliteStore:
    """Journeys in one SQLite file, see `Store`.

    Parameters
    ----------
    tables
        The file's tables.
    commits
        The writer in front of them.
    """

    def __init__(self, tables: Tables, commits: GroupCommit) -> None:
        self._tables, self._commits = tables, commits

    @classmethod
    def open(
        cls,
        database: Path,
        queue_limit: int = QUEUE_LIMIT,
        tables: Callable[[Path], Tables] = Tables,
        commits: Callable[[Tables, int], GroupCommit] = GroupCommit,
    ) -> Self:
        """Open a database file; made when it is not there.

        Parameters
        ----------
        database
            The file.
        queue_limit
            Commands that may wait; more are refused.
        tables, commits
            The parts to use; tests put others in.

        Returns
        -------
        SqliteStore
            Ready.

        Raises
        ------
        CannotServe
            When the file cannot be used.
        """
        opened = tables(database)
        return cls(opened, commits(opened, queue_limit))

    async def submit(self, command: Command) -> Answer:
        """Apply a command once, and return its answer when it is durable."""
        return await self._commits.submit(command)

    async def journey(self, journey: str) -> Journey | None:
        """Return a journey, or ``None`` where there is none."""
        return self._tables.journey(journey)

    async def journeys(self, customer: str | None, after: str, limit: int) -> list[Journey]:
        """Return journeys in the order of their creation."""
        return self._tables.journeys(customer, after, limit)

    async def history(self, journey: str, after: int, limit: int) -> list[Entry]:
        """Return entries of a journey in the order of versions."""
        return self._tables.history(journey, after, limit)

    def ready(self) -> bool:
        """Tell whether a command would be accepted now."""
        return not self._commits.full()

    def close(self) -> None:
        """End the writer's thread and close the file."""
        self._commits.close()
        self._tables.close()
