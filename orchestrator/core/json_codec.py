"""JSON in and out: read strictly, written compactly, merged as RFC 7396 says."""

import json
import math
from typing import Any

__all__ = ["DEEPEST", "Document", "Malformed", "merge", "read", "stored", "write"]

Document = dict[str, Any]

DEEPEST = 64
"""Levels of nesting that a body may have, so that nothing that walks a document can run out of stack."""

_SETTINGS = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_ENCODE: Any = getattr(json.encoder, "c_make_encoder", None)  # made once: JSONEncoder.encode makes one for every text
_TEXT: Any = json.encoder.encode_basestring
if _ENCODE is not None:
    _ENCODE = _ENCODE(None, _SETTINGS.default, _TEXT, None, ":", ",", False, False, False)  # noqa: FBT003


def write(value: Any) -> str:
    """Return a value as JSON text, without spaces."""
    if isinstance(value, str):
        return _TEXT(value)  # type: ignore[no-any-return]
    if _ENCODE is None:  # another Python than CPython
        return _SETTINGS.encode(value)
    return "".join(_ENCODE(value, 0))


class Malformed(ValueError):  # noqa: N818 - reads as what it is where it is raised
    """The text is not JSON that can be kept and given back."""


def _finite(literal: str) -> float:
    """Return a number's value, unless only infinity could hold it."""
    if math.isinf(value := float(literal)):
        raise Malformed(f"the number {literal[:40]} is too large")
    return value


def _refuse(literal: str) -> float:
    """Refuse NaN and Infinity, which Python's reader would let through."""
    raise Malformed(f"{literal} is not JSON")


_STRICT: Any = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)
_STORED: Any = json.JSONDecoder()


def stored(text: str) -> Any:
    """Return the value of a text that `write` made; it has no blanks around it, nor anything to be checked."""
    return _STORED.scan_once(text, 0)[0]


def _value(text: str) -> Any:
    """Return the value of a text, in half of the time of ``decode`` where there are no blanks around it."""
    try:
        value, end = _STRICT.scan_once(text, 0)
    except StopIteration:  # there is no value where one should begin; `decode` says so, or skips the blanks
        end = -1
    return value if end == len(text) else _STRICT.decode(text)


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
    # The number of opening brackets bounds the depth; only a body with many of them is looked at closely.
    if body.count(b"{") + body.count(b"[") > DEEPEST and _nesting(body) > DEEPEST:
        raise Malformed(f"the body is nested deeper than {DEEPEST} levels")
    try:
        value = _value(body.decode())
        if b"\\u" in body:
            write(value).encode()  # an escape may be half of a surrogate pair, which no UTF-8 text can hold
    except json.JSONDecodeError as error:
        raise Malformed(f"the body is not JSON: {error}") from error
    except UnicodeError as error:
        raise Malformed(f"the body is not UTF-8: {error}") from error
    except ValueError as error:  # an integer with more digits than Python converts; ours pass through as they are
        raise error if isinstance(error, Malformed) else Malformed(f"the body is not usable: {error}") from error
    return value


def _nesting(body: bytes) -> int:
    """Return how deep the brackets nest outside of strings; unbalanced ones are the reader's to find."""
    depth = deepest = 0
    quoted = escaped = False
    for byte in body:
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = byte == 0x5C, byte != 0x22  # a backslash; not yet the closing quote
        elif byte == 0x22:
            quoted = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


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
