"""Evaluate the rules of a set on what they read: which hold, which do not and why, and what is decided.

It is a pure function of the rules and of what was read, and the latter is stored with a decision: so each can be
made again, and must come out the same.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cel

from loadtests.orchestrator.documents import Document
from loadtests.orchestrator.rules.condition import Read
from loadtests.orchestrator.rules.limits import excess
from loadtests.orchestrator.rules.ruleset import Rule, RuleSet

__all__ = ["Input", "Outcome", "Result", "evaluate", "read_input"]

Input = Document
"""The value of each path that was there, by the path as conditions write it; instants are seconds."""

_VARIABLE = re.compile(r"'(_\d+)'")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one rule: whether it held, and if it could not be told, why."""

    rule: Rule
    held: bool
    problem: str = ""

    def values(self, given: Input) -> Document:
        """Return what the rule's condition read."""
        labels = [str(path) for path in self.rule.when.reads]
        return {label: given[label] for label in labels if label in given}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule set decides: for each kind of action the first rule that held; and the rules that could not tell."""

    decided: Mapping[str, Result]
    failed: tuple[Result, ...]
    results: tuple[Result, ...]


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
    for label, path in rules.reads.items():
        there, value = _follow(path, root)
        if not there:
            continue
        if value.__class__ not in _SMALL and (found := excess(value)):
            excesses[label] = found
        else:
            given[label] = value
    return given, excesses


_SMALL = frozenset({bool, float, type(None)})


def _follow(read: Read, root: Document) -> tuple[bool, Any]:
    """Return whether a path leads somewhere, and to what."""
    value: Any = root
    for name in read.way:
        if value.__class__ is not dict or name not in value:
            return False, None
        value = value[name]
    if value.__class__ is not dict:
        return False, None
    if read.presence:
        return True, read.last in value
    return (True, value[read.last]) if read.last in value else (False, None)


def evaluate(rules: RuleSet, given: Input, excesses: Mapping[str, str], *, every: bool = False) -> Outcome:
    """Evaluate rules in their order.

    Parameters
    ----------
    rules
        To evaluate.
    given
        What they read, from `read_input` or from a stored decision.
    excesses
        Paths whose values were too large.
    every
        Whether rules are evaluated also whose kind of action is decided already.
    """
    context = cel.Context(variables={rules.variables[label]: _cel(label, value) for label, value in given.items()})
    decided: dict[str, Result] = {}
    results = []
    for rule in rules.rules:
        if rule.action in decided and not every:
            continue
        result = _evaluate(rule, context, rules, excesses)
        results.append(result)
        if result.held:
            decided.setdefault(rule.action, result)
    return Outcome(decided, tuple(result for result in results if result.problem), tuple(results))


def _cel(label: str, value: Any) -> Any:
    """Return a value as conditions see it."""
    return datetime.fromtimestamp(value, UTC) if label == "now" else value


def _evaluate(rule: Rule, context: cel.Context, rules: RuleSet, excesses: Mapping[str, str]) -> Result:
    """Evaluate one rule; whatever goes wrong means that it does not hold."""
    try:
        value = rule.when.program.execute(context)
    except Exception as error:  # noqa: BLE001 - a rule never fails an event, whatever its library raises
        return Result(rule, held=False, problem=_problem(error, rules, excesses))
    if value is True or value is False:
        return Result(rule, held=value)
    return Result(rule, held=False, problem=f"it gave {str(value)[:40]}; true or false is needed")


def _problem(error: Exception, rules: RuleSet, excesses: Mapping[str, str]) -> str:
    """Return why a rule could not be told, in terms of what its author wrote."""
    if found := _VARIABLE.search(str(error)):
        label = rules.called(found[1])
        if rules.reads[label].presence:
            return f"{label} cannot be told, as what it would be a member of is no object"
        return f"{label} {excesses.get(label, 'is missing')}"
    if isinstance(error, KeyError):
        return f"there is no member {error}"
    return str(error).partition("\n")[0][:200]
