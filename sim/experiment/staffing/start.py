"""Closed forms before the simulation: what each queue needs by Erlang C and Erlang A, and the groups that fill it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import ceil, floor, inf, isinf

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from sim.engine.plan import Plan
from sim.experiment.staffing.grid import Grid
from sim.experiment.staffing.load import Load
from sim.experiment.staffing.targets import Target
from sim.theory import SteadyState, erlang_a, erlang_c, least_number

__all__ = ["needed_by_formula", "speeds", "start_counts"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_LEVELS = {
    "service_level": "less_abandoned",
    "service_level_with_abandoned": "with_abandoned",
    "service_level_of_offered": "of_offered",
    "service_level_of_answered": "of_answered",
}
_NEGLIGIBLE = 1e-6  # erlangs
_MOST = 100_000  # agents; a target that takes more is taken to be out of reach by itself
_ALWAYS = 0.9999  # a level above is reached by no number of agents in a formula


def needed_by_formula(plan: Plan, targets: tuple[Target, ...], load: Load, *, patient: bool) -> I8:
    """Return the agents that each queue needs by itself in each interval, by its targets, [queues, intervals].

    Parameters
    ----------
    plan
        Has the acceptable waits.
    targets
        Those of a queue, and of all contacts, apply; those of groups do not.
    load
        Of the queues.
    patient
        Erlang C, in which nobody gives up; otherwise Erlang A.
    """
    needed = np.zeros(load.busy.shape, dtype=np.int64)
    for queue, name in enumerate(plan.queues):
        applied = [target for target in targets if target.row.by == "all" or target.row[1:3] == ("queue", name)]
        patience = inf if patient else float(load.patience[queue])
        meets = [condition for target in applied if (condition := _condition(target, float(plan.queue_within[queue])))]
        if not meets:
            continue
        for interval in np.flatnonzero(load.busy[queue] > _NEGLIGIBLE).tolist():
            busy = float(load.busy[queue, interval])
            contacts = max(float(load.offered[queue, interval]), _NEGLIGIBLE)
            needed[queue, interval] = _needed(busy, contacts / plan.interval, patience, meets)
    return needed


def _needed(load: float, rate: float, patience: float, meets: list[Callable[[SteadyState], bool]]) -> int:
    service = load / rate  # the mean time that a contact of the interval keeps agents busy in it

    def holds(servers: int) -> bool:
        if isinf(patience):
            queue: SteadyState = erlang_c(arrival_rate=rate, service_mean=service, servers=servers)
        else:
            queue = erlang_a(arrival_rate=rate, service_mean=service, patience_mean=patience, servers=servers)
        return servers > _MOST or all(condition(queue) for condition in meets)

    return least_number(holds, floor(load) + 1 if isinf(patience) else 1, ceil(load))


def _condition(target: Target, within: float) -> Callable[[SteadyState], bool] | None:
    """Return whether a steady state meets a target; None where a formula knows nothing of the KPI."""
    if (name := _LEVELS.get(target.row.kpi)) is not None:
        return lambda queue: bool(getattr(queue.service_level(within), name) >= min(target.bound, _ALWAYS))
    if target.row.kpi == "abandonment":
        return lambda queue: queue.p_abandon <= max(target.bound, 1.0 - _ALWAYS)
    if target.row.kpi == "asa":
        return lambda queue: queue.mean_wait_answered <= max(target.bound, 1.0 - _ALWAYS)
    return None


def start_counts(grid: Grid, needed: I8) -> I8:
    """Return the cheapest headcounts that cover what each queue needs by itself, [free groups, intervals].

    An agent may be divided among the queues of the group. Groups that are not free cover what they can.

    Parameters
    ----------
    grid
        The free groups.
    needed
        [queues, intervals]
    """
    plan, intervals = grid.plan, grid.plan.intervals
    pairs = [
        (row, queue)
        for row, group in enumerate(grid.groups)
        for queue in plan.group_queues[plan.group_queues_ptr[group] : plan.group_queues_ptr[group + 1]].tolist()
    ]
    groups, speed = len(grid.groups), speeds(plan, grid.groups)
    size = groups + len(pairs)
    counts = np.zeros((groups, intervals))
    for interval in range(intervals):
        if not grid.most[:, interval].any():
            continue
        rows, columns, values = [], [], []
        for number, (row, queue) in enumerate(pairs):
            rows += [queue, len(needed) + row]  # covers the queue; takes of the group
            columns += [groups + number] * 2
            values += [-1.0, 1.0]
        rows += [len(needed) + row for row in range(groups)]
        columns += list(range(groups))
        values += (-speed).tolist()
        matrix = coo_array((values, (rows, columns)), shape=(len(needed) + groups, size)).tocsr()
        reach = np.bincount([queue for _, queue in pairs], minlength=len(needed)) > 0
        limits = np.concatenate([-np.where(reach, needed[:, interval], 0), np.zeros(groups)])
        price = np.concatenate([grid.price, np.zeros(len(pairs))])
        highest = np.concatenate([grid.most[:, interval], np.full(len(pairs), np.inf)])
        solved = milp(price, constraints=LinearConstraint(matrix, -np.inf, limits), bounds=Bounds(0.0, highest))
        counts[:, interval] = solved.x[:groups] if solved.x is not None else grid.most[:, interval]
    whole = np.ceil(counts - 1e-6).astype(np.int64)
    return np.clip(whole, grid.least, grid.most)


def speeds(plan: Plan, groups: Iterable[int]) -> F8:
    """Return how many contacts an agent of each group gets through in the time that one alone takes.

    Parameters
    ----------
    plan
        Has what agents do at once.
    groups
        Numbers of groups.
    """
    values = []
    for group in groups:
        slower = plan.crews.slower[plan.crews.slower_ptr[group] : plan.crews.slower_ptr[group + 1]]
        held = np.arange(1, len(slower) + 1)
        values.append(float((held / slower).max()) if len(slower) else 1.0)
    return np.array(values)
