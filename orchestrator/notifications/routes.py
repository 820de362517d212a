"""Routes of notifications, deliveries, webhooks, and quiet hours."""

from orchestrator.http.command import write_route
from orchestrator.http.paging import ShortPage, page_of
from orchestrator.notifications import commands, deliveries, handlers, models, views
from orchestrator.notifications.dispatcher import dispatching
from orchestrator.notifications.rows import (
    Delivery,
    Due,
    Notification,
    QuietHours,
    Webhook,
)
from orchestrator.notifications.targets import Targets
from orchestrator.service.feature import Feature, Route, query_route

__all__ = ["FEATURE", "feature"]


def _routes(targets: Targets) -> tuple[Route, ...]:
    """Return the routes; webhooks may go to these targets."""
    return (*_notifications(), *_deliveries(), *_webhooks(targets), *_quiet())


def _notifications() -> tuple[Route, ...]:
    path = "/v1/notifications/{notification}"
    return (
        write_route(
            "POST", "/v1/journeys/{journey}/notifications", commands.ScheduleNotification,
            "Notify a journey's customer at an instant or after some seconds, unless they come back before",
            {201: ("The notification", models.NotificationView)}, "unknown", "state",
        ),
        Route(
            "GET", "/v1/journeys/{journey}/notifications", query_route(views.notifications),
            "List a journey's notifications, oldest first",
            answers={200: ("A page of them", page_of(models.NotificationView))}, query=ShortPage,
            problems=("unknown", "invalid"),
        ),
        Route(
            "GET", "/v1/notifications", query_route(views.states), "List the notifications of a state, oldest first",
            answers={200: ("A page of them", page_of(models.NotificationView))},
            query=models.NotificationsQuery, problems=("invalid",),
        ),
        Route(
            "GET", path, query_route(views.notification), "Show a notification, and what became of its deliveries",
            answers={200: ("The notification", models.NotificationDeliveriesView)}, problems=("unknown",),
        ),
        write_route(
            "DELETE", path, commands.Cancel, "Cancel a notification that waits",
            {200: ("The cancelled notification", models.NotificationView)}, "unknown", "state",
        ),
        write_route(
            "POST", f"{path}/requeue", commands.RequeueNotification, "Release a dead notification anew",
            {200: ("The notification", models.NotificationView)}, "unknown", "state",
        ),
    )  # fmt: skip


def _deliveries() -> tuple[Route, ...]:
    return (
        Route(
            "GET", "/v1/deliveries", query_route(views.deliveries), "List the deliveries of a state, oldest first",
            answers={200: ("A page of them", page_of(models.DeliveryView))}, query=models.DeliveriesQuery,
            problems=("invalid",),
        ),
        write_route(
            "POST", "/v1/deliveries/{delivery}/requeue", commands.RequeueDelivery, "Try a dead delivery anew",
            {200: ("The delivery", models.DeliveryView)}, "unknown", "state",
        ),
    )  # fmt: skip


def _webhooks(targets: Targets) -> tuple[Route, ...]:
    path = "/v1/webhooks/{webhook}"
    return (
        write_route(
            "PUT", path, commands.PutWebhook,
            "Make a webhook, whose secret is shown this once, or change it, which also enables it again",
            {201: ("The new webhook", models.WebhookMadeView), 200: ("The changed webhook", models.WebhookView)},
            "too-large", targets=targets,
        ),
        Route(
            "GET", "/v1/webhooks", query_route(views.webhooks), "List the webhooks",
            answers={200: ("All of them", page_of(models.WebhookView))},
        ),
        Route(
            "GET", path, query_route(views.webhook), "Show a webhook",
            answers={200: ("The webhook", models.WebhookView)}, problems=("unknown",),
        ),
        write_route(
            "DELETE", path, commands.DropWebhook, "Remove a webhook",
            {204: ("It is removed", None)}, "unknown",
        ),
    )  # fmt: skip


def _quiet() -> tuple[Route, ...]:
    return (
        write_route(
            "PUT", "/v1/quiet-hours", commands.PutQuiet, "Set the windows of the week in which nobody is notified",
            {200: ("The quiet hours", models.QuietWeek)},
        ),
        Route(
            "GET", "/v1/quiet-hours", query_route(views.quiet_hours), "Show the quiet hours",
            answers={200: ("The quiet hours", models.QuietWeek)}, problems=("unknown",),
        ),
        write_route(
            "DELETE", "/v1/quiet-hours", commands.DropQuiet, "Have no quiet hours",
            {204: ("There are none", None)}, "unknown",
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
