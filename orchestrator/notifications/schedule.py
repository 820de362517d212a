"""Schedule: make, cancel, postpone, and delete notifications, each with its due time."""

from dataclasses import replace
from typing import Any

from orchestrator.core.json_codec import Document, write
from orchestrator.notifications.rows import ALL, Delivery, Due, Notification
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Unit

__all__ = ["cancel", "forget", "postpone", "schedule"]


def schedule(journey: Any, template: str, due: float, unit: Unit, context: CommandContext, **more: Any) -> Notification:
    """Write a notification, in the transaction of its cause.

    Parameters
    ----------
    journey
        After the change that is the cause.
    template
        Name of the message, whose text the receiver knows.
    due
        Seconds since the epoch.
    unit, context
        Of the change.
    **more
        ``data`` for the template, and ``unless_back``: whether it is cancelled when the customer comes back.
    """
    data: Document = more.get("data", {})
    notification = Notification(
        journey.tenant, context.new_id(), journey.id, template, write(data), due, more.get("unless_back", True),
        journey.version, "waiting", "", context.now,
    )  # fmt: skip
    unit.put(notification)
    unit.put(Due(ALL, due, journey.tenant, "notification", notification.id))
    return notification


def cancel(notification: Notification, reason: str, unit: Unit) -> Notification:
    """Cancel a waiting notification."""
    unit.delete(Due(ALL, notification.due, notification.tenant, "notification", notification.id))
    cancelled = replace(notification, state="cancelled", reason=reason)
    unit.put(cancelled)
    return cancelled


def postpone(row: Notification | Delivery, until: float, unit: Unit) -> None:
    """Give a row, whose `Due` has been taken, a later due time."""
    if isinstance(row, Notification):
        unit.put(replace(row, due=until))
        unit.put(Due(ALL, until, row.tenant, "notification", row.id))
    else:
        unit.put(replace(row, next=until))
        unit.put(Due(ALL, until, row.tenant, "delivery", row.id))


def forget(unit: Unit, tenant: str, journey: str) -> None:
    """Delete the notifications of a journey, which is deleted too, and their deliveries."""
    for notification in unit.find(Notification, "journey", tenant, journey):
        unit.delete(Due(ALL, notification.due, tenant, "notification", notification.id))
        for delivery in unit.find(Delivery, "notification", tenant, notification.id):
            unit.delete(Due(ALL, delivery.next, tenant, "delivery", delivery.id))
            unit.delete(delivery)
        unit.delete(notification)
