"""What a handler takes from outside: the instant, identifiers that nobody has, and what happens after an event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

__all__ = ["After", "Moment", "timestamp"]

After = Callable[[Any, Any, Any, "Moment"], "dict[str, Any] | None"]
"""``after(entry, journey, unit, moment)``, called for each entry that a journey got, in the same savepoint.

It stores what it decides as rows of its own, and returns the journey's next step as a JSON object with at least
``step``, or ``None`` where it has nothing to say about that. A journey keeps the last one.
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a command is applied.

    Attributes
    ----------
    now
        Seconds since the epoch (UTC).
    fresh
        Makes an identifier (UUID of version 7) that is greater than all before.
    after
        What is done after each entry of a journey.
    """

    now: float
    fresh: Callable[[], str]
    after: tuple[After, ...] = ()


def timestamp(seconds: float) -> str:
    """Return an instant as answers show it: RFC 3339 in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
