"""What clients ask of notifications, webhooks and quiet hours, and what it does."""

from dataclasses import dataclass, field, replace

from orchestrator.core.answer import Answer, Key
from orchestrator.core.json_codec import Document, read, write
from orchestrator.core.problems import Refused
from orchestrator.journeys.handlers import the_journey
from orchestrator.journeys.rows import State
from orchestrator.notifications.rows import ALL, Delivery, Due, Notification, QuietHours, Webhook
from orchestrator.notifications.schedule import cancel, postpone, schedule
from orchestrator.service.command_context import Moment, timestamp
from orchestrator.store.unit import Unit

__all__ = [
    "WEBHOOKS", "Cancel", "DropQuiet", "DropWebhook", "Plan", "PutQuiet", "PutWebhook", "RequeueDelivery",
    "RequeueNotification", "cancel_one", "drop_quiet", "drop_webhook", "plan", "put_quiet", "put_webhook",
    "requeue_delivery", "requeue_notification", "shown_delivery", "shown_notification", "shown_quiet", "shown_webhook",
]  # fmt: skip

WEBHOOKS = 16
"""Webhooks that a tenant may have."""

NOTHING = Answer(204, b"")


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


def plan(command: Plan, unit: Unit, moment: Moment) -> Answer:
    """Write a notification."""
    journey = the_journey(unit, command.tenant, command.journey)
    if journey.state == State.COMPLETED and command.unless_back:
        raise Refused("state", "a journey that is completed needs no reminder", state=journey.state)
    due = moment.now + command.after if command.at is None else command.at
    made = schedule(
        journey, command.template, due, unit, moment, data=command.data, unless_back=command.unless_back
    )  # fmt: skip
    return _answer(201, shown_notification(made))


def the_notification(unit: Unit, tenant: str, name: str) -> Notification:
    """Return a notification that must be there."""
    found = unit.get(Notification, tenant, name)
    if found is None:
        raise Refused("unknown", f"there is no notification {name[:80]}")
    return found


def cancel_one(command: Cancel, unit: Unit, moment: Moment) -> Answer:  # noqa: ARG001 - a handler has a moment
    """Cancel a notification that waits."""
    found = the_notification(unit, command.tenant, command.notification)
    if found.state == "cancelled":
        return _answer(200, shown_notification(found))
    if found.state != "waiting":
        raise Refused("state", f"a notification that is {found.state} cannot be cancelled", state=found.state)
    return _answer(200, shown_notification(cancel(found, "it was cancelled", unit)))


def put_webhook(command: PutWebhook, unit: Unit, moment: Moment) -> Answer:
    """Make a webhook, and show its secret this once; or change it, which also enables it again."""
    found = unit.get(Webhook, command.tenant, command.webhook)
    if found is not None:
        changed = replace(found, url=command.url, secret=command.secret or found.secret, enabled=True, reason="")
        unit.put(changed)
        return _answer(200, shown_webhook(changed))
    if len(unit.find(Webhook, "key", command.tenant, limit=WEBHOOKS)) == WEBHOOKS:
        raise Refused("too-large", f"there are {WEBHOOKS} webhooks already; remove one first", limit=WEBHOOKS)
    secret = command.secret or command.fresh
    made = Webhook(
        command.tenant, command.webhook, command.url, enabled=True, reason="", created=moment.now, secret=secret
    )  # fmt: skip
    unit.put(made)
    return _answer(201, shown_webhook(made) | {"secret": secret})


def drop_webhook(command: DropWebhook, unit: Unit, moment: Moment) -> Answer:  # noqa: ARG001 - a handler has a moment
    """Remove a webhook; what is on its way to it is dead when it is looked at next."""
    found = unit.get(Webhook, command.tenant, command.webhook)
    if found is None:
        raise Refused("unknown", f"there is no webhook {command.webhook[:80]}")
    unit.delete(found)
    return NOTHING


def put_quiet(command: PutQuiet, unit: Unit, moment: Moment) -> Answer:  # noqa: ARG001 - a handler has a moment
    """Set the quiet hours."""
    quiet = QuietHours(command.tenant, command.zone, command.windows)
    unit.put(quiet)
    return _answer(200, shown_quiet(quiet))


def drop_quiet(command: DropQuiet, unit: Unit, moment: Moment) -> Answer:  # noqa: ARG001 - a handler has a moment
    """Have no quiet hours."""
    found = unit.get(QuietHours, command.tenant)
    if found is None:
        raise Refused("unknown", "there are no quiet hours")
    unit.delete(found)
    return NOTHING


def requeue_delivery(command: RequeueDelivery, unit: Unit, moment: Moment) -> Answer:
    """Try a dead delivery anew, at once and as often as a new one."""
    found = unit.get(Delivery, command.tenant, command.delivery)
    if found is None:
        raise Refused("unknown", f"there is no delivery {command.delivery[:80]}")
    if found.state != "dead":
        raise Refused("state", f"a delivery that is {found.state} cannot be requeued", state=found.state)
    # The last reason is kept until the next try, so that whoever looks sees why it was dead.
    again = replace(found, state="waiting", tries=0, next=moment.now)
    postpone(again, moment.now, unit)
    return _answer(200, shown_delivery(again))


def requeue_notification(command: RequeueNotification, unit: Unit, moment: Moment) -> Answer:
    """Release a dead notification anew."""
    found = the_notification(unit, command.tenant, command.notification)
    if found.state != "dead":
        raise Refused("state", f"a notification that is {found.state} cannot be requeued", state=found.state)
    again = replace(found, state="waiting", reason="", due=moment.now)
    unit.put(again)
    unit.put(Due(ALL, again.due, again.tenant, "notification", again.id))
    return _answer(200, shown_notification(again))


def shown_notification(one: Notification) -> Document:
    """Return a notification as answers show it."""
    return {
        "id": one.id, "journey": one.journey, "template": one.template, "data": read(one.data.encode()),
        "due": timestamp(one.due), "unless_back": one.unless_back, "state": one.state, "reason": one.reason,
        "created": timestamp(one.created),
    }  # fmt: skip


def shown_delivery(one: Delivery) -> Document:
    """Return a delivery as answers show it."""
    return {
        "id": one.id, "notification": one.notification, "webhook": one.webhook, "state": one.state, "tries": one.tries,
        "next": timestamp(one.next) if one.state == "waiting" else None, "reason": one.reason,
        "created": timestamp(one.created),
    }  # fmt: skip


def shown_webhook(one: Webhook) -> Document:
    """Return a webhook as answers show it: without its secret."""
    return {
        "id": one.id, "url": one.url, "enabled": one.enabled, "reason": one.reason, "created": timestamp(one.created),
    }  # fmt: skip


def shown_quiet(one: QuietHours) -> Document:
    """Return quiet hours as answers show them."""
    return {"zone": one.zone, "windows": read(one.windows.encode())}


def _answer(status: int, value: Document) -> Answer:
    """Return the answer that shows a value."""
    return Answer(status, write(value).encode())
