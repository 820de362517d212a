"""Valid inequalities for the price of each different shift, without which its bound is far too low.

Where more agents are needed at one time than at another (or than none), the difference comes from shifts that cover the
one time and not the other, or it is missing at the one, or too much at the other. A shift that is not used brings
nothing, and one that is used pays for itself in the inequality: so a shift counts as its number, or as the difference
times whether it is used, whichever is less in the solution that is cut off. These are the (l, S) inequalities of lot
sizing (Barany, Van Roy and Wolsey 1984), with a second time in place of the beginning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import inf
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from sim.roster.program import Solver
from sim.roster.shift_model import ShiftModel

__all__ = ["add_cuts"]

F8 = NDArray[np.float64]
_ROUNDS = 40
_STALLED = 2  # rounds without a rise, before the end
_RISE = 1e-4  # share of the value
_EARLY = 2  # rounds whose relaxations are still far from a roster
_USED = 1e-6
_REACH = 9  # slots between the two times: those farther apart brought nothing in the published instances
_VIOLATED = 1e-3  # share of the difference


def add_cuts(model: ShiftModel, solver: Solver, seconds: float = inf) -> frozenset[int]:
    """Add violated inequalities to the relaxation, round by round, until its value no longer rises.

    Parameters
    ----------
    model
        With prices of different shifts.
    solver
        Of its program, still without integrality.
    seconds
        No round begins after that.

    Returns
    -------
    frozenset
        Columns of the different shifts that the later relaxations use; empty if one has no solution or was interrupted.
    """
    until, coverage, costs = monotonic() + seconds, _Coverage(model), np.array(model.program.costs)
    different = np.array(list(model.different.values()))
    values, stalled, used = solver.relax(), 0, frozenset[int]()
    for number in range(_ROUNDS):
        if not values.size:
            return frozenset()
        seen = frozenset(different[values[different] > _USED].tolist())
        used = used | seen if number > _EARLY else seen
        if stalled == _STALLED or monotonic() > until:
            break
        cuts = sorted(_violated(coverage, values), key=lambda cut: -cut[0])[: len(model.problem.needed)]
        if not cuts:
            break
        for _, difference, factors in cuts:
            solver.add_row(factors, difference)
        before, values = float(values @ costs), solver.relax()
        has_risen = bool(values.size) and float(values @ costs) > before * (1 + _RISE)
        stalled = 0 if has_risen else stalled + 1
        if has_risen:
            solver.drop_slack_rows()
    if values.size:
        solver.drop_slack_rows()
    return used


class _Coverage:
    """Which shifts may be on duty in each slot, and which always are."""

    def __init__(self, model: ShiftModel) -> None:
        self.model, problem = model, model.problem
        self.column = np.array(list(model.shifts.values()), dtype=np.int64)
        self.used = np.zeros(len(self.column), dtype=np.int64)
        self.may = np.zeros((len(problem.needed), len(self.column)), dtype=np.bool_)
        self.always = np.zeros_like(self.may)
        for at, (_, number, day) in enumerate(model.shifts):
            pattern = problem.slots.patterns[number]
            self.used[at] = model.different[pattern.start, pattern.end]
            slots = problem.on_axis(problem.slots.within(day, pattern.start, pattern.end))
            self.may[slots, at] = self.always[slots, at] = True
            for placement in pattern.placements:
                for begin in placement.begins:
                    span = problem.slots.within(day, begin, begin + round(placement.off.time))
                    self.always[problem.on_axis(span), at] = False


def _violated(coverage: _Coverage, values: F8) -> Iterator[tuple[float, float, dict[int, float]]]:
    """Yield inequalities: by how much each is violated, its least value, and its factors."""
    model, needed = coverage.model, coverage.model.problem.needed
    number, used = values[coverage.column], values[coverage.used]
    missing, surplus = np.zeros(len(needed)), np.zeros(len(needed))
    missing[list(model.under)] = values[list(model.under.values())]
    surplus[list(model.over)] = values[list(model.over.values())]
    for slot in model.under:
        covering = np.flatnonzero(coverage.may[slot])
        for other in _others(model, slot):
            difference = needed[slot] - (0.0 if other is None else needed[other])
            if difference <= 0:
                continue
            chosen = covering if other is None else covering[~coverage.always[other, covering]]
            brought = np.minimum(difference * used[chosen], number[chosen]).sum()
            total = brought + missing[slot] + (0.0 if other is None else surplus[other])
            if difference - total > _VIOLATED * max(1.0, difference):
                factors: dict[int, float] = defaultdict(float)
                for at in chosen.tolist():
                    if difference * used[at] <= number[at]:
                        factors[int(coverage.used[at])] += difference
                    else:
                        factors[int(coverage.column[at])] += 1.0
                factors[model.under[slot]] += 1.0
                if other is not None and other in model.over:
                    factors[model.over[other]] += 1.0
                yield (difference - total) / max(1.0, difference), difference, dict(factors)


def _others(model: ShiftModel, slot: int) -> Iterator[int | None]:
    yield None
    count, wraps = len(model.problem.needed), model.problem.slots.requirements.is_weekly
    for distance in range(1, _REACH + 1):
        for other in (slot - distance, slot + distance):
            if wraps or 0 <= other < count:
                yield other % count
