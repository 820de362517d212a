"""Answers that are kept, so that a request that is sent again with its Idempotency-Key is told the same."""

from orchestrator.core.answer import Answer, Key
from orchestrator.core.problems import Refused
from orchestrator.store.unit import Unit, table

__all__ = ["Kept", "keep", "kept"]


@table("answers", key=("tenant", "key"))
class Kept:
    """The answer to a request."""

    tenant: str
    key: str
    fingerprint: bytes
    status: int
    media: bytes
    etag: bytes
    body: bytes
    at: float


def kept(unit: Unit, tenant: str, key: Key) -> Answer | None:
    """Return the answer given before, or ``None`` where the key is new.

    Raises
    ------
    Refused
        When the key came with another request.
    """
    row = unit.get(Kept, tenant, key.value)
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise Refused("key-reused", f"{key.value} came with another method, path or body before")
    return Answer(row.status, row.body, row.media, row.etag)


def keep(unit: Unit, tenant: str, key: Key, answer: Answer, now: float) -> None:
    """Keep an answer; it is durable with the change that it tells of."""
    unit.put(Kept(tenant, key.value, key.fingerprint, answer.status, answer.media, answer.etag, answer.body, now))
