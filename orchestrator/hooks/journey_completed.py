"""A journey that ends leaves the queues that it waits in, in the transaction that ends it."""

from typing import Any

from orchestrator.journeys.commands import Move, Verb
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.queues.handlers import leave
from orchestrator.queues.rows import Item
from orchestrator.service.command_context import Moment
from orchestrator.service.feature import Part
from orchestrator.store.unit import Need, Unit

__all__ = ["PART"]


def end(entry: Entry, journey: Journey, unit: Unit, moment: Moment) -> dict[str, Any] | None:
    """Let a journey that has just ended be waited for no longer; what agents have, they complete."""
    if entry.type == "sojourn.journey.completed":
        leave(journey, unit, moment)
    return None


def _needs(command: Move) -> tuple[Need, ...]:
    """Return the items of a journey that ends."""
    if command.verb is not Verb.COMPLETE:
        return ()
    return (Need(Item, "journeys", (command.tenant, command.journey)),)


PART = Part(needs={Move: _needs}, after=(end,))
