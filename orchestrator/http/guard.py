"""Guard: the tenant of a request, by its token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from orchestrator.core.problems import Refused
from orchestrator.service.tenants import DEFAULT, NOBODY, Token, needs_tokens, token_hash
from orchestrator.store.unit import Unit

__all__ = ["Guard", "names_loopback"]

_REMEMBERED = 10_000


@dataclass
class Guard:
    """Finds the tenant of a request, and remembers for a while what it has looked up.

    A removed token is therefore valid for another ``memory`` seconds. Without a token everything is the default
    tenant's, unless the database has ever had one, or the service is ``public``: reachable from other machines.
    """

    public: bool = False
    memory: float = 2.0
    _known: dict[bytes, str | None] = field(default_factory=dict)
    _until: float = 0.0
    _open: bool = False

    def remembered(self, headers: Mapping[bytes, bytes], now: float) -> str | None:
        """Return the tenant of a request, if it is remembered."""
        if now >= self._until:
            return None
        return self._default(headers) if self._open else self._known.get(headers.get(b"authorization", b""))

    def _default(self, headers: Mapping[bytes, bytes]) -> str:
        """Return the default tenant, unless a page of another host asks, by its Origin or by DNS rebinding."""
        host = headers.get(b"host", b"localhost")
        if not names_loopback(host):
            detail = f'"{host[:80].decode("latin-1")}" is not this machine; without tokens only localhost is answered'
            raise Refused("misdirected", detail)
        origin = headers.get(b"origin")
        if origin is not None and not names_loopback(origin.partition(b"://")[2]):
            detail = f'a page of "{origin[:80].decode("latin-1")}" asks; without tokens only those of localhost may'
            raise Refused("misdirected", detail)
        return DEFAULT

    def ask(self, unit: Unit, headers: Mapping[bytes, bytes], now: float) -> str:
        """Look up the tenant of a request.

        Raises
        ------
        Refused
            ``unauthorized`` when it has no valid token.
        """
        if now >= self._until or len(self._known) > _REMEMBERED:
            self._known.clear()
            self._open = not (self.public or needs_tokens(unit))
            self._until = now + self.memory
        if self._open:
            return self._default(headers)
        authorization = headers.get(b"authorization", b"")
        scheme, _, token = authorization.partition(b" ")
        if scheme.lower() != b"bearer" or not token:
            detail = "a token is needed; send it as Authorization: Bearer TOKEN"
            raise Refused("unauthorized", detail, ((b"www-authenticate", b'Bearer realm="sojourn"'),))
        row = unit.get(Token, NOBODY, token_hash(token.strip()))
        if row is None:
            challenge = b'Bearer realm="sojourn", error="invalid_token"'
            raise Refused("unauthorized", "the token is none of this service", ((b"www-authenticate", challenge),))
        self._known[authorization] = row.owner
        return row.owner


@lru_cache(maxsize=256)
def names_loopback(host: bytes) -> bool:
    """Tell whether a Host header names this machine's loopback interface."""
    if b"@" in host:  # no Host has one (RFC 9110, 7.2), and what stands before it is no host
        return False
    try:
        name = urlsplit(f"//{host.decode('ascii')}").hostname or ""
        return name == "localhost" or name.endswith(".localhost") or ip_address(name).is_loopback
    except ValueError:
        return False
