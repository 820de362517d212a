"""Expected journeys of customers who begin anew as soon as one ends: right within a factor of some three.

Without waiting, a customer makes one journey after another. Agents have only so much time, and a dialer only so many
calls under way, so there are fewer where customers wait for them.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.channels import Kind
from sim.distributions import quantiles_of
from sim.engine.plan import MAX_VISITS, Plan

__all__ = ["expected_rounds", "groups_of", "mean_time", "mean_value", "spans_of"]

F8 = NDArray[np.float64]
_POINTS = (np.arange(64) + 0.5) / 64  # probabilities of the values that make a mean


def expected_rounds(plan: Plan, customers: float, visits: F8) -> float:
    """Return the expected number of journeys that follow one another.

    Parameters
    ----------
    plan
        Of the scenario.
    customers
        How many make them.
    visits
        Expected visits to each step in one journey.
    """
    times = np.array([mean_time(plan, step) for step in range(len(plan.steps))])
    work = np.isin(plan.step_kind, [Kind.ASSISTED, Kind.DEFERRED]) & (visits > 0)
    groups = groups_of(plan, plan.step_queue[work])
    lasting = _seconds_on_duty(plan, groups) if groups else plan.end - plan.first_opening
    bounds = [customers * MAX_VISITS, _ratio(customers * lasting, float(visits @ times))]
    if groups:
        places = sum(int(plan.group_concurrency[group]) * _agent_seconds(plan, group) for group in groups)
        bounds.append(_ratio(places, float((visits * times)[work].sum())))
    dialers = plan.dialers
    for row, step in enumerate(dialers.step.tolist()):
        if visits[step] > 0:
            calls = dialers.per[row] * _agent_seconds(plan, int(dialers.group[row])) + dialers.extra[row] * lasting
            bounds.append(_ratio(calls, float(visits[step] * times[step])))
    return min(bounds)


def _ratio(amount: float, each: float) -> float:
    return amount / each if each > 0 else math.inf


def mean_time(plan: Plan, step: int) -> float:
    """Return the mean time of a visit to a step, without waiting."""
    return sum(mean_value(plan, int(law)) for law in (plan.step_time[step], plan.step_hold[step]))


def mean_value(plan: Plan, law: int) -> float:
    """Return the mean of a law; of one by the time of day, or by day, that of its laws."""
    if law == -1:
        return 0.0
    if law < -1:
        days = plan.day_laws.days[-2 - law]
        if days >= 0:
            return float(np.mean([mean_value(plan, -2 - row) for row in plan.day_values[days].tolist()]))
        rows = slice(plan.day_laws.ptr[-2 - law], plan.day_laws.ptr[-1 - law])
        return float(np.mean([mean_value(plan, each) for each in plan.day_laws.law[rows].tolist()]))
    value = plan.laws.value_of(law, quantiles_of(plan.laws.families))
    return float(np.mean([min(value(float(point)), plan.end) for point in _POINTS]))


def groups_of(plan: Plan, queues: NDArray[np.int32]) -> list[int]:
    """Return the groups that serve some queues."""
    ptr = plan.queue_groups_ptr
    return sorted({group for queue in queues for group in plan.queue_groups[ptr[queue] : ptr[queue + 1]].tolist()})


def spans_of(plan: Plan, group: int) -> list[tuple[float, float, int]]:
    """Return when a headcount holds, and the headcount."""
    if most := int(plan.crews.unlimited[group]):
        return [(plan.first_opening, plan.end, most)]
    rows = slice(plan.staff_ptr[group], plan.staff_ptr[group + 1])
    edges = [*plan.staff_time[rows].tolist(), plan.end]
    counts = plan.staff_count[rows].tolist()
    return [(begin, end, count) for (begin, end), count in zip(pairwise(edges), counts, strict=True)]


def _agent_seconds(plan: Plan, group: int) -> float:
    """Return the time that the agents of a group are scheduled, in seconds of agents."""
    return sum((end - begin) * count for begin, end, count in spans_of(plan, group))


def _seconds_on_duty(plan: Plan, groups: list[int]) -> float:
    """Return the longest time in which somebody of one group is scheduled, in seconds."""
    return max(sum(end - begin for begin, end, count in spans_of(plan, group) if count) for group in groups)
