"""A journey has been completed: it is removed from its queues. Items already with an agent stay with the agent."""

from typing import Any

from orchestrator.journeys.commands import Complete
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.queues.handlers import remove_from_queues
from orchestrator.queues.rows import Item
from orchestrator.service.command_context import CommandContext
from orchestrator.service.feature import Feature
from orchestrator.store.unit import Need, Unit

__all__ = ["FEATURE"]


def leave_queues(entry: Entry, journey: Journey, unit: Unit, context: CommandContext) -> dict[str, Any] | None:
    """Remove a journey that has just been completed from its queues."""
    if entry.type == "sojourn.journey.completed":
        remove_from_queues(journey, unit, context)
    return None


def _needs(command: Complete) -> tuple[Need, ...]:
    """Return the open items of a journey that is about to be completed."""
    return (Need(Item, "open", (command.tenant, command.journey)),)


FEATURE = Feature(needs={Complete: _needs}, hooks=(leave_queues,))
