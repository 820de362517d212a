"""Errors of storage."""

__all__ = ["CannotServe", "Full", "NotApplied", "StoreUnreachable", "Unavailable", "Unsure"]


class CannotServe(Exception):  # noqa: N818 - reads as what it is where it is raised
    """The endpoint cannot be served as it is set up; a sentence that says why."""

    exit_code = 2


class StoreUnreachable(CannotServe):
    """The store does not answer now; later it may."""

    exit_code = 3


class NotApplied(Exception):  # noqa: N818
    """The transaction was rolled back; nothing of it is stored."""


class Unavailable(NotApplied):
    """The store cannot be used now, whatever is asked: it is locked by another process, cannot be reached, or fails."""


class Full(Unavailable):
    """The disk of the store is full."""


class Unsure(Exception):  # noqa: N818
    """The commit failed, and whether the transaction is durable is unknown."""
