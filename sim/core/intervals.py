"""Finding the interval of many instants, where all intervals are equally long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.compiling import compiled

__all__ = ["places_among"]

F8 = NDArray[np.float64]


@compiled("i8[::1](f8[::1], f8[:], b1)", error_model="numpy")
def places_among(edges: F8, instants: F8, after: bool) -> NDArray[np.int64]:
    """Return ``np.searchsorted(edges, instants, "right" if after else "left")``, quickly where edges are evenly spaced.

    Parameters
    ----------
    edges
        Ascending; the result is right however they are spaced.
    instants
        Shape (n,); NaN comes after all edges.
    after
        Whether an instant at an edge comes after it.

    Returns
    -------
    ndarray
        Shape (n,).
    """
    size = len(edges)
    out = np.empty(len(instants), np.int64)
    per = (size - 1) / (edges[-1] - edges[0]) if size > 1 else 0.0
    for i in range(len(instants)):
        instant = instants[i]
        if np.isnan(instant):
            out[i] = size
            continue
        guess = (instant - edges[0]) * per + 1.0 if size > 1 else 0.0
        at = int(min(max(guess, 0.0), float(size)))
        while at > 0 and (edges[at - 1] > instant or (not after and edges[at - 1] == instant)):
            at -= 1
        while at < size and (edges[at] < instant or (after and edges[at] == instant)):
            at += 1
        out[i] = at
    return out
