"""Load of each queue while everybody is answered at once: contacts that come, and agents whom they keep busy.

The number in service when nobody waits is the time-lagged offered load [1]_: what came in earlier intervals is in it,
and so are transfers, after-call work and calls of those who come back.

References
----------
.. [1] L. V. Green, P. J. Kolesar and W. Whitt, "Coping with time-varying demand when setting staffing requirements
   for a service system", Production and Operations Management 16(1), 13-39, 2007.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.distributions.law import Law
from sim.engine.expected_visits import expected_visits
from sim.engine.plan import Plan
from sim.experiment.replicate import simulate_once
from sim.experiment.staffing.grid import grid_of
from sim.kpis.intervals import ReportingIntervals, counted_instants
from sim.kpis.timeline.contact_spans import find_contact_spans
from sim.numerics.intervals import seconds_within
from sim.scenario import Scenario
from sim.scenario.law_fields import LawByDay, LawByTime

__all__ = ["Load", "ample_counts", "load_of"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_DAYS = 20
_SPREAD, _SPARE = 8.0, 5.0  # standard deviations, and agents, above the load: nobody waits
_MOST = 5000  # agents of a group in the first simulation


@dataclass(frozen=True, eq=False)
class Load:
    """Load of queues, each [queues, intervals].

    Parameters
    ----------
    offered
        Expected contacts.
    busy
        Mean number in service.
    patience
        [queues] mean patience in seconds; infinite where nobody gives up.
    """

    offered: F8
    busy: F8
    patience: F8


def load_of(scenario: Scenario, plan: Plan, groups: tuple[int, ...], *, seed: int, engine: str) -> Load:
    """Return the load of each queue, simulated with more agents than anybody needs.

    Parameters
    ----------
    scenario, plan
        As they are.
    groups
        Free groups.
    seed, engine
        Of the simulation.
    """
    shape = len(groups), plan.intervals
    visits = float(expected_visits(plan)[:, plan.step_queue >= 0].sum())
    plenty = np.full(shape, min(_MOST, int(visits / plan.intervals * 4) + 20))
    ample = grid_of(scenario, plan, groups, np.zeros(shape, np.int64), plenty)
    plan = ample.plan_with(ample.most)
    queues, edges = len(plan.queues), ReportingIntervals(plan).edges
    offered, busy = np.zeros((queues, plan.intervals)), np.zeros((queues, plan.intervals))
    by_step = np.zeros(len(plan.steps))
    for replication in range(_DAYS):
        _, log = simulate_once(plan, seed, replication, engine)
        queue = plan.step_queue[log.step]
        interval = np.searchsorted(edges, counted_instants(plan, log.began, log.started), side="right") - 1
        counts = (queue >= 0) & (interval >= 0) & (interval < plan.intervals) & (log.group >= 0)
        code = queue[counts] * plan.intervals + interval[counts]
        offered += np.bincount(code, minlength=offered.size).reshape(offered.shape) / _DAYS
        by_step += np.bincount(log.step[counts], minlength=len(plan.steps))
        served = find_contact_spans(plan, log).served
        seconds = seconds_within(edges, served.queue, served.begin, served.end, np.empty(0), queues)
        busy += seconds / (plan.interval * _DAYS)
    return Load(offered, busy, _patience(scenario, plan, by_step))


def ample_counts(plan: Plan, groups: tuple[int, ...], load: Load) -> I8:
    """Return headcounts with which nobody waits, even if the group is the only one of its queues, [groups, intervals].

    Parameters
    ----------
    plan
        Has the queues of each group.
    groups
        Free groups.
    load
        Of the queues.
    """
    rows = []
    for group in groups:
        queues = plan.group_queues[plan.group_queues_ptr[group] : plan.group_queues_ptr[group + 1]]
        busy = load.busy[queues].sum(axis=0)
        near = np.maximum(busy, np.maximum(np.append(busy[1:], 0.0), np.append(0.0, busy[:-1])))
        rows.append(np.ceil(near + _SPREAD * np.sqrt(near) + _SPARE))
    return np.array(rows, dtype=np.int64).reshape(len(rows), plan.intervals)


def _patience(scenario: Scenario, plan: Plan, by_step: F8) -> F8:
    """Return the mean patience of each queue's contacts."""
    means = np.full(len(plan.steps), np.inf)
    for number, name in enumerate(plan.steps):
        intent, _, step = name.partition(".")
        law = getattr(scenario.intents[intent].steps[step], "patience", None)
        if law is not None:
            means[number] = _mean(law)
    patience = np.full(len(plan.queues), np.inf)
    for queue in range(len(plan.queues)):
        steps = (plan.step_queue == queue) & (by_step > 0)
        if steps.any():  # rates of giving up add up
            patience[queue] = by_step[steps].sum() / max(float((by_step[steps] / means[steps]).sum()), 1e-300)
    return np.where(patience > 1e200, np.inf, patience)


def _mean(law: Law | LawByTime | LawByDay) -> float:
    if isinstance(law, LawByTime | LawByDay):
        return float(np.mean([each.mean_value() for each in law.laws()]))
    return max(law.mean_value(), 1e-9)
