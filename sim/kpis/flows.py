"""Who goes where: how often each step of the journey graph was followed by each other."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.plan import Outcome
from sim.kpis.view import first_interval
from sim.kpis.visits import visits_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.engine.log import Log
    from sim.engine.plan import Plan

__all__ = ["count_flows"]


def count_flows(plan: Plan, log: Log) -> NDArray[np.float64]:
    """Count the moves from step to step; the flows of replications may be added up.

    Parameters
    ----------
    plan, log
        Of one replication.

    Returns
    -------
    NDArray[np.float64]
        [1 + steps, steps + outcomes]. Row 0 counts where journeys begin, row ``1 + s`` where they went after step
        ``s``; column ``s`` is step ``s``, column ``steps + o`` is outcome ``o``. A move to a step of another intent
        ends one journey and begins the next. Journeys that begin within the warm-up or after the last interval are
        left out.
    """
    log = _counted(plan, log)
    steps, columns = len(plan.steps), len(plan.steps) + len(Outcome)
    following = log.next.astype(np.int64)
    ends = np.where(following < 0, steps - 1 - following, following)
    moves = np.bincount((1 + log.step.astype(np.int64)) * columns + ends, minlength=(1 + steps) * columns)
    flows = moves.reshape(1 + steps, columns).astype(np.float64)
    flows[0, :steps] = np.bincount(log.step[_begins(log)], minlength=steps)
    return flows


def _counted(plan: Plan, log: Log) -> Log:
    """Return the touchpoints of the journeys that count."""
    them = visits_of(plan, log)
    edges = plan.origin + plan.interval * np.array([first_interval(plan), plan.intervals])
    begin = log.began[them.row[them.first]]
    counts = (begin >= edges[0]) & (begin < edges[1])
    kept = np.zeros(len(log), dtype=np.bool_)
    kept[them.row] = counts[them.journey]
    return log if kept.all() else replace(log, **{f.name: getattr(log, f.name)[kept] for f in fields(log)})


def _begins(log: Log) -> NDArray[np.int64]:
    """Return the rows with which journeys begin."""
    order = np.argsort(log.customer, kind="stable")
    customer, journey = log.customer[order], log.journey[order]
    opens = (customer[1:] != customer[:-1]) | (journey[1:] != journey[:-1])
    return np.asarray(order[np.r_[True, opens][: len(order)]], dtype=np.int64)
