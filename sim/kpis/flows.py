"""Who goes where: how often each step of the journey graph was followed by each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine.plan import Outcome

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.kpis.view import View

__all__ = ["count_flows"]


def count_flows(view: View) -> NDArray[np.float64]:
    """Count the moves of journeys that begin within the intervals that count.

    Parameters
    ----------
    view
        Some customers; the moves of all add up.

    Returns
    -------
    NDArray[np.float64]
        [1 + steps, steps + outcomes]. Row 0 counts where journeys begin, row ``1 + s`` where they went after step
        ``s``; column ``s`` is step ``s``, column ``steps + o`` is outcome ``o``. A move to a step of another intent
        ends one journey and begins the next. Journeys that begin within the warm-up or after the last interval are
        left out.
    """
    steps, columns = len(view.plan.steps), len(view.plan.steps) + len(Outcome)
    step, following = view.visits.step[view.counted], view.log.next[view.counted].astype(np.int64)
    ends = np.where(following < 0, steps - 1 - following, following)
    moves = np.bincount((1 + step) * columns + ends, minlength=(1 + steps) * columns)
    flows = moves.reshape(1 + steps, columns).astype(np.float64)
    begins = view.visits.step[view.visits.first[view.journeys.number]]
    flows[0, :steps] = np.bincount(begins, minlength=steps)
    return flows
