"""Ways to damage a text file: bytes, lines and words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st

__all__ = ["EDITS", "NASTY", "Edit"]

Edit = Callable[[st.DrawFn, str], bytes]

NASTY = [
    ":", "{", "}", "[", "]", ",", "#", "*a", "*it", "!", "|", ">", "'", '"', "%", "...", "<<", "~", "null", "true",
    ".nan", ".inf", "-.inf", "0", "-1", "1e999", "1e-320", "0x_", "0o9", "0b", "10:00", "2001-99-99", "-", "=",
    "resolved", "rest", "call", "voice", "pause", "", " ", "\t", "\n", ": ", "- ", "? ", "&a ", "!!int ", "!!set ",
    "!!binary ", "!!timestamp ", "%YAML 1.1\n", "---\n", "<<: ", "\x00", "\x85", "\ufeff", "\ud7ff", "\xe9",
    "\U0001f600", "\u2028", "100 %", "-3 s", "9" * 400,
]  # fmt: skip


def _bytes(draw: st.DrawFn, text: str) -> bytes:
    """Change, insert or drop bytes."""
    content = bytearray(text.encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(content)


def _lines(draw: st.DrawFn, text: str) -> bytes:
    """Drop, double, swap and indent lines."""
    rows = text.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        a, b = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows) - 1))
        rows[a] = draw(st.sampled_from(["", rows[a] * 2, rows[b], "  " + rows[a], rows[a].lstrip(), rows[a][: b + 1]]))
    return "".join(rows).encode()


def _tokens(draw: st.DrawFn, text: str) -> bytes:
    """Put other words, nasty ones among them, in the place of words."""
    whole = re.findall(r"\w+|\s+|[^\w\s]", text)
    pieces = list(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(pieces) - 1))
        pieces[at] = draw(st.sampled_from([*NASTY, *whole]))
    return "".join(pieces).encode()


EDITS: Final[dict[str, Edit]] = {"bytes": _bytes, "lines": _lines, "tokens": _tokens}
