"""JSON: read strictly, written compactly, merged by RFC 7396."""

import math
from typing import Any

import jiter
from pydantic_core import from_json, to_json

__all__ = ["DEEPEST", "Document", "Malformed", "merge", "read", "stored", "write"]

Document = dict[str, Any]

DEEPEST = 64
"""Levels of nesting that a body may have, so that nothing that walks a document can run out of stack."""


class Malformed(ValueError):  # noqa: N818 - reads as what it is where it is raised
    """The text is not JSON that can be kept and given back."""


def write(value: Any) -> str:
    """Return a value as JSON text, without spaces."""
    return to_json(value).decode()


def stored(text: str) -> Any:
    """Return the value of a text that `write` made; there is nothing to be checked."""
    return from_json(text)


def read(body: bytes) -> Any:
    """Read a JSON text.

    Parameters
    ----------
    body
        The bytes of a request's body.

    Returns
    -------
    Any
        The value, which `write` can write.

    Raises
    ------
    Malformed
        With a sentence about what is wrong, and where.
    """
    try:
        value = jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise Malformed(f"the body is not JSON: {error}") from error
    # Its brackets bound the depth of a body; a number that no double can hold was read, and is written, as Infinity.
    if body.count(b"{") + body.count(b"[") > DEEPEST or b"Infinity" in to_json(value):
        _check(value, DEEPEST)
    return value


def _check(value: Any, levels: int) -> None:
    """Refuse infinite numbers, and values that are nested deeper than some levels."""
    if isinstance(value, float) and math.isinf(value):
        raise Malformed("the body has a number that is too large")
    if isinstance(value, dict | list):
        if not levels:
            raise Malformed(f"the body is nested deeper than {DEEPEST} levels")
        for within in value.values() if isinstance(value, dict) else value:
            _check(within, levels - 1)


def merge(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7396).

    Parameters
    ----------
    target
        What is there; it is not changed.
    patch
        Members to set; a member that is null is removed, an object is merged in turn.

    Returns
    -------
    Any
        The merged value.
    """
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged
