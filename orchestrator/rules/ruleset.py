"""Rule set: rules in order, compiled once for each content.

The first rule that holds decides its kind of action, so the order of the rules is their priority.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from orchestrator.core.json_codec import Document, stored
from orchestrator.rules.condition import Condition, Path, Variables, compiled
from orchestrator.rules.cost import RULE_COST, SET_COST

__all__ = ["Rule", "RuleSet", "compiled_rules", "excess_costs", "fingerprint"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition, and the action that is decided when it holds; ``too_dear`` is why it is not evaluated, or empty."""

    name: str
    when: Condition
    action: str
    with_: Document
    too_dear: str = ""

    def values(self, input_values: Mapping[str, Any]) -> Document:
        """Return the values that its condition has read, of those that all rules have read."""
        labels = [str(path) for path in self.when.reads]
        return {label: input_values[label] for label in labels if label in input_values}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Compiled rules.

    Attributes
    ----------
    rules
        In the order of their priority.
    plan
        Each path that any of them reads, with its label in answers and stored decisions.
    variables
        The variable of each path in the programs, by its label.
    wanted
        The members of the event and of the journey that any of them reads, such as ``event.data``.
    actions
        The kinds of action that any of them decides.
    cost
        Of the evaluation of all rules, at most.
    """

    rules: tuple[Rule, ...]
    plan: tuple[tuple[str, Path], ...]
    variables: Mapping[str, str]
    wanted: frozenset[str]
    actions: frozenset[str]
    cost: int

    def called(self, variable: str) -> tuple[str, Path]:
        """Return the path of a program's variable, with its label."""
        return next((label, path) for label, path in self.plan if self.variables[label] == variable)

    def named(self, name: str) -> Rule:
        """Return the rule with a name."""
        return next(rule for rule in self.rules if rule.name == name)


def fingerprint(text: str) -> str:
    """Return a fingerprint of a text."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=256)
def compiled_rules(text: str) -> RuleSet:
    """Compile rules that have been checked; the same text is compiled once in a process.

    Parameters
    ----------
    text
        JSON, as it was stored.
    """
    variables = Variables()
    documents = stored(text)
    conditions = [compiled(rule["when"], variables) for rule in documents]
    reasons = excess_costs([condition.cost for condition in conditions])
    rules = tuple(
        Rule(rule["name"], condition, rule["action"], rule["with"], reason)
        for rule, condition, reason in zip(documents, conditions, reasons, strict=True)
    )
    cost = sum(rule.when.cost for rule in rules if not rule.too_dear)
    plan = tuple((str(path), path) for path in variables)
    wanted = frozenset(".".join((*path.way, path.last)[:2]) for path in variables)
    actions = frozenset(rule.action for rule in rules)
    return RuleSet(rules, plan, {str(path): name for path, name in variables.items()}, wanted, actions, cost)


def excess_costs(costs: Sequence[int]) -> list[str]:
    """Return for each rule why it is too dear, or nothing.

    Rules that are put now are refused for that. In a set that an earlier version has stored, such a rule has no result.

    Parameters
    ----------
    costs
        Of the rules of a set, in their order.
    """
    reasons, total = [], 0
    for cost in costs:
        if cost > RULE_COST:
            reasons.append(f"it costs {cost}; a rule may cost {RULE_COST}")
        elif total + cost > SET_COST:
            reasons.append(f"it costs {cost}, and those before {total}; a set may cost {SET_COST}")
        else:
            total += cost
            reasons.append("")
    return reasons
