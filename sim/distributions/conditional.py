"""Times that are known to exceed an age, drawn by inversion of the law's rest.

Given that a time of law F is greater than an age a, the number ``F(a) + u (1 - F(a))`` with a uniform u has the
quantile of the time (inverse transform of a truncated law [1]_). F(a) is found by bisection of the quantile function,
which every law has; so atoms, bounds and laws of one's own need no formula.

References
----------
.. [1] L. Devroye, "Non-Uniform Random Variate Generation", Springer, 1986, section II.2.1.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.distributions.table import HIGHEST

__all__ = ["PARTS", "number_beyond", "share_within", "time_beyond"]

PARTS = 2**52  # of (0, 1); a drawn number is the middle of one


def time_beyond(value: Callable[[float], float], age: float, u: float) -> float:
    """Return a time given that it exceeds an age; the age itself where the law has no greater values.

    Parameters
    ----------
    value
        Quantile function of the law: probability to seconds.
    age
        Seconds.
    u
        Random number of the open interval (0, 1).
    """
    return max(value(number_beyond(share_within(value, age), u)), age)


def share_within(value: Callable[[float], float], age: float) -> float:
    """Return the share of a law's times that do not exceed an age, F(age).

    Parameters
    ----------
    value, age
        As for `time_beyond`.
    """
    low, high = 0, PARTS
    while low < high:
        middle = (low + high) // 2
        if value((middle + 0.5) / PARTS) > age:
            high = middle
        else:
            low = middle + 1
    return low / PARTS


def number_beyond(share: float, u: float) -> float:
    """Return a number of (share, 1) in proportion to one of (0, 1), as the compiled engine computes it."""
    return min(share + u * (1.0 - share), HIGHEST)
