"""A request whose body is complete, and what every part reads from one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs

from orchestrator.core.answer import Answer, Key
from orchestrator.core.json_codec import Malformed, read, write
from orchestrator.core.problems import Refused, invalid
from orchestrator.http.fields import LONGEST

__all__ = ["LARGEST_PAGE", "Request", "listed", "page"]

LARGEST_PAGE = 1000
"""Items that a page of a list may have."""

_TRACE = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request whose body is complete.

    Attributes
    ----------
    method, path, query, headers, body
        As they came; the names of headers are in lower case.
    tenant
        Whose token came with it.
    names
        What stands in its path for the names in braces of its route.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes = b""
    tenant: str = "default"
    names: Mapping[str, str] = field(default_factory=dict)

    def media(self) -> str:
        """Return the body's media type, without parameters; empty where none is given."""
        return _media(self.headers.get(b"content-type", b""))

    def json(self, *media: str) -> Any:
        """Return the body's value, which must be of one of the media types given."""
        given = self.media()
        if given not in media:
            accept = b"accept-patch" if self.method == "PATCH" else b"accept-post"
            detail = f"the body's media type is {given[:80] or 'missing'}; {' or '.join(media)} is needed"
            raise Refused("media-type", detail, ((accept, ", ".join(media).encode()),))
        try:
            return read(self.body)
        except Malformed as error:
            raise Refused("malformed", str(error)) from error

    def trace(self) -> str | None:
        """Return the W3C ``traceparent``; one that is not well formed is as none, as that standard says."""
        given = self.headers.get(b"traceparent")
        return given.decode() if given is not None and _TRACE.fullmatch(given) else None

    def key(self) -> Key:
        """Return the Idempotency-Key, which must be there."""
        value = self.headers.get(b"idempotency-key", b"").decode("latin-1").strip()
        if not (0 < len(value) <= LONGEST and value.isascii() and value.isprintable()):
            found = f'is "{value[:40]}"' if value else "is missing"
            raise invalid([("Idempotency-Key", f"{found}; 1 to {LONGEST} printable ASCII characters are needed")])
        request = b"%s %s\n%s" % (self.method.encode(), self.path.encode(), self.body)
        return Key(value, blake2b(request, digest_size=16).digest())


@lru_cache(maxsize=64)
def _media(header: bytes) -> str:
    """Return a media type without its parameters."""
    return header.partition(b";")[0].strip().decode("latin-1").lower()


def page(request: Request, largest: int, *, cursor: type[int] | type[str]) -> tuple[dict[str, str], Any, int]:
    """Read which page of a list is asked for.

    Parameters
    ----------
    request
        With ``after`` and ``limit`` in its query.
    largest
        The limit where none is given, and the greatest that may be.
    cursor
        What ``after`` is: ``int`` for versions, ``str`` for identifiers.

    Returns
    -------
    parameters : dict
        Every parameter of the query.
    after
        Where the page begins.
    limit : int
        How many items it may have.
    """
    parameters = {
        name: values[-1] for name, values in parse_qs(request.query.decode("latin-1"), keep_blank_values=True).items()
    }
    errors = []
    limit, after = parameters.get("limit", str(largest)), parameters.get("after", "0" if cursor is int else "")
    if not (_is_count(limit) and 1 <= int(limit) <= largest):
        errors.append(("limit", f'is "{limit[:40]}"; a whole number from 1 to {largest} is needed'))
    if cursor is int and not _is_count(after):
        errors.append(("after", f'is "{after[:40]}"; a version is needed'))
    errors += [(name[:40], "has a NUL, which no name has") for name, value in parameters.items() if "\0" in value]
    if errors:
        raise invalid(errors)
    return parameters, cursor(after), int(limit)


def _is_count(text: str) -> bool:
    """Tell whether a text is a whole number that a database can hold."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def listed(items: Iterable[str], following: str | int | None) -> Answer:
    """Return one page of a list.

    Parameters
    ----------
    items
        Each as JSON text.
    following
        What ``after`` must be for the next page; ``None`` where there is none.

    Returns
    -------
    Answer
        With ``items`` and ``next``.
    """
    return Answer(200, f'{{"items":[{",".join(items)}],"next":{write(following)}}}'.encode())
