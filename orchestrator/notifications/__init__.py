"""Notifications: timers and reminders as rows, webhooks from a transactional outbox, quiet hours."""

from orchestrator.notifications import commands
from orchestrator.notifications.deliveries import Claim, claim
from orchestrator.notifications.routes import routes
from orchestrator.notifications.rows import Delivery, Due, Notification, QuietHours, Webhook
from orchestrator.notifications.running import dispatching
from orchestrator.notifications.schedule import forget, schedule
from orchestrator.notifications.settle import Settle, settle
from orchestrator.notifications.targets import Targets
from orchestrator.service.feature import Part

__all__ = ["PART", "Targets", "forget", "part", "schedule"]


def part(targets: Targets = Targets()) -> Part:  # noqa: B008 - it is frozen
    """Return the part of the service that notifies.

    Parameters
    ----------
    targets
        Where webhooks may go beside public addresses; by default nowhere.
    """
    return Part(
        tables=(Notification, Delivery, Due, Webhook, QuietHours),
        commands={
            commands.Plan: commands.plan,
            commands.Cancel: commands.cancel_one,
            commands.PutWebhook: commands.put_webhook,
            commands.DropWebhook: commands.drop_webhook,
            commands.PutQuiet: commands.put_quiet,
            commands.DropQuiet: commands.drop_quiet,
            commands.RequeueDelivery: commands.requeue_delivery,
            commands.RequeueNotification: commands.requeue_notification,
            Claim: claim,
            Settle: settle,
        },
        routes=routes(targets),
        tasks=(dispatching(targets),),
    )


PART = part()
