"""Backoff: the wait before a failed delivery is tried again."""

from hashlib import blake2b

__all__ = ["LONGEST", "TRIES", "keyed", "wait"]

FIRST = 5.0
"""Seconds before the second try, as in the example of Standard Webhooks."""

FACTOR = 4.0

LONGEST = 6 * 3600.0
"""Seconds between two tries at most, unless the receiver asks for more."""

LONGEST_ASKED = 24 * 3600.0

TRIES = 10
"""Tries before a delivery is given up, which is after a day and a half at most."""


def wait(tries: int, uniform: float, asked: float = 0.0) -> float:
    """Return the seconds to wait after a failure.

    Parameters
    ----------
    tries
        Made so far, 1 at least.
    uniform
        A draw from [0, 1). It decides half of the time, so that deliveries that failed together are not retried
        together.
    asked
        Seconds that the receiver asked for (Retry-After).
    """
    longest = min(LONGEST, FIRST * FACTOR ** (tries - 1))
    return max(longest * (1 + uniform) / 2, min(asked, LONGEST_ASKED))


def keyed(delivery: str, tries: int) -> float:
    """Return a uniform draw keyed by delivery and try, so that it is the same when drawn again."""
    digest = blake2b(f"{delivery}/{tries}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
