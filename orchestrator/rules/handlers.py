"""Handlers of the commands of the rules."""

from orchestrator.core.answer import Answer, json_answer
from orchestrator.core.problems import Refused, invalid
from orchestrator.rules.commands import Activate, Deactivate, PutRules
from orchestrator.rules.decisions import stored_rules
from orchestrator.rules.rows import ActiveRules, StoredRules
from orchestrator.rules.ruleset import compiled_rules, fingerprint
from orchestrator.rules.views import active_view, rules_view
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Unit

__all__ = ["activate", "deactivate", "put_rules"]


def put_rules(command: PutRules, unit: Unit, context: CommandContext) -> Answer:
    """Store a new version; the same rules as in the latest one are that one, so that a request can be repeated."""
    latest = next(iter(unit.find(StoredRules, "key", command.tenant, descending=True, limit=1)), None)
    rules = command.body.text()
    mark = fingerprint(rules)
    again = latest is not None and latest.fingerprint == mark
    version = 1 if latest is None else latest.version + (not again)
    stored = latest if latest and again else StoredRules(command.tenant, version, rules, mark, context.now)
    if not again:
        unit.put(stored)
    if command.body.activate:
        _activate(stored, unit, context)
    return json_answer(rules_view(stored), 200 if again else 201)


def activate(command: Activate, unit: Unit, context: CommandContext) -> Answer:
    """Make a version the active one, from the next event on."""
    rules = stored_rules(unit, command.tenant, command.body.version)
    dear = [f'"{rule.name}": {rule.too_dear}' for rule in compiled_rules(rules.rules).rules if rule.too_dear]
    if dear:
        raise invalid([("/version", f"has rules that are too dear: {'; '.join(dear)}")])
    return json_answer(active_view(_activate(rules, unit, context)))


def _activate(stored: StoredRules, unit: Unit, context: CommandContext) -> ActiveRules:
    """Write which version is active; one that is already stays as it is."""
    active = unit.get(ActiveRules, stored.tenant)
    if active is None or active.version != stored.version:
        active = ActiveRules(stored.tenant, stored.version, stored.fingerprint, context.now)
        unit.put(active)
    return active


def deactivate(command: Deactivate, unit: Unit, _: CommandContext) -> Answer:
    """Have no rules active."""
    active = unit.get(ActiveRules, command.tenant)
    if active is None:
        raise Refused("unknown", "no rules are active")
    unit.delete(active)
    return Answer(204, b"")
