"""Arazzo runtime expressions, templates and conditions, compiled to functions that look values up and run no code.

Expressions: ``$inputs.customer``, ``$steps.start.outputs.journey``, ``$statusCode``, ``$request.header.NAME``,
``$request.body#/pointer``, ``$response.header.NAME``, ``$response.body#/pointer``, ``$item#/pointer`` (one entry of a
page that is read back). A string that *is* an expression keeps the value's type; ``{$...}`` inside a longer string is
replaced by its text. Conditions: ``==  !=  <  <=  >  >=`` over expressions and literals, joined by ``&&`` and ``||``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from sim.core.units import parse_number

__all__ = [
    "MISSING",
    "Condition",
    "Getter",
    "Lookup",
    "Scope",
    "compile_condition",
    "compile_expression",
    "compile_template",
    "roots",
]

MISSING: Final = type("Missing", (), {"__repr__": lambda _: "missing", "__bool__": lambda _: False})()


class Lookup(Protocol):
    """Headers by their names in lower case."""

    def get(self, key: str, default: Any, /) -> Any:
        """Return a header, or the default."""


@dataclass(slots=True)
class Scope:
    """The values that an expression can look up."""

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]  # of earlier answers, as "start.journey"
    status: int = 0
    headers: Lookup = field(default_factory=dict[str, str])  # of the answer
    body: Any = MISSING
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: Any = MISSING
    item: Any = MISSING


Getter = Callable[[Scope], Any]
Condition = Callable[[Scope], bool]

_NAME = r"[A-Za-z_][\w-]*"
_HEADER = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_POINTER = r"(?:/[^\s{}]*)?"
_EXPRESSION = re.compile(
    rf"""\$(?:
      (?P<inputs>inputs)\.(?P<input>{_NAME})
    | (?P<steps>steps)\.(?P<step>{_NAME})\.outputs\.(?P<output>{_NAME})
    | (?P<statusCode>statusCode)
    | (?P<side>request|response)\.(?:header\.(?P<header>{_HEADER})|(?P<body>body)(?:\#(?P<pointer>{_POINTER}))?)
    | (?P<item>item)(?:\#(?P<item_pointer>{_POINTER}))?
    )""",
    re.VERBOSE,
)
_EMBEDDED = re.compile(r"\{(\$[^{}]+)\}")


def roots(expression: str) -> tuple[str, str]:
    """Return the root of an expression and the name that it looks up there.

    Parameters
    ----------
    expression
        E.g. ``$inputs.customer`` or ``$response.body#/id``.

    Returns
    -------
    tuple[str, str]
        E.g. ``("inputs", "customer")``, ``("steps", "start.journey")``, ``("response", "")``.

    Raises
    ------
    ValueError
        The text is not an expression of this language.
    """
    match = _EXPRESSION.fullmatch(expression)
    if match is None:
        raise ValueError(
            f'"{expression}" is not a runtime expression; expressions are $inputs.NAME, $steps.VERB.outputs.NAME, '
            "$statusCode, $request.header.NAME, $request.body#/POINTER, $response.header.NAME, "
            "$response.body#/POINTER, $item#/POINTER"
        )
    if match["inputs"]:
        return "inputs", match["input"]
    if match["steps"]:
        return "steps", f"{match['step']}.{match['output']}"
    return match["statusCode"] or match["side"] or match["item"], ""


def compile_expression(expression: str) -> Getter:
    """Compile one runtime expression to a getter, which returns ``MISSING`` for a missing value."""
    root, name = roots(expression)
    match = _EXPRESSION.fullmatch(expression)
    assert match is not None
    if root == "inputs":
        return lambda scope: scope.inputs.get(name, MISSING)
    if root == "steps":
        return lambda scope: scope.outputs.get(name, MISSING)
    if root == "statusCode":
        return operator.attrgetter("status")
    if root == "item":
        return _pointed(operator.attrgetter("item"), match["item_pointer"])
    answer = root == "response"
    if match["body"]:
        return _pointed(operator.attrgetter("body" if answer else "request_body"), match["pointer"])
    headers = operator.attrgetter("headers" if answer else "request_headers")
    header = match["header"].lower()
    return lambda scope: headers(scope).get(header, MISSING)


def _pointed(base: Getter, pointer: str | None) -> Getter:
    """Follow an RFC 6901 JSON pointer from the value of ``base``."""
    steps = [part.replace("~1", "/").replace("~0", "~") for part in (pointer or "").split("/")[1:]]
    if len(steps) == 1:
        only = steps[0]
        return lambda scope: _child(base(scope), only)

    def follow(scope: Scope) -> Any:
        value = base(scope)
        for step in steps:
            value = _child(value, step)
        return value

    return follow


_LONGEST_INDEX: Final = 9
"""Digits of an entry's number: an answer has fewer entries, and Python refuses to read thousands of digits."""


def _child(value: Any, step: str) -> Any:
    """Return a member of an object or array, or ``MISSING``."""
    if isinstance(value, dict):
        return value.get(step, MISSING)
    if isinstance(value, list) and step.isdecimal() and len(step) <= _LONGEST_INDEX and int(step) < len(value):
        return value[int(step)]
    return MISSING


def compile_template(node: Any, quote: Callable[[str], str] = str) -> Getter:
    """Compile a template: JSON of any shape, whose strings may be expressions or hold some.

    Parameters
    ----------
    node
        A value, as parsed from YAML.
    quote
        Encodes the value of an expression inside a longer string, e.g. percent-encodes it for a path.

    Returns
    -------
    Getter
        Returns the value with its expressions filled in. A key whose value is missing or null is left out.
    """
    if isinstance(node, Mapping):
        parts = [(str(key), compile_template(value, quote)) for key, value in node.items()]
        return partial(_fill_object, parts)
    if isinstance(node, list):
        items = [compile_template(value, quote) for value in node]
        return lambda scope: [item(scope) for item in items]
    if isinstance(node, str):
        return _compile_text(node, quote)
    return lambda _: node


def _fill_object(parts: list[tuple[str, Getter]], scope: Scope) -> dict[str, Any]:
    """Fill in the expressions of an object."""
    filled = {}
    for key, getter in parts:
        value = getter(scope)
        if value is not MISSING and value is not None:
            filled[key] = value
    return filled


def _compile_text(text: str, quote: Callable[[str], str]) -> Getter:
    """Compile a string: an expression, a string with embedded ones, or plain text."""
    if _EXPRESSION.fullmatch(text):
        return compile_expression(text)
    pieces = _EMBEDDED.split(text)
    if len(pieces) == 1:
        if text.startswith("$"):
            roots(text)  # raises an error that lists the expressions
        return lambda _: text
    getters = [compile_expression(piece) for piece in pieces[1::2]]
    plain = pieces[::2]

    def fill(scope: Scope) -> Any:
        out = [plain[0]]
        for getter, after in zip(getters, plain[1:], strict=True):
            value = getter(scope)
            if value is MISSING:
                return MISSING
            out.append(quote("" if value is None else str(value)))
            out.append(after)
        return "".join(out)

    return fill


def expressions_in(node: Any) -> Collection[str]:
    """Return every expression in a template."""
    if isinstance(node, Mapping):
        return {expression for value in node.values() for expression in expressions_in(value)}
    if isinstance(node, list):
        return {expression for value in node for expression in expressions_in(value)}
    if not isinstance(node, str):
        return set()
    return {node} if node.startswith("$") and not node.startswith("${") else set(_EMBEDDED.findall(node))


_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_COMPARISON = re.compile(
    r"\s*(?P<left>'(?:[^']|'')*'|\S+?)\s*(?P<operator>==|!=|<=|>=|<|>)\s*(?P<right>'(?:[^']|'')*'|\S+)\s*"
)
_TOKENS = re.compile(r"'(?:[^']|'')*'|&&|\|\||[^'&|]+|.")
_LONGEST_COMPARISON: Final = 2_000
"""Characters: how long a longer one takes to be understood grows with their square."""
_LITERALS: Final = {"true": True, "false": False, "null": None}


def compile_condition(text: str) -> Condition:
    """Compile a condition.

    Parameters
    ----------
    text
        E.g. ``$statusCode == 200 && $response.body#/applied == false``; ``&&`` binds tighter than ``||``. Text is
        compared without regard to case, as Arazzo has it; a missing value equals only ``null``.

    Returns
    -------
    Condition
        Returns whether the condition holds.

    Raises
    ------
    ValueError
        The text is not a condition of this language.
    """
    alternatives = [[_compile_comparison(part) for part in _split(option, "&&")] for option in _split(text, "||")]
    if len(alternatives) == 1 and len(alternatives[0]) == 1:
        return alternatives[0][0]

    def holds(scope: Scope) -> bool:
        for option in alternatives:
            for part in option:
                if not part(scope):
                    break
            else:
                return True
        return False

    return holds


def _split(text: str, joint: str) -> list[str]:
    """Split at each joint outside quotes."""
    parts = [""]
    for token in _TOKENS.findall(text):
        if token == joint:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _compile_comparison(text: str) -> Condition:
    """Compile ``left operator right``."""
    if len(text) > _LONGEST_COMPARISON:
        raise ValueError(f"a comparison of {len(text):,} characters is too long; it may have {_LONGEST_COMPARISON:,}")
    match = _COMPARISON.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text.strip()}" is not a condition; write e.g. $statusCode == 201')
    left, right = _operand(match["left"]), _operand(match["right"])
    compare = _OPERATORS[match["operator"]]

    def holds(scope: Scope) -> bool:
        try:
            return bool(compare(left(scope), right(scope)))
        except TypeError:  # "a" < 3 and the like: not comparable, so the condition does not hold
            return False

    return holds


def _operand(text: str) -> Getter:
    """Compile one side of a comparison."""
    if text.startswith("$"):
        getter = compile_expression(text)
        return lambda scope: _comparable(getter(scope))
    if text.startswith("'"):
        literal: Any = text[1:-1].replace("''", "'").casefold()
    elif text in _LITERALS:
        literal = _LITERALS[text]
    else:
        try:
            literal = parse_number(text)
        except ValueError:
            raise ValueError(
                f"{text} is not a value; values are expressions, numbers, 'text', true, false, null"
            ) from None
    return lambda _: literal


def _comparable(value: Any) -> Any:
    """Return a value in the form in which it is compared."""
    if isinstance(value, str):
        return value.casefold()
    return None if value is MISSING else value
