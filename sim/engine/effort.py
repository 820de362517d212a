"""The customer's effort, for both engines and the KPIs."""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["effort"]

N = TypeVar("N", float, NDArray[np.float64])


class _Weights(Protocol):
    def __getitem__(self, index: int, /) -> float: ...


def effort(weights: _Weights, waiting: N, contacts: N, switches: N, abandonments: N, repetitions: N) -> N:
    """Return the points of effort, by the weights of `Plan.effort`.

    `waiting` is in points already: the KPIs round it in another order. `contacts` are those after the first.
    """
    return (
        waiting + weights[1] * contacts + weights[2] * switches + weights[3] * abandonments + weights[4] * repetitions
    )
