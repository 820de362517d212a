"""Rows of notifications: what is due, what is being delivered, to whom, and when not."""

from dataclasses import dataclass, field

from orchestrator.core.problems import Refused
from orchestrator.store.unit import Unit, table

__all__ = [
    "ALL", "DELIVERY_STATES", "NOTIFICATION_STATES", "Delivery", "Due", "Notification", "QuietHours", "Webhook",
    "the_notification",
]  # fmt: skip

DELIVERY_STATES = ("waiting", "sent", "cancelled", "dead")
NOTIFICATION_STATES = ("waiting", "released", "cancelled", "dead")

ALL = ""
"""The tenant of rows that belong to the service itself; no client can be it."""


@table(
    "notifications",
    key=("tenant", "id"),
    indexes={"journey": ("tenant", "journey", "id"), "state": ("tenant", "state", "id")},
)
class Notification:
    """Something that a customer is to be told, when it is due, unless they came back meanwhile.

    ``state`` is waiting, released (to the webhooks), cancelled or dead, and ``reason`` says why. ``since`` is the
    journey's version when the notification was made: whatever came later is the customer coming back.
    """

    tenant: str
    id: str
    journey: str
    template: str
    data: str
    due: float
    unless_back: bool
    since: int
    state: str
    reason: str
    created: float


@table(
    "deliveries",
    key=("tenant", "id"),
    indexes={"state": ("tenant", "state", "id"), "notification": ("tenant", "notification", "id")},
)
class Delivery:
    """A message on its way to a webhook: the outbox.

    ``state`` is waiting, sent, cancelled or dead. ``next`` is when it is tried next, or when the lease ends of the
    process that tries it now. ``tries`` tells one lease from another one.
    """

    tenant: str
    id: str
    notification: str
    webhook: str
    body: str
    state: str
    tries: int
    next: float
    reason: str
    created: float


@table("due", key=("tenant", "at", "owner", "kind", "id"))
class Due:
    """When a notification or a delivery of a tenant (``owner``) is to be looked at.

    They are the service's own (their tenant is `ALL`), so that one look finds the next of any tenant.
    """

    tenant: str
    at: float
    owner: str
    kind: str
    id: str


@table("webhooks", key=("tenant", "id"))
@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a tenant's notifications are sent. The secret is kept as it is: messages are signed with it."""

    tenant: str
    id: str
    url: str
    enabled: bool
    reason: str
    created: float
    secret: str = field(repr=False)


@table("quiet_hours", key=("tenant",))
class QuietHours:
    """When a tenant's customers are not to be notified; ``windows`` is JSON, as it was given."""

    tenant: str
    zone: str
    windows: str


def the_notification(unit: Unit, tenant: str, name: str) -> Notification:
    """Return a notification that must be there."""
    found = unit.get(Notification, tenant, name)
    if found is None:
        raise Refused("unknown", f"there is no notification {name[:80]}")
    return found
