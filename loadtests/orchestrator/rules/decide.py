"""Decide after each entry of a journey, store the decision, and make stored ones again."""

from collections.abc import Callable, Mapping
from typing import Any

from loadtests.orchestrator.documents import Document, read, write
from loadtests.orchestrator.moment import Moment, timestamp
from loadtests.orchestrator.notify.schedule import schedule
from loadtests.orchestrator.problems import Refused
from loadtests.orchestrator.rules.evaluate import Outcome, Result, evaluate, read_input
from loadtests.orchestrator.rules.rows import ActiveRules, Decision, StoredRules
from loadtests.orchestrator.rules.ruleset import RuleSet, fingerprint, ready
from loadtests.orchestrator.store.unit import Unit

__all__ = ["EFFECTS", "after", "made_again", "shown", "standing", "stored_rules"]

Effect = Callable[[Document, Any, Unit, Moment], None]
"""What an action does beside being stored: ``effect(decided, journey, unit, moment)``, in the event's transaction."""


def _notify(decided: Document, journey: Any, unit: Unit, moment: Moment) -> None:
    """Write the notification that a rule asks for."""
    with_ = decided["with"]
    schedule(
        journey, with_["template"], moment.now + with_["after"], unit, moment,
        data={"rule": decided["rule"], "rules": decided["rules"]}, unless_back=with_["unless_back"],
    )  # fmt: skip


EFFECTS: dict[str, Effect] = {"notify": _notify}

_COMPILED: dict[str, RuleSet] = {}
_MOST_COMPILED = 256

_LOOKED_AT = 100
"""Decisions of a journey that are looked through for what stands."""


def after(entry: Any, journey: Any, unit: Unit, moment: Moment) -> Document | None:
    """Decide after an entry of a journey.

    Parameters
    ----------
    entry
        What happened.
    journey
        As it is now.
    unit
        The transaction of the event; the decision is written in it too.
    moment
        The instant.

    Returns
    -------
    dict or None
        The journey's next step, if the rules steer it.
    """
    active = unit.get(ActiveRules, journey.tenant)
    if active is None:
        return None
    rules = _compiled(active, unit)
    given, excesses = read_input(rules, _root(rules, entry, journey, moment.now))
    outcome = evaluate(rules, given, excesses)
    if not outcome.decided and not outcome.failed:
        return None
    decided, failed = shown(outcome, given)
    text = write(given)
    unit.put(
        Decision(
            journey.tenant, journey.id, entry.version, active.version, moment.now, text, write(excesses),
            fingerprint(text), write(decided), write(failed),
        )
    )  # fmt: skip
    for one in decided:
        if effect := EFFECTS.get(one["action"]):
            effect({**one, "rules": active.version}, journey, unit, moment)
    steered = outcome.decided.get("steer")
    return {**steered.rule.with_, "rule": steered.rule.name, "rules": active.version} if steered else None


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
    """Return what conditions can read; what is JSON is parsed only if one of them reads it."""
    event: Document = {"type": entry.type, "source": entry.source, "id": entry.id}
    case: Document = {
        "state": str(journey.state), "intent": journey.intent, "customer": journey.customer,
        "channel": journey.channel, "version": journey.version, "id": journey.id,
        "started": _instant(journey.started), "updated": _instant(journey.updated),
    }  # fmt: skip
    wanted = rules.wanted
    if "event.data" in wanted:
        event["data"] = read(entry.data.encode())
    if "event.time" in wanted:
        event["time"] = read(entry.time.encode())
    if "journey.context" in wanted:
        case["context"] = read(journey.context.encode())
    return {"event": event, "journey": case, "now": now}


def _instant(value: str | float) -> str:
    """Return an instant as conditions see it: a text that ``timestamp`` takes."""
    return value if isinstance(value, str) else timestamp(value)


def shown(outcome: Outcome, given: Mapping[str, Any]) -> tuple[list[Document], list[Document]]:
    """Return what was decided, and which rules could not be told, as they are stored and answered."""
    decided = [
        {"action": action, "rule": result.rule.name, "with": result.rule.with_, "because": _because(result, given)}
        for action, result in outcome.decided.items()
    ]
    return decided, [{"rule": result.rule.name, "did_not_hold": result.problem} for result in outcome.failed]


def _because(result: Result, given: Mapping[str, Any]) -> Document:
    """Return a decision's reason: the condition, and the values that it held on."""
    return {"condition": result.rule.when.source, "values": result.values(dict(given))}


def made_again(decision: Decision, unit: Unit) -> tuple[list[Document], list[Document], bool]:
    """Evaluate a stored decision again.

    Parameters
    ----------
    decision
        As it was stored.
    unit
        Where the rules are that made it.

    Returns
    -------
    decided, failed : list
        What these rules decide on what was stored.
    same : bool
        Whether it is what was decided then, on an input that is as it was.
    """
    rules = ready(stored_rules(unit, decision.tenant, decision.rules).rules)
    given = read(decision.given.encode())
    decided, failed = shown(evaluate(rules, given, read(decision.excesses.encode())), given)
    untouched = fingerprint(decision.given) == decision.fingerprint
    return decided, failed, untouched and write(decided) == decision.decided and write(failed) == decision.failed


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
        for one in read(decision.decided.encode()):
            found.setdefault(one["action"], {**one, "rules": decision.rules, "version": decision.version})
    return found
