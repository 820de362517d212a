"""Condition: a CEL expression, checked and compiled with a variable for each path that it reads.

The paths are known from its text: ``journey.context.amount``, ``event.type``. Each path becomes a variable, and the
expression is compiled with the variable in the path's place. So the context of an event for CEL holds only values that
some rule reads, and no objects, whose conversion costs ten times as much as that of a value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cel

from orchestrator.rules.cost import cost_of
from orchestrator.rules.limits import LONGEST, MACROS, bounded
from orchestrator.rules.tokens import Token, Unreadable, tokens

__all__ = ["FUNCTIONS", "ROOTS", "Condition", "Path", "Variables", "compiled"]

ROOTS: Mapping[str, tuple[str, ...]] = {
    "event": ("type", "source", "id", "time", "data"),
    "journey": ("state", "intent", "customer", "channel", "version", "id", "started", "updated", "context"),
    "now": (),
}
"""Roots of paths, with their members: the event, the journey after it, and the instant."""

FUNCTIONS = frozenset({
    "size", "contains", "startsWith", "endsWith", "int", "uint", "double", "string", "timestamp", "duration", "type",
    "dyn",
    "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes",
    "getSeconds", "getMilliseconds",
})  # fmt: skip
"""Functions that conditions may call, beside the macros and ``has``; ``matches`` compiles its pattern at each call."""

_CONSTANTS = frozenset({
    "true", "false", "null", "in", "bool", "int", "uint", "double", "string", "list", "map", "null_type",
})  # fmt: skip
_PLAIN = re.compile(r"""(["'])([^"'\\]{1,100})\1""")
_SYNTAX = re.compile(r"<input>:1:(\d+): (?:Syntax error: )?(.*)")


@dataclass(frozen=True, slots=True)
class Path:
    """A path that a condition reads: the way to an object, and a member; or whether the member exists (``has``)."""

    way: tuple[str, ...]
    last: str
    presence: bool = False

    def __str__(self) -> str:
        """Return the path as the author of a condition writes it."""
        first, *others = (*self.way, self.last)
        path = first + "".join(f".{name}" if name.isidentifier() else f'["{name}"]' for name in others)
        return f"has({path})" if self.presence else path


Variables = dict[Path, str]
"""The variable of each path, shared by all rules of a set."""


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression that can be evaluated.

    Attributes
    ----------
    source
        As written.
    program
        As compiled.
    reads
        Its paths, in the order of their first mention.
    cost
        Of an evaluation at most, see `cost_of`.
    """

    source: str
    program: cel.Program
    reads: tuple[Path, ...]
    cost: int


def compiled(source: str, variables: Variables) -> Condition:
    """Check and compile an expression.

    Parameters
    ----------
    source
        The expression.
    slots
        The variables so far; those of new paths are added.

    Raises
    ------
    Unreadable
        When it is not CEL, has an unknown name, or could be expensive.
    """
    if len(source) > LONGEST:
        raise Unreadable(LONGEST, f"the condition has {len(source)} characters; {LONGEST} are taken")
    words = tokens(source)
    bounded(words)
    _parse(source)
    _callable(words)
    mentions = list(_mentions(words, _bound(words)))
    for mention in mentions:
        variables.setdefault(mention.read, f"_{len(variables)}")
    program = _parse(_rewritten(source, mentions, variables))
    return Condition(source, program, tuple(dict.fromkeys(mention.read for mention in mentions)), cost_of(words))


@dataclass(frozen=True, slots=True)
class _Mention:
    """A path, with its start and end in an expression."""

    read: Path
    start: int
    end: int


def _parse(source: str) -> cel.Program:
    """Compile an expression unchanged."""
    try:
        return cel.compile(source)
    except ValueError as error:
        syntax = _SYNTAX.search(str(error))
        raise Unreadable(int(syntax[1]) - 1 if syntax else 0, syntax[2] if syntax else str(error)) from error


def _callable(words: Sequence[Token]) -> None:
    """Refuse calls of unknown functions."""
    for name, bracket in pairwise(words):
        if name.category == "name" and bracket.text == "(" and name.text not in FUNCTIONS | MACROS | {"has", "in"}:
            known = ", ".join(sorted(FUNCTIONS | MACROS | {"has"}))
            raise Unreadable(name.start, f"{name.text} is no function that conditions may call; those are {known}")


def _bound(words: Sequence[Token]) -> frozenset[str]:
    """Return the names of list elements in macros."""
    names = set()
    for macro, bracket, name in zip(words, words[1:], words[2:], strict=False):
        if macro.text in MACROS and bracket.text == "(" and name.category == "name":
            if name.text in ROOTS or name.text.startswith("_"):
                raise Unreadable(name.start, f"{name.text} cannot be an element's name; take another one, such as x")
            names.add(name.text)
    return frozenset(names)


def _mentions(words: Sequence[Token], bound: frozenset[str]) -> Iterator[_Mention]:
    """Yield the paths of an expression."""
    end = 0
    for i, word in enumerate(words):
        before = words[i - 1] if i else None
        if word.text == "." and not (
            before and (before.category in {"name", "text"} or before.text in {")", "]", "}"})
        ):
            raise Unreadable(word.start, "nothing begins with a dot")
        called = i + 1 < len(words) and words[i + 1].text == "("
        member = before is not None and before.text == "."
        if i < end or word.category != "name" or member or called or word.text in bound | _CONSTANTS:
            continue
        path, end = _path(words, i)
        _known(word, path)
        asked = i > 1 and words[i - 2].text == "has" and end < len(words) and words[end].text == ")"
        first, last = (words[i - 2], words[end]) if asked else (word, words[end - 1])
        yield _Mention(Path(path[:-1], path[-1], asked), first.start, last.end)


def _path(words: Sequence[Token], at: int) -> tuple[tuple[str, ...], int]:
    """Return the path that begins at a token, and the index of the token after it."""
    path, end = [words[at].text], at + 1
    while end + 1 < len(words):
        sign, name = words[end], words[end + 1]
        following = words[end + 2].text if end + 2 < len(words) else ""
        if sign.text == "." and name.category == "name" and following != "(":
            path.append(name.text)
            end += 2
        elif sign.text == "[" and following == "]" and (plain := _PLAIN.fullmatch(name.text)):
            path.append(plain[2])
            end += 3
        else:
            break
    return tuple(path), end


def _known(word: Token, path: tuple[str, ...]) -> None:
    """Refuse a path that can never exist."""
    root = path[0]
    if root not in ROOTS:
        raise Unreadable(word.start, f"{root} is not known; known are {', '.join(ROOTS)}")
    members = ROOTS[root]
    if members and len(path) == 1:
        raise Unreadable(
            word.start, f"{root} is too much to read as a whole; name a member, such as {root}.{members[0]}"
        )
    if len(path) > 1 and path[1] not in members:
        known = ", ".join(members) or "none"
        raise Unreadable(word.start, f"{root} has no member {path[1]}; its members are {known}")


def _rewritten(source: str, mentions: Sequence[_Mention], variables: Variables) -> str:
    """Return the expression with variables instead of paths."""
    parts, at = [], 0
    for mention in mentions:
        parts += [source[at : mention.start], variables[mention.read]]
        at = mention.end
    return "".join([*parts, source[at:]])
