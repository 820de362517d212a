"""Commands of notifications, webhooks, quiet hours, and deliveries."""

from dataclasses import dataclass, field

from orchestrator.core.answer import Key
from orchestrator.core.json_codec import Document

__all__ = [
    "Cancel", "Claim", "DropQuiet", "DropWebhook", "Plan", "PutQuiet", "PutWebhook", "RequeueDelivery",
    "RequeueNotification", "Settle",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """Notify a journey's customer at an instant, or after some seconds; ``data`` is JSON for the template."""

    tenant: str
    key: Key
    journey: str
    template: str
    at: float | None
    after: float
    data: Document
    unless_back: bool


@dataclass(frozen=True, slots=True)
class Cancel:
    """Do not send a notification."""

    tenant: str
    notification: str


@dataclass(frozen=True, slots=True)
class PutWebhook:
    """Make a webhook, or change it; ``fresh`` is the secret of a new one where the client gives none."""

    tenant: str
    webhook: str
    url: str
    secret: str = field(repr=False)
    fresh: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DropWebhook:
    """Remove a webhook."""

    tenant: str
    webhook: str


@dataclass(frozen=True, slots=True)
class PutQuiet:
    """Set a tenant's quiet hours, which were checked."""

    tenant: str
    zone: str
    windows: str


@dataclass(frozen=True, slots=True)
class DropQuiet:
    """Have no quiet hours."""

    tenant: str


@dataclass(frozen=True, slots=True)
class RequeueDelivery:
    """Try a dead delivery anew."""

    tenant: str
    delivery: str


@dataclass(frozen=True, slots=True)
class RequeueNotification:
    """Release a dead notification anew, now that there is a webhook."""

    tenant: str
    notification: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Take what is due now: so many at most, for so many seconds.

    ``busy`` holds webhooks, by tenant and name, that have enough on the way; what is due to them waits for a quarter
    of that.
    """

    tenant: str
    most: int
    lease: float
    busy: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Settle:
    """What became of a try.

    Attributes
    ----------
    tenant, delivery, tries
        Which one.
    status
        That was answered; 0 where nothing was.
    reason
        What went wrong, in words.
    wait
        Seconds until the next try, if there is one.
    """

    tenant: str
    delivery: str
    tries: int
    status: int
    reason: str
    wait: float
