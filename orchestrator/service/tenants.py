"""Tenants, and their tokens.

A token is 256 random bits; only its SHA-256 is stored. Unlike a password, it cannot be guessed, so no slower hash is
needed. In a database that never had a token everything belongs to the tenant ``default``, and the service listens on
loopback only. A database that once had one needs one for ever: whoever removes the last one closes the service.
"""

import re
import secrets
from hashlib import sha256

from orchestrator.store.database import Database
from orchestrator.store.unit import Unit, table

__all__ = [
    "DEFAULT", "NOBODY", "Token", "add_token", "all_tenants", "has_tokens", "needs_tokens", "remove_tokens",
    "rotate_token", "tenants", "token_hash",
]  # fmt: skip

NOBODY = ""
"""The tenant of the service's own rows."""

DEFAULT = "default"

_GONE = "gone "
"""Beginning of the hash, which no token has, in a row that remembers a tenant whose tokens were removed."""

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
    return _exchange(database, tenant, [], now)


def rotate_token(database: Database, tenant: str, now: float) -> str:
    """Replace all tokens of a tenant by a new one, in one transaction.

    Parameters
    ----------
    database, tenant, now
        As for `add_token`.

    Returns
    -------
    str
        The new token, which cannot be shown again.

    Raises
    ------
    ValueError
        When the tenant has no token.
    """
    tokens = _tokens(database, tenant)
    if not tokens:
        raise ValueError(f'no tenant "{tenant[:80]}" has a token to replace; sojourn tenant list shows who has')
    return _exchange(database, tenant, tokens, now)


def remove_tokens(database: Database, tenant: str, now: float) -> int:
    """Remove all tokens of a tenant, whose data stay; return their number."""
    tokens = _tokens(database, tenant)
    if tokens:
        _write(database, [_closed(now), Token(NOBODY, _GONE + tenant, NOBODY, now)], tokens)
    return len(tokens)


def tenants(unit: Unit) -> dict[str, int]:
    """Return the tenants that have tokens, with the number of tokens of each."""
    counts: dict[str, int] = {}
    for token in unit.find(Token, "of", NOBODY):
        if token.owner != NOBODY:
            counts[token.owner] = counts.get(token.owner, 0) + 1
    return counts


def all_tenants(unit: Unit) -> list[str]:
    """Return the tenants that may have data: those that have or had tokens, and the default one."""
    gone = (token.hash.removeprefix(_GONE) for token in unit.find(Token, "of", NOBODY, NOBODY) if token.hash)
    return sorted({DEFAULT, *tenants(unit), *gone})


def has_tokens(unit: Unit) -> bool:
    """Tell whether any tenant has a token."""
    return bool(tenants(unit))


def needs_tokens(unit: Unit) -> bool:
    """Tell whether requests need a token: once there has been one, they do."""
    return bool(unit.find(Token, "key", NOBODY, limit=1))


def _closed(now: float) -> Token:
    """Return the row that stays when all tokens are removed, with a hash that no token has."""
    return Token(NOBODY, "", NOBODY, now)


def _tokens(database: Database, tenant: str) -> list[Token]:
    """Return the tokens of a tenant."""
    return database.look(lambda unit: unit.find(Token, "of", NOBODY, tenant)) if tenant else []


def _exchange(database: Database, tenant: str, gone: list[Token], now: float) -> str:
    """Give a tenant a new token instead of others; return it."""
    token = secrets.token_urlsafe(32)
    _write(database, [Token(NOBODY, token_hash(token.encode()), tenant, now), _closed(now)], gone)
    return token


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
