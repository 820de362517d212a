"""Answers that show notifications, deliveries, webhooks, and quiet hours."""

from orchestrator.core.answer import Answer, json_answer
from orchestrator.core.json_codec import Document, stored, write
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.core.timestamps import timestamp
from orchestrator.http.paging import ShortPage
from orchestrator.journeys.rows import the_journey
from orchestrator.notifications.models import DeliveriesQuery, NotificationsQuery
from orchestrator.notifications.rows import (
    Delivery,
    Notification,
    QuietHours,
    Webhook,
    the_notification,
)
from orchestrator.store.unit import Unit

__all__ = [
    "deliveries", "delivery_view", "notification", "notification_view", "notifications", "quiet_hours",
    "quiet_view", "states", "webhook", "webhook_view", "webhooks",
]  # fmt: skip


def notification_view(row: Notification) -> Document:
    """Return a notification as answers show it."""
    return {
        "id": row.id, "journey": row.journey, "template": row.template, "data": stored(row.data),
        "due": timestamp(row.due), "unless_back": row.unless_back, "state": row.state, "reason": row.reason,
        "created": timestamp(row.created),
    }  # fmt: skip


def delivery_view(row: Delivery) -> Document:
    """Return a delivery as answers show it."""
    return {
        "id": row.id, "notification": row.notification, "webhook": row.webhook, "state": row.state, "tries": row.tries,
        "next": timestamp(row.next) if row.state == "waiting" else None, "reason": row.reason,
        "created": timestamp(row.created),
    }  # fmt: skip


def webhook_view(row: Webhook) -> Document:
    """Return a webhook as answers show it: without its secret."""
    return {
        "id": row.id, "url": row.url, "enabled": row.enabled, "reason": row.reason, "created": timestamp(row.created),
    }  # fmt: skip


def quiet_view(quiet: QuietHours) -> Document:
    """Return quiet hours as answers show them."""
    return {"zone": quiet.zone, "windows": stored(quiet.windows)}


def webhooks(request: Request, unit: Unit) -> Answer:
    """Answer with all webhooks."""
    rows = unit.find(Webhook, "key", request.tenant)
    return json_answer({"items": [webhook_view(row) for row in rows], "next": None})


def webhook(request: Request, unit: Unit) -> Answer:
    """Answer with one webhook."""
    row = unit.get(Webhook, request.tenant, request.names["webhook"])
    if row is None:
        raise Refused("unknown", f"there is no webhook {request.names['webhook'][:80]}")
    return json_answer(webhook_view(row))


def quiet_hours(request: Request, unit: Unit) -> Answer:
    """Answer with the quiet hours."""
    quiet = unit.get(QuietHours, request.tenant)
    if quiet is None:
        raise Refused("unknown", "there are no quiet hours")
    return json_answer(quiet_view(quiet))


def notification(request: Request, unit: Unit) -> Answer:
    """Answer with a notification and its deliveries."""
    row = the_notification(unit, request.tenant, request.names["notification"])
    sent = unit.find(Delivery, "notification", request.tenant, row.id)
    shown = notification_view(row)
    return json_answer({**shown, "deliveries": [delivery_view(delivery) for delivery in sent]})


def notifications(request: Request, unit: Unit) -> Answer:
    """Answer with a page of a journey's notifications, oldest first."""
    query, journey = ShortPage.read(request), request.names["journey"]
    the_journey(unit, request.tenant, journey)
    rows = query.rows(unit, Notification, "journey", request.tenant, journey)
    return query.answer(rows, lambda row: write(notification_view(row)))


def states(request: Request, unit: Unit) -> Answer:
    """Answer with a page of the notifications of a state, oldest first."""
    query = NotificationsQuery.read(request)
    rows = query.rows(unit, Notification, "state", request.tenant, query.state)
    return query.answer(rows, lambda row: write(notification_view(row)))


def deliveries(request: Request, unit: Unit) -> Answer:
    """Answer with a page of the deliveries of a state, oldest first."""
    query = DeliveriesQuery.read(request)
    rows = query.rows(unit, Delivery, "state", request.tenant, query.state)
    return query.answer(rows, lambda row: write(delivery_view(row)))
