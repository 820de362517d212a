"""The words of a CEL expression: enough of its grammar to see what it reads and how large it is, without running it.

The lexis is that of the language definition (CEL, "Syntax"), less what rules have no need of: comments, raw and bytes
literals, texts in triple quotes. What is not understood here is refused, so nothing can hide from the limits.
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
    """A word: its kind (text, number, name or sign), itself, and where it begins and ends in the expression."""

    kind: str
    text: str
    start: int
    end: int


class Unreadable(ValueError):  # noqa: N818 - reads as what it is where it is raised
    """An expression that rules do not take: where (a character, counted from 1), and why."""

    def __init__(self, position: int, sentence: str) -> None:
        super().__init__(f"character {position + 1}: {sentence}")


def tokens(source: str) -> list[Token]:
    """Return the words of an expression.

    Parameters
    ----------
    source
        The expression.

    Returns
    -------
    list of Token
        Without the spaces between.

    Raises
    ------
    Unreadable
        At the first character that begins no word that rules take.
    """
    found: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise Unreadable(at, f"{source[at]!r} begins nothing that is known here")
        kind, at = str(match.lastgroup), match.end()
        if kind == "comment":
            raise Unreadable(match.start(), "comments are not taken; say it in the rule's name")
        if kind == "text" and found and found[-1].end == match.start() and found[-1].kind in {"text", "name"}:
            raise Unreadable(match.start(), "only plain texts are taken, neither raw nor bytes nor triple quotes")
        if kind != "space":
            found.append(Token(kind, match[0], match.start(), at))
    return found
