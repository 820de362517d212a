"""Whose a request is: tenants, and the tokens that speak for them.

A token is 256 random bits; only its SHA-256 is kept. Nothing slower is needed: what cannot be guessed needs no
stretching as a password does. Without any token in the database everything belongs to the tenant ``default``, and the
service listens on loopback only.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from orchestrator.core.problems import Refused
from orchestrator.store.database import Database
from orchestrator.store.unit import Unit, table

__all__ = ["DEFAULT", "NOBODY", "Guard", "Token", "add_token", "has_tokens", "remove_tokens", "tenants"]

NOBODY = ""
"""The tenant under whose name the service keeps what is its own."""

DEFAULT = "default"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_REMEMBERED = 10_000


@table("tokens", key=("tenant", "hash"), indexes={"of": ("tenant", "of")})
class Token:
    """A token's hash, and the tenant that it speaks for; rows of `NOBODY`."""

    tenant: str
    hash: str
    of: str
    made: float


def add_token(database: Database, tenant: str, now: float) -> str:
    """Give a tenant, new or old, one more token.

    Parameters
    ----------
    database
        Where it is kept.
    tenant
        Lower-case letters, digits and ``._-``.
    now
        Seconds since the epoch.

    Returns
    -------
    str
        The token, which cannot be shown again.

    Raises
    ------
    ValueError
        When the name is none.
    """
    if not _NAME.fullmatch(tenant):
        raise ValueError(f'"{tenant[:80]}" names no tenant; give 1 to 63 of a-z, 0-9, ".", "_" and "-", no sign first')
    token = secrets.token_urlsafe(32)
    _write(database, [Token(NOBODY, _hash(token.encode()), tenant, now)], [])
    return token


def remove_tokens(database: Database, tenant: str) -> int:
    """Take all tokens from a tenant, whose data stay; return how many there were."""
    found: list[Token] = database.look(lambda unit: unit.find(Token, "of", NOBODY, tenant))
    _write(database, [], found)
    return len(found)


def tenants(unit: Unit) -> dict[str, int]:
    """Return the tenants that have tokens, and how many each has."""
    counts: dict[str, int] = {}
    for token in unit.find(Token, "of", NOBODY):
        counts[token.of] = counts.get(token.of, 0) + 1
    return counts


def has_tokens(unit: Unit) -> bool:
    """Tell whether requests need a token."""
    return bool(unit.find(Token, "key", NOBODY, limit=1))


def _write(database: Database, put: list[Token], gone: list[Token]) -> None:
    """Change tokens in a transaction of their own."""
    unit = database.begin(())
    try:
        for token in put:
            unit.put(token)
        for token in gone:
            unit.delete(token)
        database.flush()
        database.commit()
    finally:
        database.rollback()


def _hash(token: bytes) -> str:
    return sha256(token).hexdigest()


@dataclass
class Guard:
    """Says whose a request is, and remembers for a while what the database said.

    A token that is taken away is therefore good for another ``memory`` seconds.
    """

    memory: float = 2.0
    _known: dict[bytes, str | None] = field(default_factory=dict)
    _until: float = 0.0
    _open: bool = False

    def remembered(self, headers: Mapping[bytes, bytes], now: float) -> str | None:
        """Return the tenant of a request, if that is known without a look into the database."""
        if now >= self._until:
            return None
        return DEFAULT if self._open else self._known.get(headers.get(b"authorization", b""))

    def ask(self, unit: Unit, headers: Mapping[bytes, bytes], now: float) -> str:
        """Look up the tenant of a request.

        Raises
        ------
        Refused
            ``unauthorized`` when it has no token of ours.
        """
        if now >= self._until or len(self._known) > _REMEMBERED:
            self._known.clear()
            self._open = not has_tokens(unit)
            self._until = now + self.memory
        if self._open:
            return DEFAULT
        given = headers.get(b"authorization", b"")
        scheme, _, token = given.partition(b" ")
        if scheme.lower() != b"bearer" or not token:
            detail = "a token is needed; send it as Authorization: Bearer TOKEN"
            raise Refused("unauthorized", detail, ((b"www-authenticate", b'Bearer realm="sojourn"'),))
        row = unit.get(Token, NOBODY, _hash(token.strip()))
        if row is None:
            challenge = b'Bearer realm="sojourn", error="invalid_token"'
            raise Refused("unauthorized", "the token is none of this service", ((b"www-authenticate", challenge),))
        self._known[given] = row.of
        return row.of
