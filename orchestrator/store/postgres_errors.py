"""Errors of PostgreSQL as errors of a store, with sentences that hold no password."""

import logging
import re
from urllib.parse import unquote

import psycopg

from orchestrator.store.errors import (
    CannotServe,
    Damaged,
    Full,
    NotApplied,
    StoreUnreachable,
    Unavailable,
    refusal,
)

__all__ = ["failure_of", "one_line", "refusal_of"]

# What it logs of a batch that has failed, it also raises; the log would have it once for each request.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)

_FULL = "53100"
_DAMAGED = ("XX001", "XX002")
_UNUSABLE = ("08", "25006", "40", "53", "55P03", "57", "58", "XX")
"""Beginnings of SQLSTATE that do not come from what was asked: connections, a standby server, locks, memory, disk,
operators, the system, and damage."""

_LATER = re.compile(r"the database system is|too many|connection limit|connection slots")
"""Words with which a server that answers may take the same connection later."""


def failure_of(error: psycopg.Error | NotApplied) -> NotApplied:
    """Return the error to raise for one of PostgreSQL; nothing of the transaction is kept."""
    if isinstance(error, NotApplied):
        return error
    state = error.sqlstate or ("08" if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else "")
    if state == _FULL:
        return Full(one_line(error))
    if state in _DAMAGED:
        return Damaged(one_line(error))
    return (Unavailable if state.startswith(_UNUSABLE) else NotApplied)(one_line(error))


def refusal_of(address: str, error: psycopg.Error) -> CannotServe:
    """Return the sentence for a database that cannot be used; libpq repeats parts of an address that it cannot read."""
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return CannotServe(
            "the address of the PostgreSQL database cannot be read; give postgresql://USER:PASSWORD@HOST:PORT/DATABASE "
            "with special characters as %XX"
        )
    sentence = f"the PostgreSQL database cannot be used: {_without_password(address, one_line(error))}"
    if error.sqlstate is not None:
        return refusal(failure_of(error), sentence)
    final = "FATAL" in sentence and not _LATER.search(sentence)
    return (CannotServe if final else StoreUnreachable)(sentence)


def _without_password(address: str, sentence: str) -> str:
    """Return a sentence without the password of an address, or any part of it."""
    password = address.partition("://")[2].rpartition("@")[0].partition(":")[2]
    for part in sorted({password, unquote(password), *re.split("[@:/?#]", password)}, key=len, reverse=True):
        if len(part) > 3:
            sentence = sentence.replace(part, "***")
    return sentence


def one_line(error: BaseException) -> str:
    """Return the message of an error in one line; libpq names hosts and users there, but no password."""
    return " ".join(str(error).split())
