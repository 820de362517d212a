"""The parts of the service; each is a package of its own, and knows nothing of the others but the journeys.

The rules also know the notifications, which they schedule in the transaction of the event that they decide on.
"""

from loadtests.orchestrator import customers, health, journeys, notify, openapi, rules, watch, work
from loadtests.orchestrator.routes import Part

__all__ = ["PARTS"]

PARTS: tuple[Part, ...] = (
    health.PART, journeys.PART, customers.PART, work.PART, rules.PART, notify.PART, watch.PART, openapi.PART,
)  # fmt: skip
