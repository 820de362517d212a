"""Deliveries: claim what is due, decide whether it is sent, put off, or cancelled, and write the outcome of a try.

A lease is just a later instant: a process that takes a delivery moves its due time to the end of the lease. If the
process is killed, the delivery is due again then. So it is sent at least once, and always with the same id.
"""

from dataclasses import dataclass, field, replace

from orchestrator.core.answer import Answer, json_answer
from orchestrator.core.json_codec import read, write
from orchestrator.core.timestamps import timestamp
from orchestrator.core.value_class import value_class
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.notifications.backoff import TRIES
from orchestrator.notifications.commands import Claim, RecordOutcome
from orchestrator.notifications.quiet_hours import end_of_quiet, stored_windows, zone_of
from orchestrator.notifications.rows import ALL, Delivery, Due, Notification, QuietHours, Webhook
from orchestrator.notifications.schedule import postpone
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Unit

__all__ = ["GONE", "Claimed", "Job", "came_back", "claim", "record_outcome"]

GONE = 410
"""Status by which a receiver asks for no more (Standard Webhooks, "Delivery success and failure")."""

_WORK = "sojourn.item."
"""Prefix of the types of entries about queues and agents; they do not mean that the customer has come back."""

_LOOKED_AT = 100
"""Entries that are looked at; so many mean that the customer has come back."""


@dataclass(frozen=True, slots=True)
class Job:
    """A message to send now."""

    tenant: str
    webhook: str
    delivery: str
    tries: int
    message: str
    url: str
    secret: str = field(repr=False)
    body: bytes = b""


@value_class
class Claimed(Answer):
    """The answer to a claim: the messages to send. It never leaves the process."""

    jobs: tuple[Job, ...] = ()
    more: bool = False


def claim(command: Claim, unit: Unit, context: CommandContext) -> Claimed:
    """Take due notifications and deliveries, earliest first."""
    due = [entry for entry in unit.find(Due, "key", ALL, limit=command.most) if entry.at <= context.now]
    jobs: list[Job] = []
    for entry in due:
        unit.delete(entry)
        if entry.subject == "notification":
            notification = unit.get(Notification, entry.owner, entry.id)
            deliveries = (
                _release(notification, unit, context)
                if notification is not None and notification.state == "waiting"
                else []
            )
        else:
            delivery = unit.get(Delivery, entry.owner, entry.id)
            deliveries = [delivery] if delivery is not None and delivery.state == "waiting" else []
        taken = (_lease(delivery, command, unit, context) for delivery in deliveries)
        jobs.extend(job for job in taken if job is not None)
    return Claimed(200, b"", jobs=tuple(jobs), more=len(due) == command.most)


def _release(notification: Notification, unit: Unit, context: CommandContext) -> list[Delivery]:
    """Make a delivery for each webhook, unless the notification is cancelled or put off."""
    if reason := came_back(notification, unit):
        unit.put(replace(notification, state="cancelled", reason=reason))
        return []
    if (until := _end_of_quiet(notification.tenant, unit, context)) > context.now:
        postpone(notification, until, unit)
        return []
    webhooks = [webhook for webhook in unit.find(Webhook, "key", notification.tenant) if webhook.enabled]
    state, reason = ("released", "") if webhooks else ("dead", "no webhook was enabled")
    unit.put(replace(notification, state=state, reason=reason))
    body = _body(notification)
    return [
        Delivery(
            notification.tenant, context.new_id(), notification.id, webhook.id, body, "waiting", 0, context.now, "",
            context.now,
        )
        for webhook in webhooks
    ]  # fmt: skip


def _lease(delivery: Delivery, command: Claim, unit: Unit, context: CommandContext) -> Job | None:
    """Take a delivery for the time of a lease, unless it is cancelled, dead, or put off."""
    notification = unit.get(Notification, delivery.tenant, delivery.notification)
    webhook = unit.get(Webhook, delivery.tenant, delivery.webhook)
    if reason := "the notification is gone" if notification is None else came_back(notification, unit):
        unit.put(replace(delivery, state="cancelled", reason=reason))
        return None
    if webhook is None or not webhook.enabled:
        reason = "the webhook was removed" if webhook is None else f"the webhook is disabled: {webhook.reason}"
        unit.put(replace(delivery, state="dead", reason=reason))
        return None
    if (until := _end_of_quiet(delivery.tenant, unit, context)) > context.now:
        postpone(delivery, until, unit)
        return None
    if (delivery.tenant, delivery.webhook) in command.busy:
        postpone(delivery, context.now + command.lease / 4, unit)
        return None
    taken = replace(delivery, tries=delivery.tries + 1)
    postpone(taken, context.now + command.lease, unit)
    return Job(
        delivery.tenant, delivery.webhook, delivery.id, taken.tries, delivery.notification, webhook.url, webhook.secret,
        delivery.body.encode(),
    )  # fmt: skip


def came_back(notification: Notification, unit: Unit) -> str:
    """Return the reason if a notification is of no use any more, because the customer has come back; else nothing.

    Parameters
    ----------
    notification
        Made at a version of its journey.
    unit
        Of the journey as it is now.
    """
    if not notification.unless_back:
        return ""
    journey = unit.get(Journey, notification.tenant, notification.journey)
    if journey is None:
        return "the journey is gone"
    since = unit.find(
        Entry, "key", notification.tenant, notification.journey, after=(notification.since,), limit=_LOOKED_AT
    )  # fmt: skip
    if len(since) == _LOOKED_AT or any(not entry.type.startswith(_WORK) for entry in since):
        return f"the customer came back: the journey is {journey.state}, at version {journey.version}"
    return ""


def _end_of_quiet(tenant: str, unit: Unit, context: CommandContext) -> float:
    """Return the instant from which a tenant's customers may be notified: now or later."""
    quiet = unit.get(QuietHours, tenant)
    if quiet is None:
        return context.now
    return end_of_quiet(context.now, zone_of(quiet.zone), stored_windows(quiet.windows))


def _body(notification: Notification) -> str:
    """Return the message to send: its type, its due time, and the data (Standard Webhooks, "Payload")."""
    data = {
        "notification": notification.id, "journey": notification.journey, "template": notification.template,
        "data": read(notification.data.encode()),
    }  # fmt: skip
    return write({"type": "notification.due", "timestamp": timestamp(notification.due), "data": data})


def record_outcome(command: RecordOutcome, unit: Unit, context: CommandContext) -> Answer:
    """Write the outcome of a try, unless it failed and another process has taken the delivery meanwhile."""
    delivery = unit.get(Delivery, command.tenant, command.delivery)
    sent = 200 <= command.status < 300
    if delivery is None or delivery.state != "waiting" or (delivery.tries != command.tries and not sent):
        return json_answer({"settled": False})
    unit.delete(Due(ALL, delivery.next, delivery.tenant, "delivery", delivery.id))
    if sent:
        unit.put(replace(delivery, state="sent", reason=""))
    elif command.status == GONE or delivery.tries >= TRIES:
        unit.put(replace(delivery, state="dead", reason=command.reason))
    else:
        postpone(replace(delivery, reason=command.reason), context.now + command.wait, unit)
    if command.status == GONE:
        _disable(delivery, unit)
    return json_answer({"settled": True})


def _disable(delivery: Delivery, unit: Unit) -> None:
    """Disable a webhook."""
    webhook = unit.get(Webhook, delivery.tenant, delivery.webhook)
    if webhook is not None:
        unit.put(replace(webhook, enabled=False, reason="it answered 410 Gone"))
