"""What the rules decide on a journey's work: it enters a queue, once, and changes its place where it waits."""

from dataclasses import replace
from typing import Any

from orchestrator.core.answer import Key
from orchestrator.core.json_codec import write
from orchestrator.core.problems import Refused
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.queues.commands import Enter
from orchestrator.queues.handlers import enter
from orchestrator.queues.rows import WAITING, Item, Visited
from orchestrator.rules.decisions import decided_on
from orchestrator.service.command_context import Moment
from orchestrator.service.feature import Part
from orchestrator.store.unit import Unit, savepoint

__all__ = ["PART"]


def escalate(entry: Entry, journey: Journey, unit: Unit, moment: Moment) -> dict[str, Any] | None:
    """Let a journey enter the queue to which a rule has just escalated it.

    A queue that is not there or takes no more stops nothing but this: a rule never fails an event. What the rule
    decided stands in the journey's decisions.
    """
    decided = decided_on(unit, entry, "escalate")
    rule = decided.get("escalate")
    if rule is None or unit.get(Visited, entry.tenant, rule.with_["queue"], journey.id) is not None:
        return None
    queue, urgent = rule.with_["queue"], decided.get("prioritise")
    data = write({"rule": rule.name, **({"reason": rule.with_["reason"]} if "reason" in rule.with_ else {})})
    priority = urgent.with_["priority"] if urgent else None
    try:
        with savepoint(unit):
            key = Key(entry.id, b"")
            answer = enter(Enter(entry.tenant, key, queue, journey.id, priority=priority, data=data), unit, moment)
    except Refused:
        return None
    return {"step": "wait", "queue": queue, "channel": entry.channel} if answer.status < 400 else None


def prioritise(entry: Entry, journey: Journey, unit: Unit, _moment: Moment) -> None:
    """Give what waits of a journey the priority on which a rule has just decided; what an agent has is theirs."""
    rule = decided_on(unit, entry, "prioritise").get("prioritise")
    if rule is None:
        return
    for item in unit.find(Item, "journeys", entry.tenant, journey.id):
        if item.state == WAITING and item.priority != rule.with_["priority"]:
            unit.put(replace(item, priority=rule.with_["priority"]))


PART = Part(after=(escalate, prioritise))
