"""Draw the customers of one replication."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Population", "draw_population"]


@dataclass(frozen=True, eq=False)
class Population:
    """The customers of one replication, one per row, in order of arrival.

    ``key`` identifies a customer within their intent whatever else changes: all their draws hang on it.
    """

    seed: int
    replication: int
    arrival: NDArray[np.float64]  # seconds from midnight of the first day
    intent: NDArray[np.int32]
    segment: NDArray[np.int32]
    entry: NDArray[np.int32]  # first step
    key: NDArray[np.uint64]

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.arrival)
