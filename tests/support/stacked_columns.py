"""Replications as columns and as arrays, [R, rows]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.experiment.columns import Columns
from sim.kpis import Measures, Row

__all__ = ["columns_of", "stack"]

F8 = NDArray[np.float64]


def columns_of(index: Sequence[Row], num: F8, den: F8) -> Columns:
    """Return columns in memory with the replications of arrays."""
    columns = Columns(room=num.nbytes + den.nbytes)
    for above, below in zip(num, den, strict=True):
        columns.add(Measures(index, above, below))
    return columns


def stack(measures: Sequence[Measures]) -> tuple[Sequence[Row], F8, F8]:
    """Return the rows, numerators and denominators of replications, at least one, all of the same plan."""
    stacked = Columns()
    for replication in measures:
        stacked.add(replication)
    return stacked.index, *stacked.take(slice(None))
