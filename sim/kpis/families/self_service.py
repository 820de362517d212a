"""Self-service: journeys resolved without an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.plan import Outcome
from sim.kpis.dimensions import BY_JOURNEY
from sim.kpis.model import Kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio

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


def measure(view: View) -> Iterator[Ratio]:
    """Compare the journeys resolved without an agent with the finished journeys."""
    them = view.journeys
    alone = (them.outcome == Outcome.RESOLVED) & them.alone
    yield them.cells.ratio(CONTAINMENT, alone & them.self_service, them.over & them.self_service)
    yield them.cells.ratio(DEFLECTION, alone, them.over)
