"""What a condition may cost. An evaluation cannot be interrupted, so what could be dear is refused before.

CEL has no loops and no recursion: a condition ends in time and memory proportional to its size and to what it reads,
but that nested macros multiply (CEL, "Overview": guaranteed termination, linear but for nested comprehensions). So:
macros do not nest, and what they go over is short, because rules read no longer list than `LONGEST_LIST`.
"""

from collections.abc import Sequence
from typing import Any

from loadtests.orchestrator.rules.tokens import Token, Unreadable

__all__ = [
    "DEEPEST",
    "LARGEST_VALUE",
    "LONGEST",
    "LONGEST_LIST",
    "LONGEST_TEXT",
    "MACROS",
    "RULES",
    "bounded",
    "excess",
]

RULES = 64
"""Rules in a set."""

LONGEST = 500
"""Characters of a condition."""

DEEPEST = 8
"""Brackets within brackets."""

LONGEST_LIST = 32
"""Elements of a list, or members of an object: one written in a condition, or one that it reads."""

LARGEST_VALUE = 256
"""Values within one that a condition reads, however they nest."""

LONGEST_TEXT = 1000
"""Characters of a text that a condition reads."""

MOST_MACROS = 2
MOST_SUMS = 16  # each may double what a macro before it has made

MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
"""The macros that go over a list."""

_OPENING = {"(": ")", "[": "]", "{": "}"}


def bounded(words: Sequence[Token]) -> None:
    """Refuse an expression whose evaluation could be dear.

    Parameters
    ----------
    words
        Of the expression.

    Raises
    ------
    Unreadable
        With the first limit that it exceeds.
    """
    _few(words)
    open_: list[list[Any]] = []  # of each bracket that is open: whether a macro's, and its commas
    for i, word in enumerate(words):
        if word.text in _OPENING and word.kind == "sign":
            macro = _is_macro(words, i)
            if macro and any(inside for inside, _ in open_):
                raise Unreadable(
                    words[i - 1].start, f"{words[i - 1].text} stands within another macro; they do not nest"
                )
            open_.append([macro, 0])
            if len(open_) > DEEPEST:
                raise Unreadable(word.start, f"is nested deeper than {DEEPEST} brackets")
        elif word.kind == "sign" and word.text in _OPENING.values() and open_:
            open_.pop()
        elif word.text == "," and word.kind == "sign" and open_:
            open_[-1][1] += 1
            if open_[-1][1] >= LONGEST_LIST:
                raise Unreadable(word.start, f"a list has more than {LONGEST_LIST} elements")


def _is_macro(words: Sequence[Token], bracket: int) -> bool:
    """Tell whether a bracket is that of a macro."""
    return words[bracket].text == "(" and bracket > 0 and words[bracket - 1].text in MACROS


def _few(words: Sequence[Token]) -> None:
    """Refuse what multiplies if there is much of it."""
    macros = [word for i, word in enumerate(words) if i and _is_macro(words, i)]
    sums = [word for word in words if word.text == "+"]
    for found, most, what in ((macros, MOST_MACROS, "macros over lists"), (sums, MOST_SUMS, "sums")):
        if len(found) > most:
            raise Unreadable(found[most].start, f"is one of {len(found)} {what}; {most} are taken")


def excess(value: Any) -> str:
    """Return in what a value is too large for rules to read, or nothing.

    Parameters
    ----------
    value
        A JSON value.

    Returns
    -------
    str
        Such as ``"is a list of 5000; rules read at most 32"``; empty where it is not too large.
    """
    found, budget = _excess(value, LARGEST_VALUE)
    return found or (f"holds more than {LARGEST_VALUE} values; rules read no more" if budget < 0 else "")


def _excess(value: Any, budget: int) -> tuple[str, int]:
    """Return in what a value is too large, and how many values it may still hold."""
    if isinstance(value, str):
        long = len(value) > LONGEST_TEXT
        return (f"has {len(value)} characters; rules read at most {LONGEST_TEXT}" if long else ""), budget - 1
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return "is a number beyond 64 bits", budget
    if not isinstance(value, dict | list):
        return "", budget - 1
    if len(value) > LONGEST_LIST:
        kind = "a list" if isinstance(value, list) else "an object"
        return f"is {kind} of {len(value)}; rules read at most {LONGEST_LIST}", budget
    return _all(value, budget - 1)


def _all(value: dict[str, Any] | list[Any], budget: int) -> tuple[str, int]:
    """Look at everything within a value, until it is too much."""
    for inner in [*value, *value.values()] if isinstance(value, dict) else value:
        found, budget = _excess(inner, budget)
        if found or budget < 0:
            return (found and f"holds something that {found}"), budget
    return "", budget
