"""From requests to the commands and the answers of the rules."""

from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import Document, read, write
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request, page
from orchestrator.http.fields import Fields
from orchestrator.journeys.handlers import the_journey
from orchestrator.notifications.models import instant
from orchestrator.rules.actions import whole
from orchestrator.rules.commands import Activate, Deactivate, PutRules, shown_active, shown_rules
from orchestrator.rules.decisions import made_again, shown, stored_rules, told
from orchestrator.rules.evaluation import evaluate, evaluate_each, read_input
from orchestrator.rules.rows import ActiveRules, Decision, StoredRules
from orchestrator.rules.ruleset import checked, ready
from orchestrator.service.command_context import timestamp
from orchestrator.store.unit import Unit

__all__ = ["activation", "active", "deactivation", "decisions", "dry_run", "new_rules", "replay", "version", "versions"]

LARGEST_PAGE = 100

JSON = "application/json"


def new_rules(request: Request) -> PutRules:
    """Read a new version."""
    fields = Fields(request.json(JSON))
    fields.only("rules", "activate")
    activate = fields.members.get("activate", False)
    if not isinstance(activate, bool):
        fields.wrong("activate", "must be true or false")
    try:
        rules = checked(fields.members.get("rules"), "/rules")
    except Refused as refusal:
        fields.errors += [(error["pointer"], error["detail"]) for error in refusal.extra["errors"]]
    fields.check()
    return PutRules(request.tenant, rules, activate)


def activation(request: Request) -> Activate:
    """Read which version is to be active."""
    fields = Fields(request.json(JSON))
    fields.only("version")
    number = whole(fields, "version", 1, 2**31 - 1)
    fields.check()
    return Activate(request.tenant, number)


def deactivation(request: Request) -> Deactivate:
    """Read that no rules are to be active."""
    return Deactivate(request.tenant)


def versions(request: Request, unit: Unit) -> Answer:
    """Answer with a page of versions, oldest first."""
    _, start, limit = page(request, LARGEST_PAGE, cursor=int)
    found = unit.find(StoredRules, "key", request.tenant, after=(start,), limit=limit + 1)
    return _page([shown_rules(one) for one in found[:limit]], found[limit - 1].version if len(found) > limit else None)


def version(request: Request, unit: Unit) -> Answer:
    """Answer with one version."""
    return _answer(shown_rules(stored_rules(unit, request.tenant, _number(request))))


def active(request: Request, unit: Unit) -> Answer:
    """Answer with which version is active."""
    found = unit.get(ActiveRules, request.tenant)
    if found is None:
        raise Refused("unknown", "no rules are active")
    return _answer(shown_active(found))


def dry_run(request: Request, unit: Unit) -> Answer:
    """Answer with what a version would decide on a given event and journey; nothing is stored."""
    fields = Fields(request.json(JSON))
    fields.only("event", "journey", "now")
    root: Document = {"event": fields.mapping("event"), "journey": fields.mapping("journey")}
    now = instant(fields, "now")
    fields.check()
    if now is not None:
        root["now"] = now
    rules = ready(stored_rules(unit, request.tenant, _number(request)).rules)
    given, excesses = read_input(rules, root)
    results: list[Document] = [
        {"rule": rule.name, "held": held, "values": rule.values(given)} | ({"did_not_hold": why} if why else {})
        for rule, held, why in evaluate_each(rules, given, excesses)
    ]
    decided = shown([*evaluate(rules, given, excesses).decided.values()], given)
    return _answer({"results": results, "decided": decided})


def decisions(request: Request, unit: Unit) -> Answer:
    """Answer with a page of a journey's decisions, oldest first."""
    _, start, limit = page(request, LARGEST_PAGE, cursor=int)
    the_journey(unit, request.tenant, request.names["journey"])
    found = unit.find(
        Decision, "key", request.tenant, request.names["journey"], after=(start,), limit=limit + 1
    )  # fmt: skip
    return _page(
        [_decision(one, unit) for one in found[:limit]], found[limit - 1].version if len(found) > limit else None
    )


def replay(request: Request, unit: Unit) -> Answer:
    """Answer with what a stored decision comes out as when it is made again."""
    number = _number(request)
    decision = unit.get(Decision, request.tenant, request.names["journey"], number)
    if decision is None:
        raise Refused("unknown", f"no decision was made on version {number} of this journey")
    outcome, same = made_again(decision, unit)
    decided = shown([*outcome.decided.values()], read(decision.given.encode()))
    failed: list[Document] = [{"rule": rule.name, "did_not_hold": why} for rule, why in outcome.failed]
    return _answer({"same": same, "decided": decided, "failed": failed, "stored": _decision(decision, unit)})


def _decision(decision: Decision, unit: Unit) -> Document:
    """Return a decision as answers show it."""
    decided, failed = told(decision, unit)
    return {
        "version": decision.version, "rules": decision.rules, "at": timestamp(decision.at),
        "decided": decided, "failed": failed,
        "input": read(decision.given.encode()), "fingerprint": decision.fingerprint,
    }  # fmt: skip


def _number(request: Request) -> int:
    """Return the version that a path names."""
    text = request.names["version"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused("unknown", f"there is no version {text[:40]}; versions are whole numbers")
    return int(text)


def _answer(value: Any) -> Answer:
    """Return the answer that shows a value."""
    return Answer(200, write(value).encode())


def _page(items: list[Document], following: int | None) -> Answer:
    """Return one page of a list, and where the next one begins."""
    return _answer({"items": items, "next": following})
