"""Saying that two names are one customer's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.core.answer import Answer, Key
from orchestrator.core.json_codec import write
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.customers.identities import Identity, Merged, names_needed, names_of
from orchestrator.http.fields import LONGEST, Fields
from orchestrator.service.command_context import Moment
from orchestrator.store.unit import Need, Unit

__all__ = ["MOST_NAMES", "Identify", "identify", "identify_needs", "read_identify"]

MOST_NAMES = 50
"""Names that one customer may have; each is looked at when a journey is started."""


@dataclass(frozen=True, slots=True)
class Identify:
    """Say that a name belongs to the customer with another one."""

    tenant: str
    key: Key
    name: str
    other: str
    reason: str | None


def read_identify(request: Request) -> Identify:
    """Read which names are one customer's."""
    key = request.key()
    fields = Fields(request.json("application/json"))
    command = Identify(
        request.tenant, key, request.names["customer"], fields.text("identity"), fields.maybe_text("reason")
    )
    fields.only("identity", "reason")
    if len(command.name) > LONGEST:
        fields.errors.append(("customer", f"has {len(command.name)} characters; at most {LONGEST} are kept"))
    fields.check()
    return command


def identify_needs(command: Identify) -> Sequence[Need]:
    """Return what `identify` reads for sure."""
    return (*names_needed(command.tenant, command.name), *names_needed(command.tenant, command.other))


def identify(command: Identify, unit: Unit, moment: Moment) -> Answer:
    """Merge two customers; both histories stay as they are, and are found by any of the names from now on."""
    names, others = (names_of(unit, command.tenant, name) for name in (command.name, command.other))
    person = person_of(unit, command.tenant, command.name)
    if command.other in names:
        return _told(200, person, names)
    if len(names) + len(others) > MOST_NAMES:
        detail = f"the customer would have {len(names) + len(others)} names, {MOST_NAMES} are kept at most"
        raise Refused("too-large", detail, limit=MOST_NAMES)
    for name in (*names, *others):
        known = unit.get(Identity, command.tenant, name)
        if known is None or known.person != person:
            unit.put(Identity(command.tenant, name, person, known.since if known else moment.now))
    event = Merged(
        command.tenant, moment.fresh(), person, write(names), write(others), command.reason, moment.now
    )  # fmt: skip
    unit.put(event)
    return _told(201, person, sorted((*names, *others)))


def person_of(unit: Unit, tenant: str, name: str) -> str:
    """Return the name that stands for the customer with a name."""
    identity = unit.get(Identity, tenant, name)
    return name if identity is None else identity.person


def _told(status: int, person: str, names: Sequence[str]) -> Answer:
    return Answer(status, json.dumps({"customer": person, "identities": list(names)}, ensure_ascii=False).encode())
