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
"""The tenant of the service's own rows; no client has it."""


@table(
    "notifications",
    key=("tenant", "id"),
    indexes={"journey": ("tenant", "journey", "id"), "state": ("tenant", "state", "id")},
)
class Notification:
    """A message to a customer, for when it is due, unless the customer has come back meanwhile.

    ``state`` is waiting, released (to the webhooks), cancelled or dead, and ``reason`` says why. ``since`` is the
    journey's version when the notification was made; a later one shows that the customer has come back.
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
    """A message on its way to a webhook: a row of the outbox.

    ``state`` is waiting, sent, cancelled or dead. ``next`` is the instant of the next try, or the end of the lease of
    the process that tries it now. ``tries`` identifies the lease.
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


@table("due", key=("tenant", "at", "owner", "kind", "id"), renamed={"subject": "kind"})
class Due:
    """Due time of a notification or a delivery (``subject``) of a tenant (``owner``).

    They are the service's own rows (their tenant is `ALL`), so that one look finds the next one of any tenant.
    """

    tenant: str
    at: float
    owner: str
    subject: str
    id: str


@table("webhooks", key=("tenant", "id"))
@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver of a tenant's notifications. The secret is stored as it is, because messages are signed with it."""

    tenant: str
    id: str
    url: str
    enabled: bool
    reason: str
    created: float
    secret: str = field(repr=False)


@table("quiet_hours", key=("tenant",))
class QuietHours:
    """Times at which a tenant's customers are not notified; ``windows`` is JSON as received."""

    tenant: str
    zone: str
    windows: str


def the_notification(unit: Unit, tenant: str, name: str) -> Notification:
    """Return a notification, which must exist."""
    notification = unit.get(Notification, tenant, name)
    if notification is None:
        raise Refused("unknown", f"there is no notification {name[:80]}")
    return notification
