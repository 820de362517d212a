"""Handlers of the commands of customers."""

from collections.abc import Sequence

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write
from orchestrator.core.problems import Refused
from orchestrator.customers.commands import Identify
from orchestrator.customers.identities import names_needed, names_of, person_of
from orchestrator.customers.rows import Identity, Merged
from orchestrator.customers.views import person_answer
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Need, Unit

__all__ = ["MOST_NAMES", "identify", "identify_needs"]

MOST_NAMES = 50
"""Names that one customer may have; each is looked at when a journey is started."""


def identify_needs(command: Identify) -> Sequence[Need]:
    """Return the rows that `identify` reads in any case."""
    return (*names_needed(command.tenant, command.customer), *names_needed(command.tenant, command.body.identity))


def identify(command: Identify, unit: Unit, context: CommandContext) -> Answer:
    """Merge two customers; both histories stay as they are, and are found by any of the names from now on."""
    names, others = (names_of(unit, command.tenant, name) for name in (command.customer, command.body.identity))
    person = person_of(unit, command.tenant, command.customer)
    if command.body.identity in names:
        return person_answer(200, person, names)
    if len(names) + len(others) > MOST_NAMES:
        detail = f"the customer would have {len(names) + len(others)} names, {MOST_NAMES} are kept at most"
        raise Refused("too-large", detail, limit=MOST_NAMES)
    for name in (*names, *others):
        known = unit.get(Identity, command.tenant, name)
        if known is None or known.person != person:
            unit.put(Identity(command.tenant, name, person, known.since if known else context.now))
    unit.put(
        Merged(
            command.tenant, context.new_id(), person, write(names), write(others), command.body.reason, context.now,
        )
    )  # fmt: skip
    return person_answer(201, person, sorted((*names, *others)))
