"""Tokens of a CEL expression: enough of its grammar to find the paths that it reads, and its size, without running it.

The lexis is that of the language definition (CEL, "Syntax"), without comments, raw and bytes literals, and texts in
triple quotes, which rules do not need. Anything else is refused, so that nothing can evade the limits.
"""

import re
from dataclasses import dataclass

__all__ = ["Token", "Unreadable", "tokens"]

_TOKEN = re.compile(
    r"""(?P<space>[ \t\n\r\f]+)
      | (?P<comment>//)
      | (?P<text>"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
      | (?P<number>0x[0-9a-fA-F]+u?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>&&|\|\||[<>=!]=|[-+*/%<>!?:.,()\[\]{}])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its category (text, number, name or sign), its text, and its start and end in the expression."""

    category: str
    text: str
    start: int
    end: int


class Unreadable(ValueError):  # noqa: N818 - reads as what it is where it is raised
    """An expression that is not allowed in rules, with the position of the error (counted from 1) and the reason."""

    def __init__(self, position: int, sentence: str) -> None:
        super().__init__(f"character {position + 1}: {sentence}")


def tokens(source: str) -> list[Token]:
    """Return the tokens of an expression.

    Parameters
    ----------
    source
        The expression.

    Returns
    -------
    list of Token
        Without spaces.

    Raises
    ------
    Unreadable
        At the first character that begins no allowed token.
    """
    words: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise Unreadable(at, f"{source[at]!r} begins nothing that is known here")
        category, at = str(match.lastgroup), match.end()
        if category == "comment":
            raise Unreadable(match.start(), "comments are not taken; say it in the rule's name")
        if category == "text" and words and words[-1].end == match.start() and words[-1].category in {"text", "name"}:
            raise Unreadable(match.start(), "only plain texts are taken, neither raw nor bytes nor triple quotes")
        if category != "space":
            words.append(Token(category, match[0], match.start(), at))
    return words
