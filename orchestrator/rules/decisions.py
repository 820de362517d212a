"""Decide after each entry of a journey, store the decision, and make stored ones again."""

import json
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from orchestrator.core.json_codec import Document, stored, write
from orchestrator.core.problems import Refused
from orchestrator.core.timestamps import timestamp
from orchestrator.rules.evaluation import Outcome, evaluate, read_input
from orchestrator.rules.rows import ActiveRules, Decision, StoredRules
from orchestrator.rules.ruleset import Rule, RuleSet, fingerprint, ready
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Unit

__all__ = ["after", "decided_on", "forget", "made_again", "shown", "standing", "stored_rules", "told"]

_COMPILED: dict[str, RuleSet] = {}
_MOST_COMPILED = 256

_LOOKED_AT = 100
"""Decisions of a journey that are looked through for what stands."""


def after(entry: Any, journey: Any, unit: Unit, context: CommandContext) -> Document | None:
    """Decide after an entry of a journey.

    Parameters
    ----------
    entry
        What happened.
    journey
        As it is now.
    unit
        The transaction of the event; the decision is written in it too.
    context
        The instant.

    Returns
    -------
    dict or None
        The journey's next step, if the rules steer it or offer a callback.
    """
    active = unit.get(ActiveRules, journey.tenant)
    if active is None:
        return None
    rules = _compiled(active, unit)
    given, excesses = read_input(rules, _root(rules, entry, journey, context.now))
    outcome = evaluate(rules, given, excesses)
    if not outcome.decided and not outcome.failed:
        return None
    text = write(given)
    unit.put(
        Decision(
            journey.tenant, journey.id, entry.version, active.version, context.now, text,
            write(excesses) if excesses else "{}", fingerprint(text), *_results(outcome),
        )
    )  # fmt: skip
    return _next(outcome, active.version)


def _next(outcome: Outcome, version: int) -> Document | None:
    """Return where the customer should go next: where a rule steers them, or to the offer of a callback."""
    if rule := outcome.decided.get("steer"):
        return {**rule.with_, "rule": rule.name, "rules": version}
    if rule := outcome.decided.get("callback"):
        return {"step": "callback", **rule.with_, "rule": rule.name, "rules": version}
    return None


def _results(outcome: Outcome) -> tuple[str, str]:
    """Return which rules decided, and which could not be told and why, as they are stored."""
    failed = [[rule.name, problem] for rule, problem in outcome.failed]
    return write([rule.name for rule in outcome.decided.values()]), write(failed) if failed else "[]"


def _compiled(active: ActiveRules, unit: Unit) -> RuleSet:
    """Return the active rules, compiled; they are the same for all that have their fingerprint."""
    found = _COMPILED.get(active.fingerprint)
    if found is None:
        if len(_COMPILED) >= _MOST_COMPILED:
            _COMPILED.clear()
        found = _COMPILED[active.fingerprint] = ready(stored_rules(unit, active.tenant, active.version).rules)
    return found


def stored_rules(unit: Unit, tenant: str, version: int) -> StoredRules:
    """Return a version of the rules, which must be there."""
    found = unit.get(StoredRules, tenant, version)
    if found is None:
        raise Refused("unknown", f"there is no version {version} of the rules")
    return found


def _root(rules: RuleSet, entry: Any, journey: Any, now: float) -> Document:
    """Return what conditions can read: of the event and the journey only the members that one of them reads."""
    root: Document = {"event": {}, "journey": {}, "now": now}
    for name in rules.wanted:
        of, _, member = name.partition(".")
        if member:
            value = getattr(entry if of == "event" else journey, member)
            root[of][member] = _MADE[name](value) if name in _MADE else value
    return root


def _instant(value: str | float) -> str:
    """Return an instant as conditions see it: a text that ``timestamp`` takes."""
    return value if isinstance(value, str) else timestamp(value)


_MADE: Mapping[str, Callable[[Any], Any]] = {
    "journey.state": str,
    "event.data": stored,
    "event.time": stored,
    "journey.context": stored,
    "journey.started": _instant,
    "journey.updated": _instant,
}


def shown(rules: Sequence[Rule], given: Mapping[str, Any]) -> list[Document]:
    """Return what rules decided and because of what: the condition, and the values that it held on.

    Parameters
    ----------
    rules
        Those that decided.
    given
        What all had read.
    """
    return [
        {
            "action": rule.action, "rule": rule.name, "with": rule.with_,
            "because": {"condition": rule.when.source, "values": rule.values(given)},
        }
        for rule in rules
    ]  # fmt: skip


def told(decision: Decision, unit: Unit) -> tuple[list[Document], list[Document]]:
    """Return what was decided, and which rules could not be told, as a decision has them.

    Parameters
    ----------
    decision
        As it was stored: with the names of its rules, which stand in a version that never changes.
    unit
        Where that version is.
    """
    rules = ready(stored_rules(unit, decision.tenant, decision.rules).rules)
    decided = [rules.named(name) for name in json.loads(decision.decided)]
    failed: list[Document] = [{"rule": name, "did_not_hold": why} for name, why in json.loads(decision.failed)]
    return shown(decided, json.loads(decision.given)), failed


def decided_on(unit: Unit, entry: Any, actions: Container[str]) -> tuple[int, Mapping[str, Rule]]:
    """Return the rules that have just decided on an entry.

    Parameters
    ----------
    unit
        The transaction of the event.
    entry
        What happened.
    actions
        The kinds of action that are asked about; unless an active rule has one of them, nothing is looked up.

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
    if all(rule.action not in actions for rule in rules.rules):
        return 0, {}
    decision = unit.get(Decision, entry.tenant, entry.journey, entry.version)
    if decision is None:
        return 0, {}
    decided = [rules.named(name) for name in json.loads(decision.decided)]
    return decision.rules, {rule.action: rule for rule in decided}


def forget(unit: Unit, tenant: str, journey: str) -> None:
    """Delete what was decided on a journey, which is deleted too."""
    for decision in unit.find(Decision, "key", tenant, journey):
        unit.delete(decision)


def made_again(decision: Decision, unit: Unit) -> tuple[Outcome, bool]:
    """Evaluate a stored decision again.

    Parameters
    ----------
    decision
        As it was stored.
    unit
        Where the rules are that made it.

    Returns
    -------
    outcome : Outcome
        What these rules decide on what was stored.
    same : bool
        Whether it is what was decided then, on an input that is as it was.
    """
    rules = ready(stored_rules(unit, decision.tenant, decision.rules).rules)
    outcome = evaluate(rules, json.loads(decision.given), json.loads(decision.excesses))
    untouched = fingerprint(decision.given) == decision.fingerprint
    return outcome, untouched and _results(outcome) == (decision.decided, decision.failed)


def standing(unit: Unit, tenant: str, journey: str) -> dict[str, Document]:
    """Return what stands for a journey: of each kind of action the latest decision.

    Parameters
    ----------
    unit
        To read from.
    tenant, journey
        Whose.

    Returns
    -------
    dict
        By kind of action: the rule, what it decided, and because of what.
    """
    found: dict[str, Document] = {}
    for decision in unit.find(Decision, "key", tenant, journey, descending=True, limit=_LOOKED_AT):
        for one in told(decision, unit)[0]:
            found.setdefault(one["action"], {**one, "rules": decision.rules, "version": decision.version})
    return found
