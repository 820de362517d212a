"""Rule set: rules in order, compiled once for each content.

The first rule that holds decides its kind of action, so the order of the rules is their priority.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from orchestrator.core.json_codec import Document, stored
from orchestrator.rules.condition import Condition, Path, Variables, compiled

__all__ = ["Rule", "RuleSet", "compiled_rules", "fingerprint"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition, and the action that is decided when it holds."""

    name: str
    when: Condition
    action: str
    with_: Document

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
    """

    rules: tuple[Rule, ...]
    plan: tuple[tuple[str, Path], ...]
    variables: Mapping[str, str]
    wanted: frozenset[str]

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
    rules = tuple(
        Rule(rule["name"], compiled(rule["when"], variables), rule["action"], rule["with"]) for rule in stored(text)
    )
    plan = tuple((str(path), path) for path in variables)
    wanted = frozenset(".".join((*path.way, path.last)[:2]) for path in variables)
    return RuleSet(rules, plan, {str(path): name for path, name in variables.items()}, wanted)
