"""Notifications: messages that bring back customers who are away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kpis.dimensions import BY_STAGE
from sim.kpis.model import Kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio

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
    them = view.journeys
    yield them.cells.ratio(NOTIFIED, them.notified)
    yield them.cells.ratio(RATE, them.notified, them.pauses)
