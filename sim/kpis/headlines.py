"""Headlines: the rows that sum a result up, in reading order."""

from __future__ import annotations

from sim.core.own_code import loaded
from sim.kpis.model import Row

__all__ = ["HEADLINES", "HEADLINES_OF_QUEUES", "is_headline"]

HEADLINES = (
    "journeys",
    "resolved",
    "containment",
    "offered",
    "abandonment",
    "service_level",
    "occupancy",
    "fcr",
    "contacts_per_journey",
    "switches_per_journey",
    "time_to_resolution",
    "effort",
    "mood",
    "staffed_hours",
    "paid_hours",
    "cost",
    "cost_per_resolved",
)
HEADLINES_OF_QUEUES = ("service_level", "asa")  # a mean wait over calls and e-mails would say nothing


def is_headline(row: Row) -> bool:
    """Tell whether a row is a headline."""
    if row.by == "all" and loaded("kpi", row.kpi):  # the user's own
        return True
    return (row.by == "all" and row.kpi in HEADLINES) or (row.by == "queue" and row.kpi in HEADLINES_OF_QUEUES)
