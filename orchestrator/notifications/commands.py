"""Commands of notifications, webhooks, quiet hours, and deliveries."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from orchestrator.core.answer import Key
from orchestrator.http.command import Command
from orchestrator.notifications import models
from orchestrator.notifications.signing import new_secret

__all__ = [
    "Cancel", "Claim", "DropQuiet", "DropWebhook", "PutQuiet", "PutWebhook", "RecordOutcome", "RequeueDelivery",
    "RequeueNotification", "ScheduleNotification",
]  # fmt: skip


class ScheduleNotification(Command):
    """Notify a journey's customer at an instant, or after some seconds."""

    key: Key
    journey: str
    body: models.NewNotification


class Cancel(Command):
    """Do not send a notification."""

    notification: str


class PutWebhook(Command):
    """Make a webhook, or change it; ``generated`` is the secret of a new one if the client gives none."""

    webhook: Annotated[str, Field(pattern="^[ -~]{1,200}$", title="a name of 1 to 200 printable ASCII characters")]
    body: models.WebhookSettings
    generated: str = Field(default_factory=new_secret, repr=False)


class DropWebhook(Command):
    """Remove a webhook."""

    webhook: str


class PutQuiet(Command):
    """Set a tenant's quiet hours."""

    body: models.QuietWeek


class DropQuiet(Command):
    """Remove the quiet hours."""


class RequeueDelivery(Command):
    """Try a dead delivery anew."""

    delivery: str


class RequeueNotification(Command):
    """Release a dead notification anew, now that there is a webhook."""

    notification: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Claim due notifications and deliveries: ``most`` at most, for ``lease`` seconds.

    ``busy`` has webhooks, by tenant and name, to which enough messages are being sent; others to them wait for a
    quarter of the lease.
    """

    internal: ClassVar[bool] = True
    tenant: str
    most: int
    lease: float
    busy: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """Record the outcome of a try.

    Attributes
    ----------
    tenant, delivery, tries
        The try.
    status
        Of the answer; 0 if there was none.
    reason
        A sentence about the failure.
    wait
        Seconds until the next try, if there is one.
    """

    internal: ClassVar[bool] = True
    tenant: str
    delivery: str
    tries: int
    status: int
    reason: str
    wait: float
