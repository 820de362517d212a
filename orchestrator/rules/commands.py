"""The commands of the rules, and what they do."""

from dataclasses import dataclass

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import Document, read, write
from orchestrator.core.problems import Refused
from orchestrator.rules.decisions import stored_rules
from orchestrator.rules.rows import ActiveRules, StoredRules
from orchestrator.rules.ruleset import fingerprint
from orchestrator.service.command_context import Moment, timestamp
from orchestrator.store.unit import Unit

__all__ = ["Activate", "Deactivate", "PutRules", "activate", "deactivate", "put_rules", "shown_active", "shown_rules"]


@dataclass(frozen=True, slots=True)
class PutRules:
    """Store a new version of a tenant's rules, which were checked; and make it the active one, if that is asked."""

    tenant: str
    rules: str
    activate: bool


@dataclass(frozen=True, slots=True)
class Activate:
    """Make a version the active one."""

    tenant: str
    version: int


@dataclass(frozen=True, slots=True)
class Deactivate:
    """Have no rules active."""

    tenant: str


def put_rules(command: PutRules, unit: Unit, moment: Moment) -> Answer:
    """Store a new version; the same rules as in the latest one are that one, so that a request can be repeated."""
    latest = next(iter(unit.find(StoredRules, "key", command.tenant, descending=True, limit=1)), None)
    mark = fingerprint(command.rules)
    again = latest is not None and latest.fingerprint == mark
    version = 1 if latest is None else latest.version + (not again)
    stored = latest if latest and again else StoredRules(command.tenant, version, command.rules, mark, moment.now)
    if not again:
        unit.put(stored)
    if command.activate:
        _activate(stored, unit, moment)
    return Answer(200 if again else 201, write(shown_rules(stored)).encode())


def activate(command: Activate, unit: Unit, moment: Moment) -> Answer:
    """Make a version the active one, from the next event on."""
    return Answer(
        200, write(shown_active(_activate(stored_rules(unit, command.tenant, command.version), unit, moment))).encode()
    )


def _activate(stored: StoredRules, unit: Unit, moment: Moment) -> ActiveRules:
    """Write which version is active; one that is already stays as it is."""
    active = unit.get(ActiveRules, stored.tenant)
    if active is None or active.version != stored.version:
        active = ActiveRules(stored.tenant, stored.version, stored.fingerprint, moment.now)
        unit.put(active)
    return active


def deactivate(command: Deactivate, unit: Unit, moment: Moment) -> Answer:  # noqa: ARG001 - a handler has a moment
    """Have no rules active."""
    active = unit.get(ActiveRules, command.tenant)
    if active is None:
        raise Refused("unknown", "no rules are active")
    unit.delete(active)
    return Answer(204, b"")


def shown_rules(stored: StoredRules) -> Document:
    """Return a version as answers show it."""
    return {
        "version": stored.version, "created": timestamp(stored.created), "fingerprint": stored.fingerprint,
        "rules": read(stored.rules.encode()),
    }  # fmt: skip


def shown_active(active: ActiveRules) -> Document:
    """Return which version is active, as answers show it."""
    return {"version": active.version, "activated": timestamp(active.activated), "fingerprint": active.fingerprint}
