"""Customer effort: points for waits, repeats, channel switches and abandonments."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio
from sim.kpis.dimensions import BY_JOURNEY
from sim.kpis.model import Kpi

__all__ = ["KPIS", "measure"]

EFFORT = Kpi(
    "effort",
    "Customer effort",
    "points",
    "lower",
    "Mean points per journey: a x minutes waited in person (deferred work and virtual hold do not count)"
    " + b x contacts after the first + c x channel switches"
    " + d x abandoned contacts + e x contacts in which the customer had to repeat information."
    " The scenario sets the weights a to e.",
    BY_JOURNEY,
)

KPIS = (EFFORT,)


def measure(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Add up the points."""
    journeys = completed.journeys
    per_minute, per_contact, per_switch, per_abandonment, per_repetition = completed.plan.effort.tolist()
    points = (
        per_minute * journeys.waited / 60.0
        + per_contact * np.where(journeys.alone, 0.0, journeys.contacts - journeys.cube.number)
        + per_switch * journeys.switches
        + per_abandonment * journeys.abandoned
        + per_repetition * journeys.repeats
    )
    yield journeys.cube.ratio(EFFORT, points, journeys.cube.every)
