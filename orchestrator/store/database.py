"""Database: the interface that group commit and reads need of any store."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from orchestrator.store.unit import Need, Unit

__all__ = ["Database"]

T = TypeVar("T")


class Database(Protocol):
    """Transactions of one writer, and reads at the same time.

    `begin`, `flush`, `commit` and `rollback` belong to one writer, which calls them in turn.

    Attributes
    ----------
    in_memory
        Whether nothing can make it wait, so that it is used on the event loop; any other database never is.
    courtesy
        Seconds for which the event loop leaves the processor to the writer's thread while commands are applied.
    """

    in_memory: bool
    courtesy: float

    def begin(self, needs: Sequence[Need]) -> Unit:
        """Begin a transaction while no other writer has one; return its unit.

        Raises
        ------
        NotApplied
            When the database cannot be reached.
        """
        ...

    def flush(self) -> None:
        """Hand the writes to the database, as far as that is done before the commit.

        Raises
        ------
        NotApplied
            When a constraint or the disk forbids it.
        """
        ...

    def commit(self) -> Mapping[type, Sequence[Any]]:
        """Make the transaction durable; return the rows written, by class.

        Raises
        ------
        NotApplied
            When the whole transaction was rolled back.
        Unsure
            When its outcome is unknown.
        """
        ...

    def rollback(self) -> None:
        """Undo the transaction, if one is open; raise nothing."""
        ...

    def look(self, query: Callable[[Unit], T]) -> T:
        """Return the result of a query on a unit that shows what is committed; any thread may call it."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
