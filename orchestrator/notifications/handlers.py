"""Handlers of the commands of notifications, webhooks, and quiet hours."""

from dataclasses import replace

from orchestrator.core.answer import Answer, json_answer
from orchestrator.core.json_codec import write
from orchestrator.core.problems import Refused
from orchestrator.journeys.rows import State, the_journey
from orchestrator.notifications.commands import (
    Cancel,
    DropQuiet,
    DropWebhook,
    PutQuiet,
    PutWebhook,
    RequeueDelivery,
    RequeueNotification,
    ScheduleNotification,
)
from orchestrator.notifications.rows import ALL, Delivery, Due, Notification, QuietHours, Webhook, the_notification
from orchestrator.notifications.schedule import cancel, postpone, schedule
from orchestrator.notifications.views import delivery_view, notification_view, quiet_view, webhook_view
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Unit

__all__ = [
    "cancel_notification", "drop_quiet", "drop_webhook", "put_quiet", "put_webhook", "requeue_delivery",
    "requeue_notification", "schedule_notification",
]  # fmt: skip

NOTHING = Answer(204, b"")


def schedule_notification(command: ScheduleNotification, unit: Unit, context: CommandContext) -> Answer:
    """Schedule a notification."""
    journey = the_journey(unit, command.tenant, command.journey)
    body = command.body
    if journey.state == State.COMPLETED and body.unless_back:
        raise Refused("state", "a journey that is completed needs no reminder", state=journey.state)
    due = context.now + body.after if body.at is None else body.at
    made = schedule(
        journey, body.template, due, unit, context, data=body.data, unless_back=body.unless_back
    )  # fmt: skip
    return json_answer(notification_view(made), 201)


def cancel_notification(command: Cancel, unit: Unit, _: CommandContext) -> Answer:
    """Cancel a waiting notification."""
    notification = the_notification(unit, command.tenant, command.notification)
    if notification.state == "cancelled":
        return json_answer(notification_view(notification))
    if notification.state != "waiting":
        raise _forbidden(notification, "cancelled")
    return json_answer(notification_view(cancel(notification, "it was cancelled", unit)))


def put_webhook(command: PutWebhook, unit: Unit, context: CommandContext) -> Answer:
    """Make a webhook, and show its secret this once; or change it, and enable it again."""
    body = command.body
    webhook = unit.get(Webhook, command.tenant, command.webhook)
    if webhook is not None:
        changed = replace(webhook, url=body.url, secret=body.secret or webhook.secret, enabled=True, reason="")
        unit.put(changed)
        return json_answer(webhook_view(changed))
    allowed = context.limits.webhooks
    context.limits.check("webhooks", unit.count(Webhook, "key", command.tenant), allowed)
    secret = body.secret or command.generated
    made = Webhook(
        command.tenant, command.webhook, body.url, enabled=True, reason="", created=context.now, secret=secret
    )  # fmt: skip
    unit.put(made)
    return json_answer({**webhook_view(made), "secret": secret}, 201)


def drop_webhook(command: DropWebhook, unit: Unit, _: CommandContext) -> Answer:
    """Remove a webhook; its waiting deliveries are dead when they are next due."""
    webhook = unit.get(Webhook, command.tenant, command.webhook)
    if webhook is None:
        raise Refused("unknown", f"there is no webhook {command.webhook[:80]}")
    unit.delete(webhook)
    return NOTHING


def put_quiet(command: PutQuiet, unit: Unit, _: CommandContext) -> Answer:
    """Set the quiet hours."""
    quiet = QuietHours(command.tenant, command.body.zone, write(command.body.windows))
    unit.put(quiet)
    return json_answer(quiet_view(quiet))


def drop_quiet(command: DropQuiet, unit: Unit, _: CommandContext) -> Answer:
    """Remove the quiet hours."""
    quiet = unit.get(QuietHours, command.tenant)
    if quiet is None:
        raise Refused("unknown", "there are no quiet hours")
    unit.delete(quiet)
    return NOTHING


def requeue_delivery(command: RequeueDelivery, unit: Unit, context: CommandContext) -> Answer:
    """Try a dead delivery anew, at once and as often as a new one."""
    delivery = unit.get(Delivery, command.tenant, command.delivery)
    if delivery is None:
        raise Refused("unknown", f"there is no delivery {command.delivery[:80]}")
    if delivery.state != "dead":
        raise _forbidden(delivery, "requeued")
    # The last reason is kept until the next try, to show why the delivery was dead.
    again = replace(delivery, state="waiting", tries=0, next=context.now)
    postpone(again, context.now, unit)
    return json_answer(delivery_view(again))


def requeue_notification(command: RequeueNotification, unit: Unit, context: CommandContext) -> Answer:
    """Release a dead notification anew."""
    notification = the_notification(unit, command.tenant, command.notification)
    if notification.state != "dead":
        raise _forbidden(notification, "requeued")
    again = replace(notification, state="waiting", reason="", due=context.now)
    unit.put(again)
    unit.put(Due(ALL, again.due, again.tenant, "notification", again.id))
    return json_answer(notification_view(again))


def _forbidden(row: Notification | Delivery, participle: str) -> Refused:
    """Return the refusal of a change that a row's state does not allow."""
    noun = type(row).__name__.lower()
    return Refused("state", f"a {noun} that is {row.state} cannot be {participle}", state=row.state)
