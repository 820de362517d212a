"""Waiting times in the queue.

A wait lasts from entering the queue until an agent answers, ring time included; in virtual hold until the agent calls.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio, Sample
from sim.kpis.dimensions import Dimension
from sim.kpis.model import OF_THE_RUN, Kpi

__all__ = ["KPIS", "measure"]

BY: tuple[Dimension, ...] = ("all", "interval", "channel", "queue", "queue_interval")

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
        f"The wait that {share:.0%} of the answered contacts do not exceed (order statistic)." + OF_THE_RUN,
        BY,
    )
    for share in (0.5, 0.9, 0.95)
}
LONGEST = Kpi("max_wait", "Longest wait", "s", "lower", "The longest wait of an answered contact." + OF_THE_RUN, BY)

KPIS = (ASA, ALL, GONE, DELAYED, *QUANTILES.values(), LONGEST)


def measure(completed: CompletedCustomers) -> Iterator[Ratio | Sample]:
    """Average the waits, and take their quantiles."""
    contacts = completed.contacts
    for kpi, counts in ((ASA, contacts.answered), (ALL, contacts.entered), (GONE, contacts.abandoned)):
        yield contacts.cube.ratio(kpi, np.where(counts, contacts.waited, 0.0), counts)
    yield contacts.cube.ratio(DELAYED, contacts.delayed, contacts.entered)
    yield contacts.cube.sample({**QUANTILES, 1.0: LONGEST}, contacts.waits, contacts.answered, BY)
