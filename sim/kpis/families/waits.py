"""Waiting times in the queue.

A wait lasts from entering the queue until an agent answers, ring time included; in virtual hold until the agent calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kpis.model import Kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio, Sample
    from sim.kpis.dimensions import Cut

__all__ = ["KPIS", "measure"]

CUTS: tuple[Cut, ...] = ("all", "interval", "channel", "queue", "queue_interval")
OVER_DAYS = " Over several days: the mean of the daily values."

ASA = Kpi("asa", "ASA", "s", "lower", "Average speed of answer: mean wait of the answered contacts.")
ALL = Kpi(
    "mean_wait",
    "Mean wait of all",
    "s",
    "lower",
    "Mean wait of all contacts that entered the queue (not closed, blocked or balked); for those still waiting, up to"
    " the end of the run.",
)
GONE = Kpi("mean_wait_abandoned", "Mean wait of the abandoned", "s", None, "Mean wait of the abandoned contacts.")
DELAYED = Kpi(
    "delayed",
    "Delayed",
    "share",
    "lower",
    "P(wait): contacts that had to wait for an agent / contacts that entered the queue; ring time is no wait.",
)
QUANTILES = {
    share: Kpi(
        f"wait_p{share:.0%}".rstrip("%"),
        f"Wait, P{share:.0%}".rstrip("%"),
        "s",
        "lower",
        f"The wait that {share:.0%} of the answered contacts do not exceed (order statistic)." + OVER_DAYS,
        CUTS,
    )
    for share in (0.5, 0.9, 0.95)
}
LONGEST = Kpi("max_wait", "Longest wait", "s", "lower", "The longest wait of an answered contact." + OVER_DAYS, CUTS)

KPIS = (ASA, ALL, GONE, DELAYED, *QUANTILES.values(), LONGEST)


def measure(view: View) -> Iterator[Ratio | Sample]:
    """Average the waits, and take their quantiles."""
    them = view.contacts
    for kpi, which in ((ASA, them.answered), (ALL, them.entered), (GONE, them.abandoned)):
        yield them.cells.ratio(kpi, np.where(which, them.waited, 0.0), which)
    yield them.cells.ratio(DELAYED, them.delayed, them.entered)
    yield them.cells.sample({**QUANTILES, 1.0: LONGEST}, them.waits, them.answered, CUTS)
