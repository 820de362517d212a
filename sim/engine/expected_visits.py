"""Expected visits to the steps of a plan, from its shares alone: right within a factor of some three."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.channels import Kind
from sim.engine.expected_rounds import expected_rounds
from sim.engine.plan import EXITS, Plan, Result

__all__ = ["LATER", "expected_visits", "moves_after"]

LATER = 1
"""Row of the visits that come after a pause or after work that the customer does not wait for."""
_LONGEST = 1000  # visits of a customer that are followed


def expected_visits(plan: Plan) -> NDArray[np.float64]:
    """Return the expected visits of a replication, shape (2, steps): those at once, and those `LATER` in a journey.

    Everybody is taken to be served, and the cases of a step count as equally likely.

    Parameters
    ----------
    plan
        Of the scenario.
    """
    first = _first_visits(plan)
    visits = _followed(plan, np.where(plan.begins_anew < 0, first, 0.0))
    for intent in np.unique(plan.step_intent[plan.begins_anew >= 0]).tolist():
        begun = np.where(plan.step_intent == intent, first, 0.0)
        customers = float(begun.sum())
        if customers:
            start = plan.begins_anew[plan.step_intent == intent][0]
            each = _followed(plan, np.eye(len(plan.steps))[start])
            journeys = expected_rounds(plan, customers, each.sum(axis=0))
            visits += journeys * each
            visits[0] += begun * max(1.0 - journeys / customers, 0.0)  # who waits all the time
    return visits


def _followed(plan: Plan, first: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expected visits of journeys of which the first visits are known, shape (2, steps)."""
    moves, steps = moves_after(plan, Result.PASSED, Result.HANDLED), len(plan.steps)
    pauses = np.isin(plan.step_kind, [Kind.PAUSE, Kind.DEFERRED])
    here = np.zeros((2, steps))
    here[0] = first
    visits = np.zeros((2, steps))
    enough = 1e-6 * max(float(here.sum()), 1e-300)
    for _ in range(_LONGEST):
        visits += here
        paused = np.where(pauses, here[0], 0.0)
        here = np.stack([(here[0] - paused) @ moves, (here[LATER] + paused) @ moves])
        if here.sum() < enough:
            break
    return visits


def moves_after(plan: Plan, *results: Result) -> NDArray[np.float64]:
    """Return the shares of customers who go from one step to another after one of some results.

    Parameters
    ----------
    plan
        Of the scenario.
    results
        Of which each step has at most one.
    """
    routes, steps = plan.routes, len(plan.steps)
    moves = np.zeros((steps, steps))
    for row in (step * EXITS + result for step in range(steps) for result in results):
        step, (first, last) = row // EXITS, routes.ptr[row : row + 2]
        for case in range(first, last):
            begin, end = routes.case_ptr[case], routes.case_ptr[case + 1]
            shares = np.diff(routes.share[begin:end], prepend=0.0) / (last - first)
            for following, share in zip(routes.next[begin:end], shares, strict=True):
                if following >= 0:
                    moves[step, following] += share
    return moves


def _first_visits(plan: Plan) -> NDArray[np.float64]:
    first = np.bincount(plan.start_step, minlength=len(plan.steps)).astype(np.float64)
    cases = plan.entry_cases
    for intent, journeys in enumerate(plan.volume.sum(axis=1)):
        rows = np.flatnonzero(cases.intent == intent).tolist()
        tables = [(cases.step, cases.share, slice(cases.ptr[row], cases.ptr[row + 1])) for row in rows]
        last = slice(plan.entry_ptr[intent], plan.entry_ptr[intent + 1])
        for step, share, targets in [*tables, (plan.entry_step, plan.entry_share, last)]:
            shares = np.diff(share[targets], prepend=0.0) / (len(rows) + 1)
            np.add.at(first, step[targets], journeys * shares)
    return first
