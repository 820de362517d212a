"""An HTTP request whose body is complete."""

import re
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs

from orchestrator.core.answer import Key
from orchestrator.core.json_codec import Malformed, read
from orchestrator.core.problems import Refused, invalid
from orchestrator.core.value_class import value_class

__all__ = ["LONGEST", "Request"]

LONGEST = 200
"""Characters that a name, a channel or an identifier may have."""

_TRACE = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@value_class
class Request:
    """An HTTP request whose body is complete.

    Attributes
    ----------
    method, path, query, headers, body
        As received; the names of headers are in lower case.
    tenant
        The tenant of its token.
    names
        Values in its path, by the names in braces of its route.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes = b""
    tenant: str = "default"
    names: Mapping[str, str] = field(default_factory=dict)

    def media(self) -> str:
        """Return the body's media type, without parameters; empty if there is none."""
        return _media(self.headers.get(b"content-type", b""))

    def parameters(self) -> dict[str, str]:
        """Return the parameters of the query; of several values the last one."""
        values = parse_qs(self.query.decode("latin-1"), keep_blank_values=True)
        return {name: several[-1] for name, several in values.items()}

    def json(self, *media: str) -> Any:
        """Return the body's value; its media type must be one of those given, and it must not be compressed."""
        actual = self.media()
        if actual not in media:
            accept = b"accept-patch" if self.method == "PATCH" else b"accept-post"
            detail = f"the body's media type is {actual[:80] or 'missing'}; {' or '.join(media)} is needed"
            raise Refused("media-type", detail, ((accept, ", ".join(media).encode()),))
        coding = self.headers.get(b"content-encoding", b"identity").strip().lower()
        if coding not in (b"", b"identity"):  # it is not decompressed: a few bytes could be made gigabytes
            detail = f"the body's coding is {coding[:80].decode('latin-1')}; send it as it is, without Content-Encoding"
            raise Refused("media-type", detail, ((b"accept-encoding", b"identity"),))
        try:
            return read(self.body)
        except Malformed as error:
            raise Refused("malformed", str(error)) from error

    def trace(self) -> str | None:
        """Return the W3C ``traceparent``; as that standard says, a malformed one counts as none."""
        parent = self.headers.get(b"traceparent")
        return parent.decode() if parent is not None and _TRACE.fullmatch(parent) else None

    def key(self) -> Key:
        """Return the Idempotency-Key, which is required."""
        value = self.headers.get(b"idempotency-key", b"").decode("latin-1").strip()
        if not (0 < len(value) <= LONGEST and value.isascii() and value.isprintable()):
            actual = f'is "{value[:40]}"' if value else "is missing"
            raise invalid([("Idempotency-Key", f"{actual}; 1 to {LONGEST} printable ASCII characters are needed")])
        request = b"%s %s\n%s" % (self.method.encode(), self.path.encode(), self.body)
        return Key(value, blake2b(request, digest_size=16).digest())


@lru_cache(maxsize=64)
def _media(header: bytes) -> str:
    """Return a media type without its parameters."""
    return header.partition(b";")[0].strip().decode("latin-1").lower()
