"""A journey that is handed over to a queue enters it, in the transaction of the hand-off."""

import json
from typing import Any

from loadtests.orchestrator.journeys.rows import Entry, Journey
from loadtests.orchestrator.model import Key
from loadtests.orchestrator.moment import Moment
from loadtests.orchestrator.problems import Refused
from loadtests.orchestrator.routes import Part
from loadtests.orchestrator.store.unit import Unit
from loadtests.orchestrator.work.commands import Enter
from loadtests.orchestrator.work.handling import enter

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
