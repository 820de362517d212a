"""The parts of the service; each is a package of its own, and knows nothing of the others but the journeys.

The rules also know the notifications, which they schedule in the transaction of the event that they decide on.
"""

from orchestrator import customers, journeys, monitoring, notifications, queues, rules
from orchestrator.admin import retention
from orchestrator.hooks import journey_completed, journey_handed_off, rule_decided
from orchestrator.http import openapi
from orchestrator.monitoring import health
from orchestrator.service.feature import Part

__all__ = ["PARTS", "parts_with"]

PARTS: tuple[Part, ...] = (
    health.PART, journeys.PART, customers.PART, queues.PART, journey_handed_off.PART, journey_completed.PART,
    rules.PART, rule_decided.PART, notifications.PART, monitoring.PART, retention.PART, openapi.PART,
)  # fmt: skip


def parts_with(targets: notifications.Targets) -> tuple[Part, ...]:
    """Return the parts of a service whose webhooks may also go where it allows.

    Parameters
    ----------
    targets
        Networks that are not public.
    """
    return tuple(notifications.part(targets) if part is notifications.PART else part for part in PARTS)
