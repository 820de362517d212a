"""Times by the wall clock: which one an instant is, and whether it is within hours. Engines share these."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.core.units import DAY
from sim.numerics.time_grid import HALF_MICROSECOND

__all__ = ["ClockChanges", "is_within", "wall_time", "wall_times"]

F8 = NDArray[np.float64]
Seconds = TypeVar("Seconds", float, F8)


class _Column(Protocol):
    def __getitem__(self, index: int, /) -> float: ...


class ClockChanges(NamedTuple):
    """Instants at which the clock is changed, ascending, and by how much it then is ahead of the first day's."""

    since: F8
    ahead: F8


def wall_time(instant: float, since: _Column, ahead: _Column, count: int) -> float:
    """Return the time by the wall clock, in seconds since the midnight with which the first day began.

    Days have 24 hours on it, so that whole days and the time of day are quotient and rest. Half a microsecond before a
    full second is that second.

    Parameters
    ----------
    instant
        Elapsed seconds.
    since, ahead
        As `ClockChanges`, of which there are `count`.
    """
    now, row = instant + HALF_MICROSECOND, count - 1
    while row >= 0 and since[row] > now:
        row -= 1
    return now + ahead[row] if row >= 0 else now


def wall_times(instants: F8, changes: ClockChanges) -> F8:
    """Return `wall_time` of each instant."""
    now = instants + HALF_MICROSECOND
    ahead = np.concatenate([[0.0], changes.ahead])
    times: F8 = now + ahead[np.searchsorted(changes.since, now, side="right")]
    return times


def is_within(time: Seconds, begin: float, until: float) -> Any:
    """Return whether a time of day, or each of an array, is within hours, which may end after the next midnight."""
    return ((begin <= time) & (time < until)) | ((begin <= time + DAY) & (time + DAY < until))
