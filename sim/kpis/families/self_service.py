"""Self-service: journeys resolved without an agent."""

from __future__ import annotations

from collections.abc import Iterator

from sim.engine.plan import Outcome
from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio
from sim.kpis.dimensions import BY_JOURNEY
from sim.kpis.model import Kpi

__all__ = ["KPIS", "measure"]

CONTAINMENT = Kpi(
    "containment",
    "Containment",
    "share",
    "higher",
    "Journeys that began in self-service and were resolved without a contact / finished journeys that began there.",
    BY_JOURNEY,
)
DEFLECTION = Kpi(
    "deflection",
    "Deflection",
    "share",
    "higher",
    "Journeys resolved without a contact, wherever they began / finished journeys.",
    BY_JOURNEY,
)

KPIS = (CONTAINMENT, DEFLECTION)


def measure(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Compare the journeys resolved without an agent with the finished journeys."""
    journeys = completed.journeys
    alone = (journeys.outcome == Outcome.RESOLVED) & journeys.alone
    yield journeys.cube.ratio(CONTAINMENT, alone & journeys.self_service, journeys.over & journeys.self_service)
    yield journeys.cube.ratio(DEFLECTION, alone, journeys.over)
