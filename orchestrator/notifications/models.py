"""Models of notifications, webhooks, and quiet hours: what requests send, and what answers show."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator

from orchestrator.core.json_codec import Document
from orchestrator.http.command import Body
from orchestrator.http.paging import ShortPage
from orchestrator.http.schemas import view, views
from orchestrator.http.types import Instant, Maybe, Name, Time, checked_by, choice, largest
from orchestrator.notifications.quiet_hours import Windows, zone_of
from orchestrator.notifications.rows import DELIVERY_STATES, NOTIFICATION_STATES
from orchestrator.notifications.signing import is_secret
from orchestrator.notifications.targets import Targets

__all__ = [
    "DeliveriesQuery", "DeliveryView", "NewNotification", "NotificationDeliveriesView", "NotificationView",
    "NotificationsQuery", "QuietWeek", "WebhookMadeView", "WebhookSettings", "WebhookView",
]  # fmt: skip

LARGEST_DATA = 4 * 1024
LONGEST_DELAY = 366 * 24 * 3600
_STATE = Field(description="Which ones; the dead where nothing is said, as those need somebody.")


class NewNotification(Body):
    """Notification of a journey's customer, at an instant or after some seconds."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["at", "after"]}})

    template: Name
    at: Maybe[Instant] = None
    after: float = Field(0.0, ge=0, le=LONGEST_DELAY)
    data: Annotated[Document, largest(LARGEST_DATA)] = Field({})
    unless_back: bool = True

    @field_validator("after")
    @classmethod
    def _alone(cls, seconds: float, info: ValidationInfo) -> float:
        """Refuse seconds beside an instant."""
        if info.data.get("at") is not None:
            raise ValueError("stands beside at; give one of them")
        return seconds


def _allowed(url: str, info: ValidationInfo) -> str:
    """Return a URL that is among the targets."""
    targets: Targets = (info.context or {})["targets"]
    targets.target(url)
    return url


def _secret(text: str) -> str:
    """Return a secret."""
    if not is_secret(text):
        raise ValueError('must be "whsec_" and 24 to 64 bytes in base64, or be left out for a random one')
    return text


_FORMAT = (
    "^whsec_([A-Za-z0-9+/]{4}){8,20}([A-Za-z0-9+/]{4}([A-Za-z0-9+/]{2}==)?|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?$"
)
UrlText = Annotated[
    str,
    Field(
        title="an https URL", description="An https URL of a host with public addresses only.",
        examples=["https://example.com/hook"], json_schema_extra={"maxLength": 1000},
    ),
]  # fmt: skip
SecretText = Annotated[
    str,
    Field(
        title="a secret", description="24 to 64 bytes in base64, after whsec_.", json_schema_extra={"pattern": _FORMAT}
    ),
]  # fmt: skip


class WebhookSettings(Body):
    """Webhook; its secret is a random one if none is given."""

    url: Annotated[UrlText, AfterValidator(_allowed)]
    secret: Maybe[Annotated[SecretText, AfterValidator(_secret)]] = Field(None, repr=False)


def _zone(name: str) -> str:
    """Return the name of a zone."""
    zone_of(name)
    return name


class QuietWeek(Body):
    """Windows of the week, on the clock of a zone, in which nobody is notified."""

    zone: Annotated[Name, AfterValidator(_zone)]
    windows: Annotated[list[Document], checked_by(Windows)]


_NOTIFICATION: Mapping[str, Any] = {
    "id": str, "journey": str, "template": str, "data": Document, "due": Time, "unless_back": bool,
    "state": Annotated[str, choice(*NOTIFICATION_STATES)], "reason": str, "created": Time,
}  # fmt: skip
_DELIVERY: Mapping[str, Any] = {
    "id": str, "notification": str, "webhook": str, "state": Annotated[str, choice(*DELIVERY_STATES)],
    "tries": Annotated[int, Field(ge=0)], "next": str | None, "reason": str, "created": Time,
}  # fmt: skip
_WEBHOOK: Mapping[str, Any] = {
    "id": str, "url": UrlText, "enabled": bool, "reason": str,
    "created": Time,
}  # fmt: skip
NotificationView = view("NotificationView", **_NOTIFICATION)
DeliveryView = view("DeliveriesQuery", "DeliveryView", **_DELIVERY)
NotificationDeliveriesView = view(
    "NotificationDeliveriesView", **_NOTIFICATION, deliveries=views("DeliveriesQuery", "DeliveryView", **_DELIVERY)
)  # fmt: skip
WebhookView = view("WebhookView", **_WEBHOOK)
WebhookMadeView = view("WebhookMadeView", **_WEBHOOK, secret=SecretText)


class NotificationsQuery(ShortPage):
    """Page of the notifications of a state."""

    state: Annotated[str, choice(*NOTIFICATION_STATES), _STATE] = "dead"


class DeliveriesQuery(ShortPage):
    """Page of the deliveries of a state."""

    state: Annotated[str, choice(*DELIVERY_STATES), _STATE] = "dead"
