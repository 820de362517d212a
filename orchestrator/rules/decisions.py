"""Decisions after each entry of a journey: make, store, and replay them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from orchestrator.core.json_codec import Document, stored, write
from orchestrator.core.problems import Refused
from orchestrator.core.timestamps import timestamp
from orchestrator.rules.evaluation import Outcome, evaluate, input_size, read_input
from orchestrator.rules.rows import ActiveRules, Decision, StoredRules
from orchestrator.rules.ruleset import Rule, RuleSet, compiled_rules, fingerprint
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Unit

__all__ = [
    "decide", "decide_again", "decided_on", "decided_views", "forget", "replay_cost", "result_views", "standing",
    "stored_rules",
]  # fmt: skip

_COMPILED: dict[str, RuleSet] = {}
_MOST_COMPILED = 256

_LOOKED_AT = 100
"""Decisions of a journey among which the latest of each kind is looked for."""


def decide(entry: Any, journey: Any, unit: Unit, context: CommandContext) -> Document | None:
    """Decide after an entry of a journey.

    Parameters
    ----------
    entry
        The new entry.
    journey
        After the entry.
    unit
        The transaction of the entry; the decision is written in it too.
    context
        Of the command.

    Returns
    -------
    dict or None
        The journey's next step, if the rules steer it or offer a callback.
    """
    active = unit.get(ActiveRules, journey.tenant)
    if active is None:
        return None
    rules = _compiled(active, unit)
    input_values, excesses = read_input(rules, _root(rules, entry, journey, context.now))
    context.spend(journey.tenant, rules.cost + input_size(input_values))
    outcome = evaluate(rules, input_values, excesses)
    if not outcome.decided and not outcome.failed:
        return None
    text = write(input_values)
    unit.put(
        Decision(
            journey.tenant, journey.id, entry.version, active.version, context.now, text,
            write(excesses) if excesses else "{}", fingerprint(text), *_results(outcome),
        )
    )  # fmt: skip
    return _next(outcome, active.version)


def _next(outcome: Outcome, version: int) -> Document | None:
    """Return the customer's next step: the one to which a rule steers them, or the offer of a callback."""
    if rule := outcome.decided.get("steer"):
        return {**rule.with_, "rule": rule.name, "rules": version}
    if rule := outcome.decided.get("callback"):
        return {"step": "callback", **rule.with_, "rule": rule.name, "rules": version}
    return None


def _results(outcome: Outcome) -> tuple[str, str]:
    """Return the rules that held, and those without a result with their reasons, as they are stored."""
    failed = [[rule.name, problem] for rule, problem in outcome.failed]
    return write([rule.name for rule in outcome.decided.values()]), write(failed) if failed else "[]"


def _compiled(active: ActiveRules, unit: Unit) -> RuleSet:
    """Return the active rules, compiled once for each fingerprint."""
    compiled = _COMPILED.get(active.fingerprint)
    if compiled is None:
        if len(_COMPILED) >= _MOST_COMPILED:
            _COMPILED.clear()
        compiled = _COMPILED[active.fingerprint] = compiled_rules(
            stored_rules(unit, active.tenant, active.version).rules
        )
    return compiled


def stored_rules(unit: Unit, tenant: str, version: int) -> StoredRules:
    """Return a version of the rules, which must exist."""
    rules = unit.get(StoredRules, tenant, version)
    if rules is None:
        raise Refused("unknown", f"there is no version {version} of the rules")
    return rules


def _root(rules: RuleSet, entry: Any, journey: Any, now: float) -> Document:
    """Return the values that conditions can read: those members of the event and the journey that a rule names."""
    root: Document = {"event": {}, "journey": {}, "now": now}
    for name in rules.wanted:
        root_name, _, member = name.partition(".")
        if member:
            value = getattr(entry if root_name == "event" else journey, member)
            root[root_name][member] = _MADE[name](value) if name in _MADE else value
    return root


def _instant(value: str | float) -> str:
    """Return an instant as a text that the function ``timestamp`` of a condition takes."""
    return value if isinstance(value, str) else timestamp(value)


_MADE: Mapping[str, Callable[[Any], Any]] = {
    "journey.state": str,
    "event.data": stored,
    "event.time": stored,
    "journey.context": stored,
    "journey.started": _instant,
    "journey.updated": _instant,
}


def decided_views(rules: Sequence[Rule], input_values: Mapping[str, Any]) -> list[Document]:
    """Return decisions as answers show them: the action, the rule, its condition, and the values that it held on.

    Parameters
    ----------
    rules
        Those that held.
    input_values
        The values that all rules had read.
    """
    return [
        {
            "action": rule.action, "rule": rule.name, "with": rule.with_,
            "because": {"condition": rule.when.source, "values": rule.values(input_values)},
        }
        for rule in rules
    ]  # fmt: skip


def result_views(decision: Decision, unit: Unit) -> tuple[list[Document], list[Document]]:
    """Return a stored decision as answers show it: the rules that held, and those without a result.

    Parameters
    ----------
    decision
        It has the names of its rules.
    unit
        Of the rules, whose version never changes.
    """
    rules = compiled_rules(stored_rules(unit, decision.tenant, decision.rules).rules)
    decided = [rules.named(name) for name in json.loads(decision.decided)]
    failed: list[Document] = [{"rule": name, "did_not_hold": why} for name, why in json.loads(decision.failed)]
    return decided_views(decided, json.loads(decision.input)), failed


def decided_on(unit: Unit, entry: Any, actions: Iterable[str]) -> tuple[int, Mapping[str, Rule]]:
    """Return the rules that have just decided on an entry.

    Parameters
    ----------
    unit
        The transaction of the event.
    entry
        The new entry.
    actions
        The kinds of action of interest; unless an active rule has one of them, nothing is looked up.

    Returns
    -------
    version : int
        Of the rules.
    decided : dict
        The rules, by their kind of action.
    """
    active = unit.get(ActiveRules, entry.tenant)
    if active is None:
        return 0, {}
    rules = _compiled(active, unit)
    if rules.actions.isdisjoint(actions):
        return 0, {}
    decision = unit.get(Decision, entry.tenant, entry.journey, entry.version)
    if decision is None:
        return 0, {}
    decided = [rules.named(name) for name in json.loads(decision.decided)]
    return decision.rules, {rule.action: rule for rule in decided}


def forget(unit: Unit, tenant: str, journey: str) -> None:
    """Delete the decisions on a journey, which is deleted too."""
    for decision in unit.find(Decision, "key", tenant, journey):
        unit.delete(decision)


def decide_again(decision: Decision, unit: Unit) -> tuple[Outcome, bool]:
    """Evaluate a stored decision again.

    Parameters
    ----------
    decision
        To evaluate again.
    unit
        Of the rules that made it.

    Returns
    -------
    outcome : Outcome
        The decision of these rules on the stored input.
    same : bool
        Whether it is the stored decision, and the input is unchanged.
    """
    rules = compiled_rules(stored_rules(unit, decision.tenant, decision.rules).rules)
    outcome = evaluate(rules, json.loads(decision.input), json.loads(decision.excesses))
    untouched = fingerprint(decision.input) == decision.fingerprint
    return outcome, untouched and _results(outcome) == (decision.decided, decision.failed)


def replay_cost(decision: Decision, unit: Unit) -> int:
    """Return the cost of evaluating a stored decision again."""
    rules = compiled_rules(stored_rules(unit, decision.tenant, decision.rules).rules)
    return rules.cost + input_size(json.loads(decision.input))


def standing(unit: Unit, tenant: str, journey: str) -> dict[str, Document]:
    """Return a journey's latest decision of each kind of action.

    Parameters
    ----------
    unit
        To read from.
    tenant, journey
        The journey.

    Returns
    -------
    dict
        By kind of action: the rule, its decision, and the reason.
    """
    latest: dict[str, Document] = {}
    for decision in unit.find(Decision, "key", tenant, journey, descending=True, limit=_LOOKED_AT):
        for view in result_views(decision, unit)[0]:
            latest.setdefault(view["action"], {**view, "rules": decision.rules, "version": decision.version})
    return latest
