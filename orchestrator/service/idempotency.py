"""Idempotency: a request that is repeated with its Idempotency-Key gets the same answer."""

from orchestrator.core.answer import Answer, Key
from orchestrator.core.problems import Refused
from orchestrator.store.unit import Unit, table

__all__ = ["KEPT", "StoredAnswer", "store_answer", "stored_answer"]

KEPT = 86_400.0
"""Seconds for which an answer is kept at least; afterwards its key is as good as new."""


@table("answers", key=("tenant", "key"), indexes={"at": ("tenant", "at")})
class StoredAnswer:
    """The stored answer to a request."""

    tenant: str
    key: str
    fingerprint: bytes
    status: int
    media: bytes
    etag: bytes
    body: bytes
    at: float


def stored_answer(unit: Unit, tenant: str, key: Key) -> Answer | None:
    """Return the earlier answer, or ``None`` if the key is new.

    Raises
    ------
    Refused
        When the key belongs to another request.
    """
    row = unit.get(StoredAnswer, tenant, key.value)
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise Refused("key-reused", f"{key.value} came with another method, path or body before")
    return Answer(row.status, row.body, row.media, row.etag)


def store_answer(unit: Unit, tenant: str, key: Key, answer: Answer, now: float) -> None:
    """Store an answer; it becomes durable together with the change."""
    unit.put(
        StoredAnswer(tenant, key.value, key.fingerprint, answer.status, answer.media, answer.etag, answer.body, now)
    )
