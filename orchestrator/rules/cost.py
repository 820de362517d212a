"""Cost of a condition: an upper bound of the time of its evaluation, worked out from its text alone.

A unit is about a microsecond. The factors were measured with the largest values that rules read, on two cores shared
with other work; ``tests/orchestrator/test_rules_cost.py`` measures again, and compares. What is dear is copying: CEL
copies the result of ``map`` and ``filter`` once for each element, and a list for each mention in another list. A value
is a number, a text of 256 characters, or an element or member of a list or object; sizes count values.

As the cost depends on nothing but the text, a decision that is made again costs and gives the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.rules.limits import LARGEST_VALUE, LONGEST_LIST, MACROS
from orchestrator.rules.tokens import Token

__all__ = ["RULE_COST", "SET_COST", "cost_of"]

RULE_COST = 2000
"""Cost of a rule at most."""

SET_COST = 4000
"""Cost of all rules of a set at most; reading their input adds a millisecond at most."""

STEP = 0.15
"""A constant, a variable, an operator."""

CALL = 0.6
"""A function."""

ROUND = 1.2
"""The evaluation of a macro's body for an element, beside what stands in the body."""

COMPARED = 0.03
"""A value that is compared."""

COPIED = 0.11
"""A value that is copied."""

_SCALARS = frozenset({"event.type", "event.source", "event.id", "event.time"})
_BINARY = (
    frozenset({"||"}), frozenset({"&&"}), frozenset({"==", "!=", "<", "<=", ">", ">=", "in"}), frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)  # fmt: skip
_END = Token("sign", "", 0, 0)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an expression: its cost, the size of its result, and whether that is no list and no object."""

    cost: float
    size: float = 1.0
    scalar: bool = False


def cost_of(words: Sequence[Token]) -> int:
    """Return the cost of a condition.

    Parameters
    ----------
    words
        Its tokens; the condition can be compiled, and is within the limits of `limits.bounded`.
    """
    return round(_Reader(words).expression().cost + 1)


class _Reader:
    """Reads an expression from left to right, as CEL's grammar says, and adds up what it costs."""

    def __init__(self, words: Sequence[Token]) -> None:
        self._words, self._at = words, 0
        self._elements: dict[str, _Part] = {}  # of the macros around, by name

    def _next(self, ahead: int = 0) -> Token:
        """Return a token that has not been read."""
        at = self._at + ahead
        return self._words[at] if at < len(self._words) else _END

    def _take(self, *texts: str) -> str:
        """Read the next token if it is one of some; return its text, or nothing."""
        word = self._next()
        if word.category != "text" and word.text in texts:
            self._at += 1
            return word.text
        return ""

    def expression(self) -> _Part:
        """Read an expression; of a choice, both results count."""
        part = self._binary(0)
        if not self._take("?"):
            return part
        first = self.expression()
        self._take(":")
        second = self.expression()
        cost = part.cost + first.cost + second.cost + STEP
        return _Part(cost, max(first.size, second.size), first.scalar and second.scalar)

    def _binary(self, level: int) -> _Part:
        """Read operands between operators of a level."""
        if level == len(_BINARY):
            return self._unary()
        part = self._binary(level + 1)
        while sign := self._take(*_BINARY[level]):
            part = _joined(sign, part, self._binary(level + 1))
        return part

    def _unary(self) -> _Part:
        """Read an operand with its signs, members and calls."""
        signs = 0
        while self._take("!", "-"):
            signs += 1
        part = self._primary()
        while sign := self._take(".", "["):
            part = self._member(part) if sign == "." else self._element(part)
        return _Part(part.cost + signs * STEP, part.size, part.scalar)

    def _primary(self) -> _Part:
        """Read a constant, a variable, a call, a list, an object, or an expression in brackets."""
        word = self._next()
        self._at += 1
        if word.category in {"text", "number"}:
            return _Part(STEP, 1 + len(word.text) / 256, scalar=True)
        if word.text == "(":
            part = self.expression()
            self._take(")")
            return part
        if word.text in {"[", "{"}:
            return _copied(self._listed("]" if word.text == "[" else "}"))
        if self._next().text == "(":
            return self._call(_Part(0), word.text)
        return self._elements.get(word.text) or self._read(word.text)

    def _read(self, root: str) -> _Part:
        """Return the cost of a path, whose members follow; all that are read at once are one variable."""
        path = f"{root}.{self._next(1).text}"
        scalar = path in _SCALARS or root == "now" or (root == "journey" and path != "journey.context")
        if root not in {"event", "journey", "now"}:  # true, int, and such
            scalar = True
        return _Part(STEP, 1.0 if scalar else float(LARGEST_VALUE), scalar)

    def _listed(self, end: str) -> list[_Part]:
        """Read expressions up to a bracket."""
        parts: list[_Part] = []
        while self._next() is not _END and not self._take(end):
            parts.append(self.expression())
            self._take(",", ":")
        return parts

    def _element(self, part: _Part) -> _Part:
        """Read an index; an element may be as large as the whole."""
        index = self.expression()
        self._take("]")
        return _Part(part.cost + index.cost + CALL, part.size)

    def _member(self, part: _Part) -> _Part:
        """Read a member, or a call on what stands before the dot."""
        name = self._next().text
        self._at += 1
        if self._next().text != "(":
            return _Part(part.cost + STEP, part.size, part.scalar)
        return self._macro(part, name) if name in MACROS else self._call(part, name)

    def _call(self, target: _Part, name: str) -> _Part:
        """Read the arguments of a function; it reads all of them once."""
        self._take("(")
        parts = [target, *self._listed(")")]
        size = sum(part.size for part in parts)
        cost = sum(part.cost for part in parts) + CALL + COMPARED * size
        return _Part(cost, size if name == "dyn" else 2.0, name != "dyn")

    def _macro(self, around: _Part, name: str) -> _Part:
        """Read a macro over a list, whose elements have the size of the list together."""
        self._take("(")
        element = self._next().text
        self._at += 1
        self._take(",")
        rounds = min(float(LONGEST_LIST), around.size)
        self._elements[element] = _Part(STEP, max(1.0, around.size / rounds))
        parts = self._listed(")")
        self._elements.pop(element, None)
        cost = around.cost + rounds * (ROUND + sum(part.cost for part in parts))
        if name not in {"map", "filter"}:
            return _Part(cost, scalar=True)
        made = around.size if name == "filter" or not parts else rounds * (1 + parts[-1].size)
        return _Part(cost + COPIED * rounds * made, made)


def _copied(parts: Sequence[_Part]) -> _Part:
    """Return the cost of a list or object of some parts."""
    size = 1 + sum(part.size for part in parts)
    return _Part(sum(part.cost for part in parts) + STEP + 1.5 * COPIED * size, size)


def _sum(first: _Part, second: _Part) -> tuple[float, float]:
    """Return what a sum costs, and its size; a number or text is added to nothing but another one."""
    if first.scalar or second.scalar:
        size = sum(part.size if part.scalar else 1.0 for part in (first, second))
    else:
        size = first.size + second.size
    return COPIED * size, size


_COSTS: Mapping[str, Callable[[_Part, _Part], tuple[float, float]]] = {
    "+": _sum,
    "in": lambda first, second: (COMPARED * max(first.size, second.size), 1.0),
    "==": lambda first, second: (COMPARED * min(first.size, second.size), 1.0),
    "!=": lambda first, second: (COMPARED * min(first.size, second.size), 1.0),
}


def _joined(sign: str, first: _Part, second: _Part) -> _Part:
    """Return the cost of two operands and their operator."""
    cost, size = _COSTS[sign](first, second) if sign in _COSTS else (COMPARED, 1.0)
    scalar = sign != "+" or first.scalar or second.scalar
    return _Part(first.cost + second.cost + STEP + cost, size, scalar)
