"""A journey has been handed off to a queue: it enters the queue, in the same transaction."""

import json
from typing import Any

from orchestrator.core.answer import Key
from orchestrator.core.problems import Refused
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.queues.commands import Enter
from orchestrator.queues.handlers import enter
from orchestrator.queues.models import NewItem
from orchestrator.service.command_context import CommandContext
from orchestrator.service.feature import Feature
from orchestrator.store.unit import Unit

__all__ = ["FEATURE"]


def enqueue(entry: Entry, journey: Journey, unit: Unit, context: CommandContext) -> dict[str, Any] | None:
    """Let a journey that has just been handed off enter its queue, if the hand-off names a queue.

    Raises
    ------
    Refused
        When there is no such queue, or it is full; the hand-off is undone then.
    """
    if entry.type != "sojourn.journey.handed-off":
        return None
    data = json.loads(entry.data)
    if "queue" not in data:
        return None
    item = NewItem(journey=journey.id)
    answer = enter(Enter(tenant=entry.tenant, key=Key(entry.id, b""), queue=data["queue"], body=item), unit, context)
    if answer.status >= 400:
        raise Refused("full", f"the queue {data['queue']} takes no more")
    return {"step": "wait", "queue": data["queue"], "channel": entry.channel}


FEATURE = Feature(hooks=(enqueue,))
