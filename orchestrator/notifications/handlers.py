"""Handlers of the commands of notifications, webhooks, and quiet hours."""

from dataclasses import replace

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write
from orchestrator.core.problems import Refused
from orchestrator.journeys.rows import State, the_journey
from orchestrator.notifications.commands import (
    Cancel,
    DropQuiet,
    DropWebhook,
    Plan,
    PutQuiet,
    PutWebhook,
    RequeueDelivery,
    RequeueNotification,
)
from orchestrator.notifications.rows import ALL, Delivery, Due, QuietHours, Webhook, the_notification
from orchestrator.notifications.schedule import cancel, postpone, schedule
from orchestrator.notifications.views import answer, delivery_view, notification_view, quiet_view, webhook_view
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Unit

__all__ = [
    "WEBHOOKS", "cancel_one", "drop_quiet", "drop_webhook", "plan", "put_quiet", "put_webhook", "requeue_delivery",
    "requeue_notification",
]  # fmt: skip

WEBHOOKS = 16
"""Webhooks that a tenant may have."""

NOTHING = Answer(204, b"")


def plan(command: Plan, unit: Unit, context: CommandContext) -> Answer:
    """Write a notification."""
    journey = the_journey(unit, command.tenant, command.journey)
    body = command.body
    if journey.state == State.COMPLETED and body.unless_back:
        raise Refused("state", "a journey that is completed needs no reminder", state=journey.state)
    due = context.now + body.after if body.at is None else body.at
    made = schedule(
        journey, body.template, due, unit, context, data=body.data, unless_back=body.unless_back
    )  # fmt: skip
    return answer(notification_view(made), 201)


def cancel_one(command: Cancel, unit: Unit, _: CommandContext) -> Answer:
    """Cancel a notification that waits."""
    found = the_notification(unit, command.tenant, command.notification)
    if found.state == "cancelled":
        return answer(notification_view(found), 200)
    if found.state != "waiting":
        raise Refused("state", f"a notification that is {found.state} cannot be cancelled", state=found.state)
    return answer(notification_view(cancel(found, "it was cancelled", unit)), 200)


def put_webhook(command: PutWebhook, unit: Unit, context: CommandContext) -> Answer:
    """Make a webhook, and show its secret this once; or change it, which also enables it again."""
    body = command.body
    found = unit.get(Webhook, command.tenant, command.webhook)
    if found is not None:
        changed = replace(found, url=body.url, secret=body.secret or found.secret, enabled=True, reason="")
        unit.put(changed)
        return answer(webhook_view(changed), 200)
    if len(unit.find(Webhook, "key", command.tenant, limit=WEBHOOKS)) == WEBHOOKS:
        raise Refused("too-large", f"there are {WEBHOOKS} webhooks already; remove one first", limit=WEBHOOKS)
    secret = body.secret or command.fresh
    made = Webhook(
        command.tenant, command.webhook, body.url, enabled=True, reason="", created=context.now, secret=secret
    )  # fmt: skip
    unit.put(made)
    return answer({**webhook_view(made), "secret": secret}, 201)


def drop_webhook(command: DropWebhook, unit: Unit, _: CommandContext) -> Answer:
    """Remove a webhook; what is on its way to it is dead when it is looked at next."""
    found = unit.get(Webhook, command.tenant, command.webhook)
    if found is None:
        raise Refused("unknown", f"there is no webhook {command.webhook[:80]}")
    unit.delete(found)
    return NOTHING


def put_quiet(command: PutQuiet, unit: Unit, _: CommandContext) -> Answer:
    """Set the quiet hours."""
    quiet = QuietHours(command.tenant, command.body.zone, write(command.body.windows))
    unit.put(quiet)
    return answer(quiet_view(quiet), 200)


def drop_quiet(command: DropQuiet, unit: Unit, _: CommandContext) -> Answer:
    """Have no quiet hours."""
    found = unit.get(QuietHours, command.tenant)
    if found is None:
        raise Refused("unknown", "there are no quiet hours")
    unit.delete(found)
    return NOTHING


def requeue_delivery(command: RequeueDelivery, unit: Unit, context: CommandContext) -> Answer:
    """Try a dead delivery anew, at once and as often as a new one."""
    found = unit.get(Delivery, command.tenant, command.delivery)
    if found is None:
        raise Refused("unknown", f"there is no delivery {command.delivery[:80]}")
    if found.state != "dead":
        raise Refused("state", f"a delivery that is {found.state} cannot be requeued", state=found.state)
    # The last reason is kept until the next try, so that whoever looks sees why it was dead.
    again = replace(found, state="waiting", tries=0, next=context.now)
    postpone(again, context.now, unit)
    return answer(delivery_view(again), 200)


def requeue_notification(command: RequeueNotification, unit: Unit, context: CommandContext) -> Answer:
    """Release a dead notification anew."""
    found = the_notification(unit, command.tenant, command.notification)
    if found.state != "dead":
        raise Refused("state", f"a notification that is {found.state} cannot be requeued", state=found.state)
    again = replace(found, state="waiting", reason="", due=context.now)
    unit.put(again)
    unit.put(Due(ALL, again.due, again.tenant, "notification", again.id))
    return answer(notification_view(again), 200)
