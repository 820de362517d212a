"""Rule set: rules in order, checked as a whole, and compiled once for each content.

The first rule that holds decides its kind of action, so the order of the rules is their priority.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from orchestrator.core.json_codec import Document, read, write
from orchestrator.core.request import LONGEST
from orchestrator.http.fields import Fields
from orchestrator.rules.actions import ACTIONS
from orchestrator.rules.condition import Condition, Read, Slots, compiled
from orchestrator.rules.limits import RULES
from orchestrator.rules.tokens import Unreadable

__all__ = ["Rule", "RuleSet", "checked_rules", "compiled_rules", "fingerprint"]


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
    plan: tuple[tuple[str, Read], ...]
    variables: Mapping[str, str]
    wanted: frozenset[str]

    def called(self, variable: str) -> tuple[str, Read]:
        """Return the path of a program's variable, with its label."""
        return next((label, path) for label, path in self.plan if self.variables[label] == variable)

    def named(self, name: str) -> Rule:
        """Return the rule with a name."""
        return next(rule for rule in self.rules if rule.name == name)


def checked_rules(body: Any, pointer: str = "") -> str:
    """Check the rules of a request, and return them as text that never changes again.

    Parameters
    ----------
    body
        The value of ``rules``: a list of objects with ``name``, ``when``, ``action`` and ``with``.
    pointer
        Where it stands, as a JSON pointer.

    Returns
    -------
    str
        JSON, for `compiled_rules`.

    Raises
    ------
    Refused
        With everything that is wrong with any of them.
    """
    fields = Fields({})
    rules = _read(body, pointer, fields)
    fields.check()
    return write([_shown(rule) for rule in rules])


def fingerprint(text: str) -> str:
    """Return a fingerprint of a text."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=256)
def compiled_rules(text: str) -> RuleSet:
    """Compile rules that have been checked; the same text is compiled once in a process.

    Parameters
    ----------
    text
        From `checked_rules`.
    """
    fields, slots = Fields({}), Slots()
    rules = _read(read(text.encode()), "", fields, slots)
    fields.check()
    plan = tuple((str(path), path) for path in slots)
    wanted = frozenset(".".join((*path.way, path.last)[:2]) for path in slots)
    return RuleSet(tuple(rules), plan, {str(path): name for path, name in slots.items()}, wanted)


def _read(body: Any, pointer: str, into: Fields, slots: Slots | None = None) -> list[Rule]:
    """Read a list of rules; what is wrong is noted in ``into``."""
    if not isinstance(body, list) or not 0 < len(body) <= RULES:
        found = f"a list of {len(body)}" if isinstance(body, list) else "no list"
        into.errors.append((pointer or "/", f"is {found}; a list of 1 to {RULES} rules is needed"))
        return []
    slots = Slots() if slots is None else slots
    rules = [_rule(rule, f"{pointer}/{i}", into, slots) for i, rule in enumerate(body)]
    names = [rule.name for rule in rules]
    for i, name in enumerate(names):
        if name and (first := names.index(name)) < i:
            into.errors.append((f"{pointer}/{i}/name", f'is "{name}", as that of rule {first}; names differ'))
    return rules


def _rule(body: Any, pointer: str, into: Fields, slots: Slots) -> Rule:
    """Read one rule."""
    fields = Fields(body, pointer)
    fields.only("name", "when", "action", "with")
    name = fields.text("name")
    when = _condition(fields, name, slots)
    action = fields.text("action")
    with_: Document = {}
    if action in ACTIONS:
        inner = Fields(fields.mapping("with"), f"{pointer}/with")
        with_ = ACTIONS[action](inner)
        fields.errors.extend(inner.errors)
    elif action:
        fields.wrong("action", f'is "{action[:40]}"; known are {", ".join(ACTIONS)}')
    into.errors.extend(fields.errors)
    return Rule(name, when, action, {key: value for key, value in with_.items() if value is not None})


def _condition(fields: Fields, name: str, slots: Slots) -> Condition:
    """Read a rule's condition; what stands in for a wrong one is never evaluated."""
    source = fields.members.get("when")
    if not isinstance(source, str):
        fields.wrong("when", 'is missing; a condition is needed, such as event.type == "paused"')
    else:
        try:
            return compiled(source, slots)
        except Unreadable as error:
            fields.wrong("when", f'of rule "{name[:LONGEST]}": {error}, in {source[:80]}')
    return compiled("false", Slots())


def _shown(rule: Rule) -> Document:
    """Return a rule as it is stored and shown."""
    return {"name": rule.name, "when": rule.when.source, "action": rule.action, "with": rule.with_}
