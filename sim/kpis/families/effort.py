"""Customer effort: points for waits, repeats, channel switches and abandonments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kpis.dimensions import BY_JOURNEY
from sim.kpis.model import Kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio

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


def measure(view: View) -> Iterator[Ratio]:
    """Add up the points."""
    them = view.journeys
    per_minute, per_contact, per_switch, per_abandonment, per_repetition = view.plan.effort.tolist()
    points = (
        per_minute * them.waited / 60.0
        + per_contact * np.where(them.alone, 0.0, them.contacts - them.cells.number)
        + per_switch * them.switches
        + per_abandonment * them.abandoned
        + per_repetition * them.repeats
    )
    yield them.cells.ratio(EFFORT, points, them.cells.every)
