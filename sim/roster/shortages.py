"""Times that a roster does not cover, and what would help."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from sim.roster.program import Solver
from sim.roster.shift_model import GroupProblem, shift_model

__all__ = ["Cause", "Shortage", "shortages_of"]

F8 = NDArray[np.float64]
_TINY = 1e-6


class Cause(StrEnum):
    """Why a time is not covered."""

    NO_SHIFT = "no shift"
    PEOPLE = "people"
    PRICE = "price"


@dataclass(frozen=True)
class Shortage:
    """A slot with fewer agents on duty than needed."""

    slot: int
    missing: float
    cause: Cause


def shortages_of(problem: GroupProblem, covered: F8) -> tuple[Shortage, ...]:
    """Return the slots that are not covered.

    Parameters
    ----------
    problem
        The group's.
    covered
        [slots] agents on duty.
    """
    missing = problem.needed - covered
    slots = np.flatnonzero(missing > _TINY).tolist()
    if not slots:
        return ()
    model = shift_model(problem, with_people=False)
    values = Solver(model.program).relax()
    possible = _possible(problem)

    def cause(slot: int) -> Cause:
        if slot not in possible:
            return Cause.NO_SHIFT
        helped = values.size > 0 and values[model.under[slot]] < missing[slot] - _TINY
        return Cause.PEOPLE if helped else Cause.PRICE

    return tuple(Shortage(slot, float(missing[slot]), cause(slot)) for slot in slots)


def _possible(problem: GroupProblem) -> set[int]:
    """Return the slots in which a shift of the group's contracts may be on duty."""
    model = shift_model(problem, with_people=False)
    slots = problem.slots
    possible: set[int] = set()
    for _, number, day in model.shifts:
        pattern = slots.patterns[number]
        possible.update(problem.on_axis(slots.within(day, pattern.start, pattern.end)))
    return possible
