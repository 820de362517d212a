"""Evaluation of the rules of a set on their input: which hold, which have no result and why, and the decision.

It is a pure function of the rules and their input. The input is stored with the decision, so each decision can be
replayed, and must come out the same.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import cel

from orchestrator.core.json_codec import Document
from orchestrator.core.value_class import value_class
from orchestrator.rules.limits import LARGEST_INPUT, excess, size_of
from orchestrator.rules.ruleset import Rule, RuleSet

__all__ = ["Input", "Outcome", "evaluate", "evaluate_each", "input_size", "read_input"]

Input = Document
"""The value of each path that exists, by the path as conditions write it; instants are seconds."""

_VARIABLE = re.compile(r"'(_\d+)'")


@value_class
class Outcome:
    """The decision of a rule set.

    Attributes
    ----------
    decided
        For each kind of action the first rule that held.
    failed
        The rules without a result, each with the reason; they do not hold.
    """

    decided: Mapping[str, Rule]
    failed: Sequence[tuple[Rule, str]]


def read_input(rules: RuleSet, root: Document) -> tuple[Input, Document]:
    """Return the input of the rules.

    Parameters
    ----------
    rules
        The rules, which know their paths.
    root
        The object in which paths begin: ``event``, ``journey``, ``now``.

    Returns
    -------
    values : dict
        The values that exist and are small enough.
    excesses : dict
        For each path whose value is too large, the reason.
    """
    values: Input = {}
    excesses: Document = {}
    left = LARGEST_INPUT
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
                values[label] = path.last in value
            elif path.last in value:
                member = value[path.last]
                if member.__class__ in _SMALL:
                    values[label] = member
                elif wrong := excess(member) or _beyond(left := left - size_of(member)):
                    excesses[label] = wrong
                else:
                    values[label] = member
    return values, excesses


def _beyond(left: int) -> str:
    """Return why a value is not read when the rules have read too much before it, or nothing."""
    return f"is beyond the {LARGEST_INPUT} values that all rules read together" if left < 0 else ""


def input_size(values: Input) -> int:
    """Return how many values an input has, at any depth."""
    return sum(map(size_of, values.values()))


_SMALL = frozenset({bool, float, type(None)})


def evaluate(rules: RuleSet, values: Input, excesses: Mapping[str, str]) -> Outcome:
    """Evaluate rules in their order, except those whose kind of action is decided already.

    Parameters
    ----------
    rules
        To evaluate.
    values
        Their input, from `read_input` or from a stored decision.
    excesses
        Paths whose values were too large.
    """
    context = _context(rules, values)
    decided: dict[str, Rule] = {}
    failed: list[tuple[Rule, str]] = []
    for rule in rules.rules:
        if rule.action in decided:
            continue
        held, problem = _result(rule, context, rules, excesses)
        if held:
            decided[rule.action] = rule
        elif problem:
            failed.append((rule, problem))
    return Outcome(decided, failed)


def evaluate_each(rules: RuleSet, values: Input, excesses: Mapping[str, str]) -> list[tuple[Rule, bool, str]]:
    """Evaluate every rule, for a trial of the rules.

    Parameters
    ----------
    rules, values, excesses
        As of `evaluate`.

    Returns
    -------
    list
        Each rule, whether it holds, and the reason if it has no result.
    """
    context = _context(rules, values)
    return [(rule, *_result(rule, context, rules, excesses)) for rule in rules.rules]


def _context(rules: RuleSet, input_values: Input) -> cel.Context:
    """Return the context in which all programs run on an event."""
    variables = rules.variables
    values = {variables[label]: value for label, value in input_values.items()}
    if "now" in input_values:
        values[variables["now"]] = datetime.fromtimestamp(input_values["now"], UTC)
    return cel.Context(variables=values)


def _result(rule: Rule, context: cel.Context, rules: RuleSet, excesses: Mapping[str, str]) -> tuple[bool, str]:
    """Return whether a rule holds, and the reason if it has no result; then it does not hold."""
    if rule.too_dear:
        return False, rule.too_dear
    try:
        value = rule.when.program.execute(context)
    except Exception as error:  # noqa: BLE001 - a rule never fails an event, whatever its library raises
        return False, _problem(error, rules, excesses)
    if value is True or value is False:
        return value, ""
    # Of an object or a list only the type is shown: CEL orders the members of an object differently each time.
    shown = type(value).__name__ if isinstance(value, dict | list) else str(value)[:40]
    return False, f"it gave {shown}; true or false is needed"


def _problem(error: Exception, rules: RuleSet, excesses: Mapping[str, str]) -> str:
    """Return the reason why a rule has no result, in the terms of its author."""
    if variable := _VARIABLE.search(str(error)):
        label, path = rules.called(variable[1])
        if path.presence:
            return f"{label} cannot be told, as what it would be a member of is no object"
        return f"{label} {excesses.get(label, 'is missing')}"
    if isinstance(error, KeyError):
        return f"there is no member {error}"
    return re.split(r"\n|(?<=\w)\. ", str(error), maxsplit=1)[0][:200]
