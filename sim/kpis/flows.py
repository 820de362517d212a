"""Who goes where: how often each step of the journey graph was followed by each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine.plan import Outcome

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
        ``s``; column ``s`` is step ``s``, column ``steps + o`` is outcome ``o``.
    """
    steps, columns = len(plan.steps), len(plan.steps) + len(Outcome)
    following = log.next.astype(np.int64)
    ends = np.where(following < 0, steps - 1 - following, following)
    moves = np.bincount((1 + log.step.astype(np.int64)) * columns + ends, minlength=(1 + steps) * columns)
    flows = moves.reshape(1 + steps, columns).astype(np.float64)
    flows[0, :steps] = np.bincount(log.step[log.visit == 0], minlength=steps)
    return flows
