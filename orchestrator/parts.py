"""The parts of the service; each is a package of its own, and knows nothing of the others but the journeys.

The rules also know the notifications, which they schedule in the transaction of the event that they decide on.
"""

from orchestrator import (
    customers,
    escalation,
    handover,
    health,
    journeys,
    leaving,
    notify,
    openapi,
    retention,
    rules,
    watch,
    work,
)
from orchestrator.routes import Part

__all__ = ["PARTS", "parts_with"]

PARTS: tuple[Part, ...] = (
    health.PART, journeys.PART, customers.PART, work.PART, handover.PART, leaving.PART, rules.PART, escalation.PART,
    notify.PART, watch.PART, retention.PART, openapi.PART,
)  # fmt: skip


def parts_with(targets: notify.Targets) -> tuple[Part, ...]:
    """Return the parts of a service whose webhooks may also go where it allows.

    Parameters
    ----------
    targets
        Networks that are not public.
    """
    return tuple(notify.part(targets) if part is notify.PART else part for part in PARTS)
