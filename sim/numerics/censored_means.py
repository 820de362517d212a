"""Means of values of which some are only known to be exceeded, by code.

The mean is the area under the Kaplan-Meier curve up to the largest value, as if that one were known (Efron's
convention). At the same value, those that are known come before those that are exceeded.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["censored_means"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


def censored_means(values: F8, observed: NDArray[np.bool_], keys: I8, size: int) -> tuple[F8, I8]:
    """Return the mean under each key, and the number of its values.

    Parameters
    ----------
    values
        From 0.
    observed
        Whether the value is known; else it is exceeded.
    keys
        Keys that each value counts under, in several ways; negative = none; shape (ways, values).
    size
        Number of keys.

    Returns
    -------
    tuple of ndarray
        Means, 0 where there are no values; and numbers; each shape (keys,).
    """
    means, number = np.zeros(size), np.zeros(size, np.int64)
    for way in keys:
        order = np.lexsort((~observed, values, way))
        order = order[np.searchsorted(way[order], 0) :]
        code = way[order]
        firsts = np.flatnonzero(np.diff(code, prepend=-1))
        for first, last in pairwise([*firsts.tolist(), len(code)]):
            rows = order[first:last]
            number[code[first]] = last - first
            means[code[first]] = _mean(values[rows], observed[rows])
    return means, number


def _mean(values: F8, observed: NDArray[np.bool_]) -> float:
    """Return the area under the curve of ascending values."""
    at_risk = np.arange(len(values), 0, -1)
    survive = np.cumprod(1.0 - observed / at_risk)
    return float(values[0] + np.dot(survive[:-1], np.diff(values)))
