"""Notifications: messages that bring customers back from a pause."""

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
    "Pauses that a notification ended.",
    BY_STAGE,
)
RATE = Kpi(
    "notification_rate",
    "Notification rate",
    "share",
    None,
    "Pauses that a notification ended / finished pauses of steps with a notification.",
    BY_STAGE,
)

KPIS = (NOTIFIED, RATE)


def measure(view: View) -> Iterator[Ratio]:
    """Count the pauses with a notification, and those that it ended."""
    them = view.journeys
    yield them.cells.ratio(NOTIFIED, them.notified)
    yield them.cells.ratio(RATE, them.notified, them.pauses)
