"""When a delivery that failed is tried again: pure functions, with the draw handed in."""

from hashlib import blake2b

__all__ = ["LONGEST", "TRIES", "keyed", "wait"]

FIRST = 5.0
"""Seconds before the second try, as in the example of Standard Webhooks."""

FACTOR = 4.0

LONGEST = 6 * 3600.0
"""Seconds between two tries at most, but where the receiver asks for more."""

LONGEST_ASKED = 24 * 3600.0

TRIES = 10
"""Tries before a delivery is given up; with these figures after a day and a half at most."""


def wait(tries: int, uniform: float, asked: float = 0.0) -> float:
    """Return for how long to wait after a failure.

    Parameters
    ----------
    tries
        That were made, 1 at least.
    uniform
        A draw from [0, 1). Half of the time is left to it, so that what failed at once is not retried at once.
    asked
        Seconds that the receiver asked for (Retry-After).

    Returns
    -------
    float
        Seconds.
    """
    longest = min(LONGEST, FIRST * FACTOR ** (tries - 1))
    return max(longest * (1 + uniform) / 2, min(asked, LONGEST_ASKED))


def keyed(delivery: str, tries: int) -> float:
    """Return a uniform draw that belongs to one try of one delivery, and so is the same when drawn again."""
    digest = blake2b(f"{delivery}/{tries}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
