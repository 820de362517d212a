"""What the service asks of storage: one interface, whatever database is behind it."""

from typing import Protocol

from loadtests.orchestrator.model import Answer, Command, Entry, Journey

__all__ = ["CannotServe", "Store"]


class CannotServe(Exception):  # noqa: N818 - reads as what it is where it is raised
    """The endpoint cannot start; a sentence that says why."""


class Store(Protocol):
    """Journeys that are kept.

    An answer that `submit` returns is durable: it survives the end of the process and of the machine's power. What
    is read has been committed.
    """

    async def submit(self, command: Command) -> Answer:
        """Apply a command once, and return its answer when it is durable.

        Raises
        ------
        Refused
            ``overloaded`` before anything is accepted, or ``storage`` when it cannot be known what is durable.
        """
        ...

    async def journey(self, journey: str) -> Journey | None:
        """Return a journey, or ``None`` where there is none."""
        ...

    async def journeys(self, customer: str | None, after: str, limit: int) -> list[Journey]:
        """Return up to ``limit`` journeys in the order of their creation, those after an identifier."""
        ...

    async def history(self, journey: str, after: int, limit: int) -> list[Entry]:
        """Return up to ``limit`` entries of a journey in the order of versions, those after a version."""
        ...

    def ready(self) -> bool:
        """Tell whether a command would be accepted now."""
        ...

    def close(self) -> None:
        """Close what is open; everything submitted has been answered before."""
        ...
