"""What customers get done without an agent."""

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
    "Journeys that began in self-service and were resolved without any contact / those that began there and are over.",
    BY_JOURNEY,
)
DEFLECTION = Kpi(
    "deflection",
    "Deflection",
    "share",
    "higher",
    "Journeys resolved without any contact, wherever they began / journeys that are over.",
    BY_JOURNEY,
)

KPIS = (CONTAINMENT, DEFLECTION)


def measure(view: View) -> Iterator[Ratio]:
    """Compare the journeys resolved without an agent with those that are over."""
    them = view.journeys
    alone = (them.outcome == Outcome.RESOLVED) & them.alone
    yield them.cells.ratio(CONTAINMENT, alone & them.self_service, them.over & them.self_service)
    yield them.cells.ratio(DEFLECTION, alone, them.over)
