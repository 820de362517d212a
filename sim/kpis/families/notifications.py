"""Notifications: messages that bring customers back from a pause."""

from __future__ import annotations

from collections.abc import Iterator

from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio
from sim.kpis.dimensions import BY_STAGE
from sim.kpis.model import Kpi

__all__ = ["KPIS", "measure"]

NOTIFIED = Kpi(
    "notified",
    "Notified",
    "pauses",
    None,
    "Pauses that a notification ended; a pause counts if both it and its journey began within the reporting intervals.",
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


def measure(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Count the pauses with a notification, and those that it ended."""
    journeys = completed.journeys
    yield journeys.cube.ratio(NOTIFIED, journeys.notified)
    yield journeys.cube.ratio(RATE, journeys.notified, journeys.pauses)
