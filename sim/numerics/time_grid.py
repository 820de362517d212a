"""The grid of a microsecond on which waits are compared with thresholds (ADR 2).

An instant is a sum of binary fractions: three services of 6.7 s end at 20.1 s less some 1e-12 s. Without a grid such
noise would decide whether 20.1 s are reached. The thresholds are moved by half a microsecond, once, so that the
comparisons themselves cost nothing.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["HALF_MICROSECOND", "at_least", "at_most", "bounds_of_waits"]

Seconds = TypeVar("Seconds", float, NDArray[np.float64])

HALF_MICROSECOND = 0.5e-6


def at_least(threshold: Seconds) -> Seconds:
    """Return the limit that a wait must reach (``wait >= limit``) to be at least a threshold, to the microsecond.

    Parameters
    ----------
    threshold
        Seconds, or an array of them.
    """
    return threshold - HALF_MICROSECOND


def at_most(threshold: Seconds) -> Seconds:
    """Return the limit that a wait must not exceed (``wait <= limit``) to be at most a threshold, to the microsecond.

    Parameters
    ----------
    threshold
        Seconds, or an array of them.
    """
    return threshold + HALF_MICROSECOND


def bounds_of_waits(bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return bounds of waits [from, until), to the microsecond.

    A bound just above a whole microsecond stands for "more than" (from) or "at most" (until) that time.

    Parameters
    ----------
    bounds
        Seconds, or infinite.
    """
    finite = np.where(np.isfinite(bounds), bounds, 0.0)
    whole = np.rint(finite * 1e6) / 1e6
    return np.where(finite > whole, at_most(bounds), at_least(bounds))
