"""Limits on the cost of a condition. An evaluation cannot be interrupted, so an expensive condition is refused before.

CEL has no loops and no recursion: a condition takes time and memory in proportion to its size and its input, except
that nested macros multiply (CEL, "Overview": guaranteed termination, linear but for nested comprehensions). So macros
do not nest, and go over short lists only, because rules read no list longer than `LONGEST_LIST`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.rules.tokens import Token, Unreadable

__all__ = [
    "DEEPEST", "LARGEST_INPUT", "LARGEST_VALUE", "LONGEST", "LONGEST_LIST", "LONGEST_TEXT", "MACROS", "RULES",
    "bounded", "excess", "size_of",
]  # fmt: skip

RULES = 64
"""Rules in a set."""

LONGEST = 500
"""Characters of a condition."""

DEEPEST = 8
"""Brackets within brackets."""

LONGEST_LIST = 32
"""Elements of a list, or members of an object: one written in a condition, or one that it reads."""

LARGEST_VALUE = 256
"""Values within a value that a condition reads, at any depth."""

LARGEST_INPUT = 1024
"""Values within the lists, objects and texts that all rules of a set read."""

LONGEST_TEXT = 256
"""Characters of a text that a condition reads."""

MOST_MACROS = 2
MOST_SUMS = 8  # each may double the result of a macro before it

MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
"""The macros that go over a list."""

_OPENING = {"(": ")", "[": "]", "{": "}"}


def bounded(words: Sequence[Token]) -> None:
    """Refuse an expression whose evaluation could be expensive.

    Parameters
    ----------
    words
        The tokens of the expression.

    Raises
    ------
    Unreadable
        With the first limit that it exceeds.
    """
    _few(words)
    pairs: dict[int, int] = {}  # each closing bracket's opening one
    open_: list[int] = []
    commas: dict[int, int] = {}
    for i, word in enumerate(words):
        if word.text in _OPENING:
            _nested(words, i, open_)
            open_.append(i)
        elif word.text in _OPENING.values() and open_:
            pairs[i] = open_.pop()
        elif word.text == "," and open_:
            commas[open_[-1]] = commas.get(open_[-1], 0) + 1
            if commas[open_[-1]] >= LONGEST_LIST:
                raise Unreadable(word.start, f"a list has more than {LONGEST_LIST} elements")
    for i in range(2, len(words)):
        if _is_macro(words, i) and not _short(words, i - 3, pairs):
            raise Unreadable(
                words[i - 1].start,
                f"{words[i - 1].text} goes over what is neither read, nor written as a list, nor a macro's result",
            )


def _nested(words: Sequence[Token], bracket: int, around: Sequence[int]) -> None:
    """Refuse a bracket that is nested too deep, or a macro within a macro."""
    if _is_macro(words, bracket) and any(_is_macro(words, outer) for outer in around):
        name = words[bracket - 1]
        raise Unreadable(name.start, f"{name.text} stands within another macro; they do not nest")
    if len(around) == DEEPEST:
        raise Unreadable(words[bracket].start, f"is nested deeper than {DEEPEST} brackets")


def _short(words: Sequence[Token], end: int, pairs: Mapping[int, int]) -> bool:
    """Tell whether a list that is read, written, or made by a macro ends at a token: none of them can be long.

    A sum of lists, a member of a written value, or the result of a choice could be long.
    """
    direct = True
    while end >= 0:
        word, before = words[end], words[end - 1] if end else None
        if word.category == "name":
            if before is None or before.text != ".":
                return True
            end -= 2
        elif word.text in {"]", "}"} and end in pairs:
            end = pairs[end] - 1
            if end < 0 or not (words[end].category in {"name", "text"} or words[end].text in {")", "]", "}"}):
                return direct
        else:
            return direct and word.text == ")" and end in pairs and _is_macro(words, pairs[end])
        direct = False
    return False


def _is_macro(words: Sequence[Token], bracket: int) -> bool:
    """Tell whether a bracket belongs to a macro."""
    return words[bracket].text == "(" and bracket > 0 and words[bracket - 1].text in MACROS


def _few(words: Sequence[Token]) -> None:
    """Refuse many macros or sums, which multiply the cost."""
    macros = [word for i, word in enumerate(words) if i and _is_macro(words, i)]
    sums = [word for word in words if word.text == "+"]
    for repeated, most, noun in ((macros, MOST_MACROS, "macros over lists"), (sums, MOST_SUMS, "sums")):
        if len(repeated) > most:
            raise Unreadable(repeated[most].start, f"is one of {len(repeated)} {noun}; {most} are taken")


_CONTAINERS = (dict, list)


def excess(value: Any) -> str:
    """Return the reason why a value is too large for rules to read, or nothing.

    Parameters
    ----------
    value
        A JSON value.

    Returns
    -------
    str
        Such as ``"is a list of 5000; rules read at most 32"``; empty where it is not too large.
    """
    if (value.__class__ is str and len(value) <= LONGEST_TEXT) or (value.__class__ is int and abs(value) < 2**63):
        return ""
    reason, budget = _excess(value, LARGEST_VALUE)
    return reason or (f"holds more than {LARGEST_VALUE} values; rules read no more" if budget < 0 else "")


def _excess(value: Any, budget: int) -> tuple[str, int]:
    """Return the reason why a value is too large, and how many more values are allowed."""
    if isinstance(value, str):
        long = len(value) > LONGEST_TEXT
        return (f"has {len(value)} characters; rules read at most {LONGEST_TEXT}" if long else ""), budget - 1
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return "is a number beyond 64 bits", budget
    if not isinstance(value, dict | list):
        return "", budget - 1
    if len(value) > LONGEST_LIST:
        container = "a list" if isinstance(value, list) else "an object"
        return f"is {container} of {len(value)}; rules read at most {LONGEST_LIST}", budget
    return _all(value, budget - 1)


def _all(value: dict[str, Any] | list[Any], budget: int) -> tuple[str, int]:
    """Examine the values within a value, until they are too many."""
    for inner in [*value, *value.values()] if isinstance(value, dict) else value:
        reason, budget = _excess(inner, budget)
        if reason or budget < 0:
            return (reason and f"holds something that {reason}"), budget
    return "", budget


def size_of(value: Any) -> int:
    """Return how many values a value holds, itself included; it is one that `excess` lets pass."""
    if not isinstance(value, _CONTAINERS):
        return 1
    return 1 + sum(map(size_of, value.values() if isinstance(value, dict) else value))
