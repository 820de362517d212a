"""Expected visits of customers who give up, and call again: a bound from the agents' time, by fluid flow.

Work that comes faster than agents can do it piles up. Who waits in such a pile gives up after their patience, and goes
where their step says, again and again: for as long as the pile lasts, or as often as the routes' shares let them. Waits
that are due to chance alone are left out: who then waits is few beside what a run can hold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.channels import Kind
from sim.engine.expected_rounds import groups_of, mean_time, mean_value, spans_of
from sim.engine.expected_visits import moves_after
from sim.engine.plan import MAX_VISITS, Plan, Result

__all__ = ["expected_retries"]

F8 = NDArray[np.float64]

_GONE = 1e-3
"""Share of customers who still come back, from which on they are not followed."""


def expected_retries(plan: Plan, visits: F8) -> float:
    """Return an upper bound for the visits of those who give up and come back, in one replication.

    Parameters
    ----------
    plan
        Of the scenario.
    visits
        [steps] expected visits, if everybody is served.
    """
    waits = np.isin(plan.step_kind, [Kind.ASSISTED, Kind.DEFERRED]) & (plan.step_queue >= 0) & (visits > 0)
    waits &= plan.begins_anew < 0  # who begins anew for ever is as many as agents have time for
    moves = moves_after(plan, Result.PASSED)
    moves[waits] = (
        np.where(plan.step_patience != -1, 1.0, 0.0)[waits, None] * moves_after(plan, Result.ABANDONED)[waits]
    )
    if not moves[waits].any():
        return 0.0
    seconds = np.array([mean_time(plan, step) for step in range(len(plan.steps))])
    work = visits * (seconds + [mean_value(plan, int(law)) for law in plan.step_wrap]) * waits
    spent = np.where(waits, [mean_value(plan, int(law)) for law in plan.step_patience], seconds)
    return sum(
        _retries_in(plan, queue, waits & (plan.step_queue == queue), visits, work, moves, spent)
        for queue in np.unique(plan.step_queue[waits]).tolist()
    )


def _retries_in(
    plan: Plan, queue: int, steps: NDArray[np.bool_], visits: F8, work: F8, moves: F8, spent: F8
) -> float:  # fmt: skip
    """Return the bound for the steps of one queue."""
    contacts, busy = float(visits[steps].sum()), float(work[steps].sum())
    if not busy or not moves[steps].any():
        return 0.0
    length, arrived = _arrivals(plan, visits * steps)
    served = _capacity(plan, queue, work, length, len(arrived)) * contacts / busy
    waiting = np.zeros(len(arrived) + 1)
    for slot, (came, done) in enumerate(zip(arrived, served, strict=True)):
        waiting[slot + 1] = max(waiting[slot] + came - done, 0.0)
    behind = waiting[1:] > 0
    each, lasts = _chain(visits * steps / contacts, moves, spent, plan.end - plan.first_opening)
    by_time = float(waiting[1:].sum()) * length * each / lasts if lasts else float("inf")
    return min(by_time, float(arrived[behind].sum()) * each)


def _chain(begins: F8, moves: F8, spent: F8, longest: float) -> tuple[float, float]:
    """Return how many visits follow when a customer is never served, and how long they take, in seconds."""
    here, count, lasts = begins, 0.0, 0.0
    while lasts < longest and count < MAX_VISITS:
        lasts += float(here @ spent)
        here = here @ moves
        remaining = float(here.sum())
        if remaining < _GONE:
            break
        count += remaining
    return count, lasts


def _arrivals(plan: Plan, visits: F8) -> tuple[float, F8]:
    """Return the length of a slot in seconds, and the contacts that come in each until the end, as journeys begin."""
    length = plan.interval / plan.demand_parts
    parts = plan.part_volume.shape[1]
    slots = max(int(np.ceil((plan.end - plan.origin) / length)), parts)
    arrived = np.zeros(slots)
    for intent, volume in enumerate(plan.part_volume):
        contacts = float(visits[plan.step_intent == intent].sum())
        if total := float(volume.sum()):
            arrived[:parts] += contacts * volume / total
        else:  # only customers who are there at the beginning
            arrived[0] += contacts
    return length, arrived


def _capacity(plan: Plan, queue: int, work: F8, length: float, slots: int) -> F8:
    """Return the seconds of agents in each slot that a queue gets of its groups, by its share of their work."""
    edges = plan.origin + length * np.arange(slots + 1)
    of_queue = np.bincount(plan.step_queue[work > 0], work[work > 0], minlength=len(plan.queues))
    capacity = np.zeros(slots)
    for group in groups_of(plan, np.array([queue])):
        served = plan.group_queues[plan.group_queues_ptr[group] : plan.group_queues_ptr[group + 1]]
        share = of_queue[queue] / of_queue[served].sum()
        spans = spans_of(plan, group)
        times = [*(begin for begin, _, _ in spans), plan.end]
        seconds = np.cumsum([0.0, *((end - begin) * count for begin, end, count in spans)])
        capacity += np.diff(np.interp(edges, times, seconds)) * (int(plan.group_concurrency[group]) * share)
    return capacity
