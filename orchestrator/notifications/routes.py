"""Routes of notifications, deliveries, webhooks, and quiet hours."""

from functools import partial

from orchestrator.http.command import JSON
from orchestrator.http.parameters import KEY
from orchestrator.http.types import page_of
from orchestrator.notifications import commands, deliveries, handlers, models, views
from orchestrator.notifications.dispatcher import dispatching
from orchestrator.notifications.rows import (
    DELIVERY_STATES,
    NOTIFICATION_STATES,
    Delivery,
    Due,
    Notification,
    QuietHours,
    Webhook,
)
from orchestrator.notifications.targets import Targets
from orchestrator.service.feature import Feature, Route, command_route, query_route

__all__ = ["FEATURE", "feature"]

_BAD = ("malformed", "media-type", "invalid")


def _routes(targets: Targets) -> tuple[Route, ...]:
    """Return the routes; webhooks may go to these targets."""
    return (*_notifications(), *_deliveries(), *_webhooks(targets), *_quiet())


def _notifications() -> tuple[Route, ...]:
    path = "/v1/notifications/{notification}"
    return (
        Route(
            "POST", "/v1/journeys/{journey}/notifications", command_route(commands.ScheduleNotification.read),
            "Notify a journey's customer at an instant or after some seconds, unless they come back before",
            request={JSON: models.NewNotification}, answers={201: ("The notification", models.NotificationView)},
            parameters=(KEY,), problems=("unknown", "state", "key-reused", *_BAD),
        ),
        Route(
            "GET", "/v1/journeys/{journey}/notifications", query_route(views.notifications),
            "List a journey's notifications, oldest first",
            answers={200: ("A page of them", page_of(models.NotificationView))}, parameters=models.page(),
            problems=("unknown", "invalid"),
        ),
        Route(
            "GET", "/v1/notifications", query_route(views.states), "List the notifications of a state, oldest first",
            answers={200: ("A page of them", page_of(models.NotificationView))},
            parameters=models.page(*NOTIFICATION_STATES), problems=("invalid",),
        ),
        Route(
            "GET", path, query_route(views.notification), "Show a notification, and what became of its deliveries",
            answers={200: ("The notification", models.NotificationDeliveriesView)}, problems=("unknown",),
        ),
        Route(
            "DELETE", path, command_route(commands.Cancel.read), "Cancel a notification that waits",
            answers={200: ("The cancelled notification", models.NotificationView)}, problems=("unknown", "state"),
        ),
        Route(
            "POST", f"{path}/requeue", command_route(commands.RequeueNotification.read),
            "Release a dead notification anew",
            answers={200: ("The notification", models.NotificationView)}, problems=("unknown", "state"),
        ),
    )  # fmt: skip


def _deliveries() -> tuple[Route, ...]:
    return (
        Route(
            "GET", "/v1/deliveries", query_route(views.deliveries), "List the deliveries of a state, oldest first",
            answers={200: ("A page of them", page_of(models.DeliveryView))}, parameters=models.page(*DELIVERY_STATES),
            problems=("invalid",),
        ),
        Route(
            "POST", "/v1/deliveries/{delivery}/requeue", command_route(commands.RequeueDelivery.read),
            "Try a dead delivery anew",
            answers={200: ("The delivery", models.DeliveryView)}, problems=("unknown", "state"),
        ),
    )  # fmt: skip


def _webhooks(targets: Targets) -> tuple[Route, ...]:
    path = "/v1/webhooks/{webhook}"
    return (
        Route(
            "PUT", path, command_route(partial(commands.PutWebhook.read, targets=targets)),
            "Make a webhook, whose secret is shown this once, or change it, which also enables it again",
            request={JSON: models.WebhookSettings},
            answers={
                201: ("The new webhook", models.WebhookMadeView), 200: ("The changed webhook", models.WebhookView),
            },
            problems=("too-large", *_BAD),
        ),
        Route(
            "GET", "/v1/webhooks", query_route(views.webhooks), "List the webhooks",
            answers={200: ("All of them", page_of(models.WebhookView))},
        ),
        Route(
            "GET", path, query_route(views.webhook), "Show a webhook",
            answers={200: ("The webhook", models.WebhookView)}, problems=("unknown",),
        ),
        Route(
            "DELETE", path, command_route(commands.DropWebhook.read), "Remove a webhook",
            answers={204: ("It is removed", None)}, problems=("unknown",),
        ),
    )  # fmt: skip


def _quiet() -> tuple[Route, ...]:
    return (
        Route(
            "PUT", "/v1/quiet-hours", command_route(commands.PutQuiet.read),
            "Set the windows of the week in which nobody is notified",
            request={JSON: models.QuietWeek}, answers={200: ("The quiet hours", models.QuietWeek)}, problems=_BAD,
        ),
        Route(
            "GET", "/v1/quiet-hours", query_route(views.quiet_hours), "Show the quiet hours",
            answers={200: ("The quiet hours", models.QuietWeek)}, problems=("unknown",),
        ),
        Route(
            "DELETE", "/v1/quiet-hours", command_route(commands.DropQuiet.read), "Have no quiet hours",
            answers={204: ("There are none", None)}, problems=("unknown",),
        ),
    )  # fmt: skip


def feature(targets: Targets = Targets()) -> Feature:  # noqa: B008 - it is frozen
    """Return the feature, which sends to webhooks.

    Parameters
    ----------
    targets
        Where webhooks may go beside public addresses; by default nowhere.
    """
    return Feature(
        tables=(Notification, Delivery, Due, Webhook, QuietHours),
        commands={
            commands.ScheduleNotification: handlers.schedule_notification,
            commands.Cancel: handlers.cancel_notification,
            commands.PutWebhook: handlers.put_webhook,
            commands.DropWebhook: handlers.drop_webhook,
            commands.PutQuiet: handlers.put_quiet,
            commands.DropQuiet: handlers.drop_quiet,
            commands.RequeueDelivery: handlers.requeue_delivery,
            commands.RequeueNotification: handlers.requeue_notification,
            commands.Claim: deliveries.claim,
            commands.RecordOutcome: deliveries.record_outcome,
        },
        routes=_routes(targets),
        tasks=(dispatching(targets),),
    )


FEATURE = feature()
