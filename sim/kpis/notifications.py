"""Notifications: messages that bring back customers who are away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine.plan import Result
from sim.kpis.cuts import BY_STAGE
from sim.kpis.model import Kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.cells import Ratio
    from sim.kpis.view import View

__all__ = ["KPIS", "measure"]

NOTIFIED = Kpi(
    "notified",
    "Notified",
    "pauses",
    None,
    "Pauses that a notification ended: it was sent, and the customer reacted.",
    BY_STAGE,
)
RATE = Kpi(
    "notification_rate",
    "Notification rate",
    "share",
    None,
    "Pauses that a notification ended / pauses that are over and have one.",
    BY_STAGE,
)

KPIS = (NOTIFIED, RATE)


def measure(view: View) -> Iterator[Ratio]:
    """Count the pauses of each journey."""
    them, visits = view.journeys, view.visits
    with_one = ~np.isnan(view.plan.notify[visits.step]) & (visits.result != Result.INSIDE)
    pauses = np.bincount(visits.journey[with_one], minlength=len(visits.first))[them.number]
    notified = them.cells.added(them.notified)
    yield them.cells.ratio(NOTIFIED, notified)
    yield them.cells.ratio(RATE, notified, them.cells.added(pauses.astype(np.float64)))
