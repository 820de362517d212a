"""The customer's effort, for both engines and the KPIs."""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["effort"]

Points = TypeVar("Points", float, NDArray[np.float64])


class _Weights(Protocol):
    def __getitem__(self, index: int, /) -> float: ...


def effort(
    weights: _Weights, waiting: Points, contacts: Points, switches: Points, abandonments: Points, repetitions: Points
) -> Points:
    """Return the points of effort.

    Parameters
    ----------
    weights
        `Plan.effort`: points per minute waited, further contact, channel switch, abandonment, repetition.
    waiting
        Points of the minutes waited.
    contacts
        After the first.
    switches, abandonments, repetitions
        So far.
    """
    return (
        waiting + weights[1] * contacts + weights[2] * switches + weights[3] * abandonments + weights[4] * repetitions
    )
