"""Customer effort: points for waits, repeats, channel switches and abandonments."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.engine.effort import effort
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
    weights: list[float] = completed.plan.effort.tolist()
    waiting = weights[0] * journeys.waited / 60.0
    contacts = np.where(journeys.alone, 0.0, journeys.contacts - journeys.cube.number)
    points = effort(weights, waiting, contacts, journeys.switches, journeys.abandoned, journeys.repeats)
    yield journeys.cube.ratio(EFFORT, points, journeys.cube.every)
