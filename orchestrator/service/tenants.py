"""Tenants, and their tokens.

A token is 256 random bits; only its SHA-256 is stored. Unlike a password, it cannot be guessed, so no slower hash is
needed. Without any token in the database everything belongs to the tenant ``default``, and the service listens on
loopback only.
"""

import re
import secrets
from hashlib import sha256

from orchestrator.store.database import Database
from orchestrator.store.unit import Unit, table

__all__ = ["DEFAULT", "NOBODY", "Token", "add_token", "has_tokens", "remove_tokens", "tenants", "token_hash"]

NOBODY = ""
"""The tenant of the service's own rows."""

DEFAULT = "default"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@table("tokens", key=("tenant", "hash"), indexes={"of": ("tenant", "of")}, renamed={"owner": "of"})
class Token:
    """The hash of a token, and the tenant that it belongs to; rows of `NOBODY`."""

    tenant: str
    hash: str
    owner: str
    made: float


def add_token(database: Database, tenant: str, now: float) -> str:
    """Give a tenant, new or old, one more token.

    Parameters
    ----------
    database
        Of the tokens.
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
        When it is no name of a tenant.
    """
    if not _NAME.fullmatch(tenant):
        raise ValueError(f'"{tenant[:80]}" names no tenant; give 1 to 63 of a-z, 0-9, ".", "_" and "-", no sign first')
    token = secrets.token_urlsafe(32)
    _write(database, [Token(NOBODY, token_hash(token.encode()), tenant, now)], [])
    return token


def remove_tokens(database: Database, tenant: str) -> int:
    """Remove all tokens of a tenant, whose data stay; return their number."""
    tokens: list[Token] = database.look(lambda unit: unit.find(Token, "of", NOBODY, tenant))
    _write(database, [], tokens)
    return len(tokens)


def tenants(unit: Unit) -> dict[str, int]:
    """Return the tenants that have tokens, with the number of tokens of each."""
    counts: dict[str, int] = {}
    for token in unit.find(Token, "of", NOBODY):
        counts[token.owner] = counts.get(token.owner, 0) + 1
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


def token_hash(token: bytes) -> str:
    """Return the hash by which a token is stored."""
    return sha256(token).hexdigest()
