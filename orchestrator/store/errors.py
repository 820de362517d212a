"""Errors of storage."""

__all__ = [
    "CannotServe", "Damaged", "Full", "NotApplied", "StoreDamaged", "StoreFull", "StoreUnreachable", "Unavailable",
    "Unsure", "refusal",
]  # fmt: skip


class CannotServe(Exception):  # noqa: N818 - reads as what it is where it is raised
    """The endpoint cannot be served as it is set up; a sentence that says why."""

    exit_code = 2


class StoreUnreachable(CannotServe):
    """The store does not answer now; later it may."""

    exit_code = 3


class StoreDamaged(CannotServe):
    """The store is damaged; only a backup helps."""

    exit_code = 4


class StoreFull(CannotServe):
    """The disk of the store is full."""

    exit_code = 1


class NotApplied(Exception):  # noqa: N818
    """The transaction was rolled back; nothing of it is stored."""


class Unavailable(NotApplied):
    """The store cannot be used now, whatever is asked: it is locked by another process, cannot be reached, or fails."""


class Full(Unavailable):
    """The disk of the store is full."""


class Damaged(Unavailable):
    """The store's file is damaged."""


class Unsure(Exception):  # noqa: N818
    """The commit failed, and whether the transaction is durable is unknown."""


def refusal(failure: NotApplied | Unsure, sentence: str) -> CannotServe:
    """Return the error that ends a command whose store has failed.

    Parameters
    ----------
    failure
        Of the store.
    sentence
        For the operator, with the cause.
    """
    if isinstance(failure, Damaged):
        return StoreDamaged(f"{sentence}; restore a backup")
    if isinstance(failure, Full):
        return StoreFull(f"{sentence}; make room on its disk")
    return (StoreUnreachable if isinstance(failure, Unavailable | Unsure) else CannotServe)(sentence)
