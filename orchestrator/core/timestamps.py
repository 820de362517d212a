"""Instants, read and written as RFC 3339 has them."""

import re
from datetime import UTC, datetime, timedelta

__all__ = ["instant", "timestamp"]

_LONGEST = 64
_LEAP = re.compile(r"(.*\d\dT\d\d:\d\d):60(.*)", re.DOTALL)


def timestamp(seconds: float) -> str:
    """Return an instant, in seconds since the epoch, as RFC 3339 writes it: in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def instant(text: str) -> datetime:
    """Read an instant with its zone: all of RFC 3339, and the ISO 8601 that Python reads.

    Parameters
    ----------
    text
        Such as ``2026-03-02T09:30:00Z``; ``t`` and ``z`` may be lower case (RFC 3339, 5.6), and a leap second is read
        as the second after it (5.7).

    Returns
    -------
    datetime
        With its zone.

    Raises
    ------
    ValueError
        It is no instant, has no zone, or has a leap second where none can be.
    """
    written = text.upper()
    leap = _LEAP.fullmatch(written) if ":60" in written else None
    moment = datetime.fromisoformat(f"{leap[1]}:59{leap[2]}" if leap else written)
    if moment.tzinfo is None or not len("2026-03-02") < len(text) <= _LONGEST:
        raise ValueError("an instant needs a time and a zone")
    if not leap:
        return moment
    try:
        moment += timedelta(seconds=1)
        after = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("years end with 9999") from error
    if (after.day, after.hour, after.minute, after.second) != (1, 0, 0, 0):
        raise ValueError("a leap second is the last of a month in UTC")
    return moment
