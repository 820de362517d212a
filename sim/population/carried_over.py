"""Customers who were there before a run began: those who wait, and those whom an agent has."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import chosen, uniforms
from sim.distributions import LawTable, quantiles_of

__all__ = ["CarriedOver", "Doing", "DrawnPresent", "Present", "draw_present"]

F8 = NDArray[np.float64]
U4 = NDArray[np.uint32]
U8 = NDArray[np.uint64]
I4 = NDArray[np.int32]

_LAYER = np.uint64(0xFF_FFFF << 40)  # of their keys: an interval that no run has
_AGE, _SEGMENT, _STEP = 2, 4, 5  # purposes of their draws
_JUST_BEFORE = 1e-6  # seconds: who is served as the run begins was answered before it


class Doing(IntEnum):
    """Doing of an agent whom a customer has; the order is that in which they are placed, as breaks need all places."""

    BREAK = 0  # after the contact
    WRAP_UP = 1
    CONTACT = 2
    NOTHING = 3  # the customer waits


def _f8() -> F8:
    return np.empty(0)


def _i4() -> I4:
    return np.empty(0, np.int32)


def _first() -> I4:
    return np.zeros(1, np.int32)


@dataclass(frozen=True, eq=False)
class CarriedOver:
    """Customers who are there when a run begins, before they are drawn. Sizes: E entries, T sets of steps."""

    customers: I4 = field(default_factory=_i4)  # [E]
    number: I4 = field(default_factory=_i4)  # [E] of the first among those of its stream
    stream: U4 = field(default_factory=lambda: np.empty(0, np.uint32))  # [E] of the draws
    began: F8 = field(default_factory=_f8)  # [E] instant, NaN = an age is drawn
    age: I4 = field(default_factory=_i4)  # [E] law of it, row of `ages`
    ages: LawTable | None = None
    until: F8 = field(default_factory=_f8)  # [E] instant, NaN = drawn
    group: I4 = field(default_factory=_i4)  # [E] of agents, -1 = waits
    doing: I4 = field(default_factory=_i4)  # [E] Doing
    segment: I4 = field(default_factory=_i4)  # [E] -1 = drawn
    steps: I4 = field(default_factory=_i4)  # [E] set from which the step is drawn
    step_ptr: I4 = field(default_factory=_first)  # [T + 1]
    step: I4 = field(default_factory=_i4)
    intent: I4 = field(default_factory=_i4)  # of the step
    share: F8 = field(default_factory=_f8)  # cumulative within the set

    def __len__(self) -> int:
        """Return the number of customers."""
        return int(self.customers.sum())


class Present(NamedTuple):
    """Customers who were there before the run began, the first ones of a population; one per row."""

    began: F8  # the contact came to its queue, or, of one that an agent has, the agent began
    until: F8  # instant at which the agent is done, NaN = drawn
    group: I4  # of the agent, -1 = waits
    doing: I4  # Doing


class DrawnPresent(NamedTuple):
    """Customers who are there, as columns of a population, and what is known of each."""

    intent: I4
    segment: I4
    entry: I4  # the step at which they are
    key: U8
    present: Present


def draw_present(
    carried: CarriedOver, segment_share: F8, opening: float, seed: int, replication: int
) -> DrawnPresent | None:
    """Draw the customers who are there when a run begins; None if nobody is.

    Parameters
    ----------
    carried
        Who is there.
    segment_share
        Cumulative shares of the segments.
    opening
        When the run begins.
    seed, replication
        The same pair draws the same customers.

    Returns
    -------
    DrawnPresent
        In the order in which they are placed: those whom agents have, as listed; then those who wait, the longest
        first.
    """
    if not len(carried):
        return None
    entry = np.repeat(np.arange(len(carried.customers)), carried.customers)
    number = np.arange(len(entry)) - np.repeat(np.cumsum(carried.customers) - carried.customers, carried.customers)
    key: U8 = (number + carried.number[entry]).astype(np.uint64) | _LAYER
    streams = carried.stream[entry]

    def draw(purpose: int) -> F8:
        u = np.empty(len(entry))
        for stream in np.unique(streams).tolist():
            rows = streams == stream
            u[rows] = uniforms(seed, replication, stream, key[rows], 0, purpose)
        return u

    segment = np.where(carried.segment[entry] < 0, chosen(segment_share, draw(_SEGMENT)), carried.segment[entry])
    step, intent = _steps(carried, entry, draw(_STEP))
    began = _began(carried, entry, draw(_AGE), opening)
    group, doing = carried.group[entry], carried.doing[entry]
    began = np.where(doing == Doing.NOTHING, began, np.minimum(began, opening - _JUST_BEFORE))
    order = np.lexsort((np.where(doing == Doing.NOTHING, began, 0.0), doing))
    mixed: U8 = key ^ (streams.astype(np.uint64) << np.uint64(31))
    return DrawnPresent(
        intent[order],
        segment[order].astype(np.int32),
        step[order],
        mixed[order],
        Present(began[order], carried.until[entry][order], group[order], doing[order]),
    )


def _steps(carried: CarriedOver, entry: NDArray[np.int64], u: F8) -> tuple[I4, I4]:
    """Return the step of each, and its intent."""
    row = np.empty(len(entry), np.int64)
    sets = carried.steps[entry]
    for number in np.unique(sets).tolist():
        rows, targets = sets == number, slice(carried.step_ptr[number], carried.step_ptr[number + 1])
        row[rows] = carried.step_ptr[number] + chosen(carried.share[targets], u[rows])
    return carried.step[row], carried.intent[row]


def _began(carried: CarriedOver, entry: NDArray[np.int64], u: F8, opening: float) -> F8:
    """Return when each began: given, or the opening less an age."""
    began = carried.began[entry]
    laws = carried.age[entry]
    for law in np.unique(laws[np.isnan(began)]).tolist():
        assert carried.ages is not None
        value = carried.ages.value_of(law, quantiles_of(carried.ages.families))
        rows = np.flatnonzero(np.isnan(began) & (laws == law))
        began[rows] = [opening - value(each) for each in u[rows].tolist()]
    return began
