"""Errors of storage."""

__all__ = ["CannotServe", "NotApplied", "Unavailable", "Unsure"]


class CannotServe(Exception):  # noqa: N818 - reads as what it is where it is raised
    """The endpoint cannot start; a sentence that says why."""


class NotApplied(Exception):  # noqa: N818
    """The transaction was rolled back; nothing of it is stored."""


class Unavailable(NotApplied):
    """The store cannot begin a transaction now: it is locked by another process, or cannot be reached."""


class Unsure(Exception):  # noqa: N818
    """The commit failed, and whether the transaction is durable is unknown."""
