"""A rule has decided: schedule its notification, enter its queue once, change waiting items' priority."""

from dataclasses import replace
from typing import Any

from orchestrator.core.answer import Key
from orchestrator.core.problems import Refused
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.notifications.schedule import schedule
from orchestrator.queues.commands import Enter
from orchestrator.queues.handlers import enter
from orchestrator.queues.models import NewItem
from orchestrator.queues.rows import WAITING, Item, Visited
from orchestrator.rules.decisions import decided_on
from orchestrator.rules.ruleset import Rule
from orchestrator.service.command_context import CommandContext
from orchestrator.service.feature import Feature
from orchestrator.store.unit import Unit, savepoint

__all__ = ["FEATURE"]

_ACTIONS = ("notify", "escalate", "prioritise")

_PRIORITISED = 20.0
"""Cost of a new priority of an item, which takes some 15 us; the tenant owes it, so that it never refuses the event."""


def apply_decision(entry: Entry, journey: Journey, unit: Unit, context: CommandContext) -> dict[str, Any] | None:
    """Do what the rules have just decided on an entry; return the step to which it leads."""
    version, rules = decided_on(unit, entry, _ACTIONS)
    if rule := rules.get("notify"):
        _notify(rule, version, journey, unit, context)
    urgent = rules.get("prioritise")
    following = _escalate(rules["escalate"], urgent, entry, unit, context) if "escalate" in rules else None
    if urgent:
        _prioritise(urgent, entry, unit, context)
    return following


def _notify(rule: Rule, version: int, journey: Journey, unit: Unit, context: CommandContext) -> None:
    """Schedule the notification that a rule asks for."""
    options, data = rule.with_, {"rule": rule.name, "rules": version}
    due = context.now + options["after"]
    schedule(journey, options["template"], due, unit, context, data=data, unless_back=options["unless_back"])


def _escalate(
    rule: Rule, urgent: Rule | None, entry: Entry, unit: Unit, context: CommandContext
) -> dict[str, Any] | None:  # fmt: skip
    """Let a journey enter the queue to which a rule escalates it, unless it has been there.

    A queue that does not exist or is full stops nothing but this: a rule never fails an event. The decision stands
    among the journey's decisions in any case.
    """
    queue = rule.with_["queue"]
    if unit.get(Visited, entry.tenant, queue, entry.journey) is not None:
        return None
    data = {"rule": rule.name, **({"reason": rule.with_["reason"]} if "reason" in rule.with_ else {})}
    item = NewItem(journey=entry.journey, priority=urgent.with_["priority"] if urgent else None, data=data)
    command = Enter(tenant=entry.tenant, key=Key(entry.id, b""), queue=queue, body=item)
    try:
        with savepoint(unit):
            answer = enter(command, unit, context)
    except Refused as refusal:
        if refusal.problem in {"budget", "limit"}:  # it comes again with the event
            raise
        return None
    return {"step": "wait", "queue": queue, "channel": entry.channel} if answer.status < 400 else None


def _prioritise(rule: Rule, entry: Entry, unit: Unit, context: CommandContext) -> None:
    """Give a journey's waiting items the priority of a rule; items with an agent keep theirs."""
    for item in unit.find(Item, "open", entry.tenant, entry.journey):
        if item.state == WAITING and item.priority != rule.with_["priority"]:
            unit.put(replace(item, priority=rule.with_["priority"]))
            context.owe(entry.tenant, _PRIORITISED)


FEATURE = Feature(hooks=(apply_decision,))
