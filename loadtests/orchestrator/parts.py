"""The parts of the service; each is a package of its own, and knows nothing of the others but the journeys."""

from loadtests.orchestrator import customers, health, journeys, work
from loadtests.orchestrator.routes import Part

__all__ = ["PARTS"]

PARTS: tuple[Part, ...] = (health.PART, journeys.PART, customers.PART, work.PART)
