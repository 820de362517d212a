"""Evaluate the rules of a set on what they read: which hold, which do not and why, and what is decided.

It is a pure function of the rules and of what was read, and the latter is stored with a decision: so each can be
made again, and must come out the same.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cel

from orchestrator.core.json_codec import Document
from orchestrator.rules.limits import excess
from orchestrator.rules.ruleset import Rule, RuleSet

__all__ = ["Input", "Outcome", "evaluate", "evaluate_each", "read_input"]

Input = Document
"""The value of each path that was there, by the path as conditions write it; instants are seconds."""

_VARIABLE = re.compile(r"'(_\d+)'")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule set decides.

    Attributes
    ----------
    decided
        For each kind of action the first rule that held.
    failed
        The rules that could not be told, each with why; they count as not holding.
    """

    decided: Mapping[str, Rule]
    failed: Sequence[tuple[Rule, str]]


def read_input(rules: RuleSet, root: Document) -> tuple[Input, Document]:
    """Return what the rules read.

    Parameters
    ----------
    rules
        Which know their paths.
    root
        Where paths begin: ``event``, ``journey``, ``now``.

    Returns
    -------
    given : dict
        The values that were there, and small enough.
    excesses : dict
        For each path whose value is too large, in what.
    """
    given: Input = {}
    excesses: Document = {}
    for label, path in rules.plan:
        value: Any = root
        for name in path.way:
            if value.__class__ is not dict or name not in value:
                break
            value = value[name]
        else:
            if value.__class__ is not dict:
                continue
            if path.presence:
                given[label] = path.last in value
            elif path.last in value:
                found = value[path.last]
                if found.__class__ not in _SMALL and (wrong := excess(found)):
                    excesses[label] = wrong
                else:
                    given[label] = found
    return given, excesses


_SMALL = frozenset({bool, float, type(None)})


def evaluate(rules: RuleSet, given: Input, excesses: Mapping[str, str]) -> Outcome:
    """Evaluate rules in their order, but those whose kind of action is decided already.

    Parameters
    ----------
    rules
        To evaluate.
    given
        What they read, from `read_input` or from a stored decision.
    excesses
        Paths whose values were too large.

    Returns
    -------
    Outcome
        What is decided.
    """
    context = _context(rules, given)
    decided: dict[str, Rule] = {}
    failed: list[tuple[Rule, str]] = []
    for rule in rules.rules:
        if rule.action in decided:
            continue
        held, problem = _told(rule, context, rules, excesses)
        if held:
            decided[rule.action] = rule
        elif problem:
            failed.append((rule, problem))
    return Outcome(decided, failed)


def evaluate_each(rules: RuleSet, given: Input, excesses: Mapping[str, str]) -> list[tuple[Rule, bool, str]]:
    """Evaluate every rule, for whoever wants to see what each gives.

    Parameters
    ----------
    rules, given, excesses
        As of `evaluate`.

    Returns
    -------
    list
        Of each rule whether it held, and if that could not be told, why.
    """
    context = _context(rules, given)
    return [(rule, *_told(rule, context, rules, excesses)) for rule in rules.rules]


def _context(rules: RuleSet, given: Input) -> cel.Context:
    """Return what programs run on: the one context of an event."""
    variables = rules.variables
    values = {variables[label]: value for label, value in given.items()}
    if "now" in given:
        values[variables["now"]] = datetime.fromtimestamp(given["now"], UTC)
    return cel.Context(variables=values)


def _told(rule: Rule, context: cel.Context, rules: RuleSet, excesses: Mapping[str, str]) -> tuple[bool, str]:
    """Return whether a rule holds, and if that cannot be told, why; then it does not."""
    try:
        value = rule.when.program.execute(context)
    except Exception as error:  # noqa: BLE001 - a rule never fails an event, whatever its library raises
        return False, _problem(error, rules, excesses)
    if value is True or value is False:
        return value, ""
    # Of what has members only the kind is told: CEL gives those of an object in another order each time.
    shown = type(value).__name__ if isinstance(value, dict | list) else str(value)[:40]
    return False, f"it gave {shown}; true or false is needed"


def _problem(error: Exception, rules: RuleSet, excesses: Mapping[str, str]) -> str:
    """Return why a rule could not be told, in terms of what its author wrote."""
    if found := _VARIABLE.search(str(error)):
        label, path = rules.called(found[1])
        if path.presence:
            return f"{label} cannot be told, as what it would be a member of is no object"
        return f"{label} {excesses.get(label, 'is missing')}"
    if isinstance(error, KeyError):
        return f"there is no member {error}"
    return re.split(r"\n|(?<=\w)\. ", str(error), maxsplit=1)[0][:200]
