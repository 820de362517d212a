"""A journey that is handed over to a queue enters it, in the transaction of the hand-off."""

import json
from typing import Any

from orchestrator.core.answer import Key
from orchestrator.core.problems import Refused
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.queues.commands import Enter
from orchestrator.queues.handlers import enter
from orchestrator.service.command_context import Moment
from orchestrator.service.feature import Part
from orchestrator.store.unit import Unit

__all__ = ["PART"]


def enqueue(entry: Entry, journey: Journey, unit: Unit, moment: Moment) -> dict[str, Any] | None:
    """Let a journey that has just been handed over enter the queue, if one was named.

    Raises
    ------
    Refused
        When there is no such queue, or it takes no more; nothing was handed over then.
    """
    if entry.type != "sojourn.journey.handed-off":
        return None
    said = json.loads(entry.data)
    if "queue" not in said:
        return None
    answer = enter(Enter(entry.tenant, Key(entry.id, b""), said["queue"], journey.id), unit, moment)
    if answer.status >= 400:
        raise Refused("full", f"the queue {said['queue']} takes no more")
    return {"step": "wait", "queue": said["queue"], "channel": entry.channel}


PART = Part(after=(enqueue,))
