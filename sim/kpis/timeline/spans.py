"""Spans of time, split at the reporting intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.numerics.intervals import most_open, seconds_within, united

__all__ = ["deepest", "merge", "spread"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


def spread(code: I8, begin: F8, end: F8, size: int, edges: F8, *, weight: F8 | None = None) -> F8:
    """Return the seconds that spans spend in each interval.

    Only positive terms are added, so that an interval which no span touches is exactly 0.

    Parameters
    ----------
    code
        Code of each span, 0 to ``size - 1``.
    begin, end
        The spans; what lies outside the edges is cut off.
    size
        Number of codes.
    edges
        Starts of the intervals, and the end of the last, evenly spaced.
    weight
        Factor on the seconds of each span.

    Returns
    -------
    F8
        [size, intervals].
    """
    weights = np.empty(0) if weight is None else weight
    return np.asarray(seconds_within(edges, code, begin, end, weights, size), dtype=np.float64)


def merge(code: I8, begin: F8, end: F8) -> tuple[I8, F8, F8]:
    """Unite the spans of each code that overlap or touch.

    Returns
    -------
    tuple[I8, F8, F8]
        Code, begin and end of spans that do not overlap, by begin.
    """
    order = np.argsort(begin, kind="stable")  # nearly in order, mostly
    return united(code[order], begin[order], end[order], int(code.max(initial=-1)) + 1)


def deepest(code: I8, begin: F8, end: F8, size: int, edges: F8) -> F8:
    """Return the largest number of spans of each code open at once within each interval.

    At one instant spans end before others begin.

    Parameters
    ----------
    code, begin, end, size
        As for `spread`.
    edges
        Starts of the intervals, and the end of the last.

    Returns
    -------
    F8
        [size, intervals]
    """
    kept = np.flatnonzero(begin < end)
    code, begin, end = code[kept], begin[kept], end[kept]
    opens, closes = np.argsort(begin, kind="stable"), np.argsort(end, kind="stable")  # nearly in order, mostly
    return np.asarray(most_open(edges, code[opens], code[closes], begin[opens], end[closes], size))
