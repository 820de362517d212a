"""Answers that show notifications, deliveries, webhooks, and quiet hours."""

from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import Document, stored, write
from orchestrator.core.problems import Refused, invalid
from orchestrator.core.request import Request
from orchestrator.core.timestamps import timestamp
from orchestrator.http.paging import page
from orchestrator.journeys.rows import the_journey
from orchestrator.notifications.rows import (
    DELIVERY_STATES,
    NOTIFICATION_STATES,
    Delivery,
    Notification,
    QuietHours,
    Webhook,
    the_notification,
)
from orchestrator.store.unit import Unit

__all__ = [
    "answer", "deliveries", "delivery_view", "notification", "notification_view", "notifications", "quiet_hours",
    "quiet_view", "states", "webhook", "webhook_view", "webhooks",
]  # fmt: skip

LARGEST_PAGE = 100


def answer(value: Any, status: int = 200) -> Answer:
    """Return the answer that shows a value."""
    return Answer(status, write(value).encode())


def notification_view(one: Notification) -> Document:
    """Return a notification as answers show it."""
    return {
        "id": one.id, "journey": one.journey, "template": one.template, "data": stored(one.data),
        "due": timestamp(one.due), "unless_back": one.unless_back, "state": one.state, "reason": one.reason,
        "created": timestamp(one.created),
    }  # fmt: skip


def delivery_view(one: Delivery) -> Document:
    """Return a delivery as answers show it."""
    return {
        "id": one.id, "notification": one.notification, "webhook": one.webhook, "state": one.state, "tries": one.tries,
        "next": timestamp(one.next) if one.state == "waiting" else None, "reason": one.reason,
        "created": timestamp(one.created),
    }  # fmt: skip


def webhook_view(one: Webhook) -> Document:
    """Return a webhook as answers show it: without its secret."""
    return {
        "id": one.id, "url": one.url, "enabled": one.enabled, "reason": one.reason, "created": timestamp(one.created),
    }  # fmt: skip


def quiet_view(one: QuietHours) -> Document:
    """Return quiet hours as answers show them."""
    return {"zone": one.zone, "windows": stored(one.windows)}


def webhooks(request: Request, unit: Unit) -> Answer:
    """Answer with all webhooks."""
    found = unit.find(Webhook, "key", request.tenant)
    return answer({"items": [webhook_view(one) for one in found], "next": None})


def webhook(request: Request, unit: Unit) -> Answer:
    """Answer with one webhook."""
    found = unit.get(Webhook, request.tenant, request.names["webhook"])
    if found is None:
        raise Refused("unknown", f"there is no webhook {request.names['webhook'][:80]}")
    return answer(webhook_view(found))


def quiet_hours(request: Request, unit: Unit) -> Answer:
    """Answer with the quiet hours."""
    found = unit.get(QuietHours, request.tenant)
    if found is None:
        raise Refused("unknown", "there are no quiet hours")
    return answer(quiet_view(found))


def notification(request: Request, unit: Unit) -> Answer:
    """Answer with a notification and its deliveries."""
    found = the_notification(unit, request.tenant, request.names["notification"])
    sent = unit.find(Delivery, "notification", request.tenant, found.id)
    shown = notification_view(found)
    return answer({**shown, "deliveries": [delivery_view(one) for one in sent]})


def notifications(request: Request, unit: Unit) -> Answer:
    """Answer with a page of a journey's notifications, oldest first."""
    _, start, limit = page(request, LARGEST_PAGE, cursor=str)
    the_journey(unit, request.tenant, request.names["journey"])
    found = unit.find(
        Notification, "journey", request.tenant, request.names["journey"], after=(start,), limit=limit + 1
    )  # fmt: skip
    return _page([notification_view(one) for one in found], limit)


def states(request: Request, unit: Unit) -> Answer:
    """Answer with a page of the notifications of a state, oldest first."""
    state, start, limit = _of_state(request, NOTIFICATION_STATES)
    found = unit.find(Notification, "state", request.tenant, state, after=(start,), limit=limit + 1)
    return _page([notification_view(one) for one in found], limit)


def deliveries(request: Request, unit: Unit) -> Answer:
    """Answer with a page of the deliveries of a state, oldest first."""
    state, start, limit = _of_state(request, DELIVERY_STATES)
    found = unit.find(Delivery, "state", request.tenant, state, after=(start,), limit=limit + 1)
    return _page([delivery_view(one) for one in found], limit)


def _of_state(request: Request, known: tuple[str, ...]) -> tuple[str, str, int]:
    """Read which state, and which page, is asked for; the dead where nothing is said, as those need somebody."""
    parameters, start, limit = page(request, LARGEST_PAGE, cursor=str)
    state = parameters.get("state", "dead")
    if state not in known:
        raise invalid([("state", f'is "{state[:40]}"; known are {", ".join(known)}')])
    return state, start, limit


def _page(items: list[Any], limit: int) -> Answer:
    """Return one page of a list, and where the next one begins."""
    return answer({"items": items[:limit], "next": items[limit - 1]["id"] if len(items) > limit else None})
