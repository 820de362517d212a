"""Write what became of a try to deliver a message: sent, to be tried again, or dead."""

from dataclasses import dataclass, replace

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write
from orchestrator.notifications.backoff import TRIES
from orchestrator.notifications.rows import ALL, Delivery, Due, Webhook
from orchestrator.notifications.schedule import postpone
from orchestrator.service.command_context import Moment
from orchestrator.store.unit import Unit

__all__ = ["GONE", "Settle", "settle"]

GONE = 410
"""The receiver wants no more (Standard Webhooks, "Delivery success and failure"): its webhook is disabled."""


@dataclass(frozen=True, slots=True)
class Settle:
    """What became of a try.

    Attributes
    ----------
    tenant, delivery, tries
        Which one.
    status
        That was answered; 0 where nothing was.
    reason
        What went wrong, in words.
    wait
        Seconds until the next try, if there is one.
    """

    tenant: str
    delivery: str
    tries: int
    status: int
    reason: str
    wait: float


def settle(command: Settle, unit: Unit, moment: Moment) -> Answer:
    """Write what became of a try, unless another process has taken the delivery meanwhile and this try failed."""
    delivery = unit.get(Delivery, command.tenant, command.delivery)
    sent = 200 <= command.status < 300
    if delivery is None or delivery.state != "waiting" or (delivery.tries != command.tries and not sent):
        return Answer(200, write({"settled": False}).encode())
    unit.delete(Due(ALL, delivery.next, delivery.tenant, "delivery", delivery.id))
    if sent:
        unit.put(replace(delivery, state="sent", reason=""))
    elif command.status == GONE or delivery.tries >= TRIES:
        unit.put(replace(delivery, state="dead", reason=command.reason))
    else:
        postpone(replace(delivery, reason=command.reason), moment.now + command.wait, unit)
    if command.status == GONE:
        _disable(delivery, unit)
    return Answer(200, write({"settled": True}).encode())


def _disable(delivery: Delivery, unit: Unit) -> None:
    """Write that a webhook is sent nothing more."""
    webhook = unit.get(Webhook, delivery.tenant, delivery.webhook)
    if webhook is not None:
        unit.put(replace(webhook, enabled=False, reason="it answered 410 Gone"))
