"""The routes of the notifications."""

from orchestrator.notifications import models, schemas
from orchestrator.notifications.models import DELIVERY_STATES, JSON, NOTIFICATION_STATES
from orchestrator.notifications.targets import Targets
from orchestrator.service.feature import Route, asks, shows

__all__ = ["routes"]

_BAD = ("malformed", "media-type", "invalid")

_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "maxLength": 200},
}  # fmt: skip


def routes(targets: Targets) -> tuple[Route, ...]:
    """Return the routes; webhooks may go to these targets."""
    return (*_notifications(), *_deliveries(), *_webhooks(targets), *_quiet())


def _notifications() -> tuple[Route, ...]:
    one = "/v1/notifications/{notification}"
    return (
        Route(
            "POST", "/v1/journeys/{journey}/notifications", asks(models.plan),
            "Notify a journey's customer at an instant or after some seconds, unless they come back before",
            request={JSON: schemas.PLAN}, answers={201: ("The notification", schemas.NOTIFICATION)},
            parameters=(_KEY,), problems=("unknown", "state", "key-reused", *_BAD),
        ),
        Route(
            "GET", "/v1/journeys/{journey}/notifications", shows(models.notifications),
            "List a journey's notifications, oldest first",
            answers={200: ("A page of them", schemas.NOTIFICATIONS)}, parameters=schemas.page(),
            problems=("unknown", "invalid"),
        ),
        Route(
            "GET", "/v1/notifications", shows(models.states), "List the notifications of a state, oldest first",
            answers={200: ("A page of them", schemas.NOTIFICATIONS)},
            parameters=schemas.page(*NOTIFICATION_STATES), problems=("invalid",),
        ),
        Route(
            "GET", one, shows(models.notification), "Show a notification, and what became of its deliveries",
            answers={200: ("The notification", schemas.WITH_DELIVERIES)}, problems=("unknown",),
        ),
        Route(
            "DELETE", one, asks(models.cancel), "Cancel a notification that waits",
            answers={200: ("The cancelled notification", schemas.NOTIFICATION)}, problems=("unknown", "state"),
        ),
        Route(
            "POST", f"{one}/requeue", asks(models.requeue_notification), "Release a dead notification anew",
            answers={200: ("The notification", schemas.NOTIFICATION)}, problems=("unknown", "state"),
        ),
    )  # fmt: skip


def _deliveries() -> tuple[Route, ...]:
    return (
        Route(
            "GET", "/v1/deliveries", shows(models.deliveries), "List the deliveries of a state, oldest first",
            answers={200: ("A page of them", schemas.DELIVERIES)}, parameters=schemas.page(*DELIVERY_STATES),
            problems=("invalid",),
        ),
        Route(
            "POST", "/v1/deliveries/{delivery}/requeue", asks(models.requeue_delivery), "Try a dead delivery anew",
            answers={200: ("The delivery", schemas.DELIVERY)}, problems=("unknown", "state"),
        ),
    )  # fmt: skip


def _webhooks(targets: Targets) -> tuple[Route, ...]:
    one = "/v1/webhooks/{webhook}"
    return (
        Route(
            "PUT", one, asks(models.put_webhook(targets)),
            "Make a webhook, whose secret is shown this once, or change it, which also enables it again",
            request={JSON: schemas.NEW_WEBHOOK},
            answers={201: ("The new webhook", schemas.WEBHOOK_MADE), 200: ("The changed webhook", schemas.WEBHOOK)},
            problems=("too-large", *_BAD),
        ),
        Route(
            "GET", "/v1/webhooks", shows(models.webhooks), "List the webhooks",
            answers={200: ("All of them", schemas.WEBHOOKS)},
        ),
        Route(
            "GET", one, shows(models.webhook), "Show a webhook",
            answers={200: ("The webhook", schemas.WEBHOOK)}, problems=("unknown",),
        ),
        Route(
            "DELETE", one, asks(models.drop_webhook), "Remove a webhook",
            answers={204: ("It is removed", None)}, problems=("unknown",),
        ),
    )  # fmt: skip


def _quiet() -> tuple[Route, ...]:
    return (
        Route(
            "PUT", "/v1/quiet-hours", asks(models.put_quiet),
            "Set the windows of the week in which nobody is notified",
            request={JSON: schemas.QUIET}, answers={200: ("The quiet hours", schemas.QUIET)}, problems=_BAD,
        ),
        Route(
            "GET", "/v1/quiet-hours", shows(models.quiet_hours), "Show the quiet hours",
            answers={200: ("The quiet hours", schemas.QUIET)}, problems=("unknown",),
        ),
        Route(
            "DELETE", "/v1/quiet-hours", asks(models.drop_quiet), "Have no quiet hours",
            answers={204: ("There are none", None)}, problems=("unknown",),
        ),
    )  # fmt: skip
