"""Commands of notifications, webhooks, quiet hours, and deliveries."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from orchestrator.core.answer import Key
from orchestrator.http.command import Command
from orchestrator.notifications import models
from orchestrator.notifications.signing import new_secret

__all__ = [
    "Cancel", "Claim", "DropQuiet", "DropWebhook", "Plan", "PutQuiet", "PutWebhook", "RequeueDelivery",
    "RequeueNotification", "Settle",
]  # fmt: skip


class Plan(Command):
    """Notify a journey's customer at an instant, or after some seconds."""

    key: Key
    journey: str
    body: models.NewNotification


class Cancel(Command):
    """Do not send a notification."""

    notification: str


class PutWebhook(Command):
    """Make a webhook, or change it; ``fresh`` is the secret of a new one where the client gives none."""

    webhook: Annotated[str, Field(pattern="^[ -~]{1,200}$", title="a name of 1 to 200 printable ASCII characters")]
    body: models.WebhookSettings
    fresh: str = Field(default_factory=new_secret, repr=False)


class DropWebhook(Command):
    """Remove a webhook."""

    webhook: str


class PutQuiet(Command):
    """Set a tenant's quiet hours."""

    body: models.QuietWeek


class DropQuiet(Command):
    """Have no quiet hours."""


class RequeueDelivery(Command):
    """Try a dead delivery anew."""

    delivery: str


class RequeueNotification(Command):
    """Release a dead notification anew, now that there is a webhook."""

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
