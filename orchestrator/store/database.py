"""What a group commit and the reads need of a database, whichever it is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from orchestrator.store.unit import Need, Unit

__all__ = ["Database"]

T = TypeVar("T")


class Database(Protocol):
    """Transactions of one writer, and reads beside it.

    `begin`, `flush`, `commit` and `rollback` belong to one writer, which calls them in turn.

    Attributes
    ----------
    inline
        Commands of one batch that are applied on the event loop; a larger batch is applied on the writer's thread.
    near
        Whether a read is quick enough to be made on the event loop.
    """

    inline: int
    near: bool

    def begin(self, needs: Sequence[Need]) -> Unit:
        """Begin a transaction that no other writer of the database is beside; return its unit.

        Raises
        ------
        NotApplied
            When the database cannot be reached.
        """
        ...

    def flush(self) -> None:
        """Hand what was written to the database, as far as that is done before the commit.

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
            When all of it was rolled back.
        Unsure
            When that cannot be known.
        """
        ...

    def rollback(self) -> None:
        """Forget the transaction, if one is open; raises nothing."""
        ...

    def look(self, answer: Callable[[Unit], T]) -> T:
        """Return what a function finds in a unit that shows what is committed; any thread may call it."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...
