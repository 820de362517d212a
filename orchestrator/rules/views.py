"""Answers that show rules and decisions."""

from orchestrator.core.answer import Answer, json_answer
from orchestrator.core.json_codec import Document, stored, write
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.core.timestamps import timestamp
from orchestrator.journeys.rows import the_journey
from orchestrator.rules.commands import DryRun
from orchestrator.rules.decisions import decide_again, decided_views, replay_cost, result_views, stored_rules
from orchestrator.rules.evaluation import evaluate, evaluate_each, input_size, read_input
from orchestrator.rules.models import VersionsPage
from orchestrator.rules.rows import ActiveRules, Decision, StoredRules
from orchestrator.rules.ruleset import compiled_rules
from orchestrator.service.command_context import Spend
from orchestrator.store.unit import Unit

__all__ = ["active", "active_view", "decisions", "dry_run", "replay", "rules_view", "version", "versions"]


def rules_view(row: StoredRules) -> Document:
    """Return a version as answers show it."""
    return {
        "version": row.version, "created": timestamp(row.created), "fingerprint": row.fingerprint,
        "rules": stored(row.rules),
    }  # fmt: skip


def active_view(active: ActiveRules) -> Document:
    """Return which version is active, as answers show it."""
    return {"version": active.version, "activated": timestamp(active.activated), "fingerprint": active.fingerprint}


def versions(request: Request, unit: Unit) -> Answer:
    """Answer with a page of versions, oldest first."""
    query = VersionsPage.read(request)
    rows = query.rows(unit, StoredRules, "key", request.tenant)
    return query.answer(rows, lambda row: write(rules_view(row)), "version")


def version(request: Request, unit: Unit) -> Answer:
    """Answer with one version."""
    return json_answer(rules_view(stored_rules(unit, request.tenant, _number(request))))


def active(request: Request, unit: Unit) -> Answer:
    """Answer with which version is active."""
    row = unit.get(ActiveRules, request.tenant)
    if row is None:
        raise Refused("unknown", "no rules are active")
    return json_answer(active_view(row))


def dry_run(request: Request, unit: Unit, spend: Spend) -> Answer:
    """Answer with what a version would decide on a given event and journey; nothing is stored."""
    body = DryRun.read(request).body
    root: Document = {"event": body.event, "journey": body.journey, **({} if body.now is None else {"now": body.now})}
    rules = compiled_rules(stored_rules(unit, request.tenant, _number(request)).rules)
    values, excesses = read_input(rules, root)
    spend(request.tenant, 2 * (rules.cost + input_size(values)))
    results: list[Document] = [
        {"rule": rule.name, "held": held, "values": rule.values(values)} | ({"did_not_hold": why} if why else {})
        for rule, held, why in evaluate_each(rules, values, excesses)
    ]
    decided = decided_views([*evaluate(rules, values, excesses).decided.values()], values)
    return json_answer({"results": results, "decided": decided})


def decisions(request: Request, unit: Unit) -> Answer:
    """Answer with a page of a journey's decisions, oldest first."""
    query, journey = VersionsPage.read(request), request.names["journey"]
    the_journey(unit, request.tenant, journey)
    rows = query.rows(unit, Decision, "key", request.tenant, journey)
    return query.answer(rows, lambda row: write(decision_view(row, unit)), "version")


def replay(request: Request, unit: Unit, spend: Spend) -> Answer:
    """Answer with what a stored decision comes out as when it is made again."""
    number = _number(request)
    decision = unit.get(Decision, request.tenant, request.names["journey"], number)
    if decision is None:
        raise Refused("unknown", f"no decision was made on version {number} of this journey")
    spend(request.tenant, replay_cost(decision, unit))
    outcome, same = decide_again(decision, unit)
    decided = decided_views([*outcome.decided.values()], stored(decision.input))
    failed: list[Document] = [{"rule": rule.name, "did_not_hold": why} for rule, why in outcome.failed]
    return json_answer({"same": same, "decided": decided, "failed": failed, "stored": decision_view(decision, unit)})


def decision_view(decision: Decision, unit: Unit) -> Document:
    """Return a decision as answers show it."""
    decided, failed = result_views(decision, unit)
    return {
        "version": decision.version, "rules": decision.rules, "at": timestamp(decision.at),
        "decided": decided, "failed": failed,
        "input": stored(decision.input), "fingerprint": decision.fingerprint,
    }  # fmt: skip


def _number(request: Request) -> int:
    """Return the version that a path names."""
    text = request.names["version"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused("unknown", f"there is no version {text[:40]}; versions are whole numbers")
    return int(text)
