"""Idempotency: a request that is repeated with its Idempotency-Key gets the same answer."""

from dataclasses import replace
from math import ceil

from orchestrator.core.answer import Answer, Key
from orchestrator.core.problems import Refused
from orchestrator.service.limits import Limits
from orchestrator.store.unit import Unit, table

__all__ = ["KEPT", "AnswerCount", "StoredAnswer", "check_answers", "forget_answer", "store_answer", "stored_answer"]

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


@table("kept_answers", key=("tenant",))
class AnswerCount:
    """Number of a tenant's stored answers, kept while there is a limit for it."""

    tenant: str
    answers: int


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


def check_answers(unit: Unit, tenant: str, limits: Limits, now: float) -> None:
    """Make sure that one more answer may be stored, by forgetting the oldest if it has been kept long enough.

    Raises
    ------
    Refused
        ``limit`` when there are as many as allowed, and all are kept still.
    """
    if not limits.answers or _count(unit, tenant) < limits.answers:
        return
    oldest = unit.find(StoredAnswer, "at", tenant, limit=1)[0]
    if oldest.at < now - KEPT:
        forget_answer(unit, oldest)
    elif limits.enforced:
        wait = ceil(oldest.at + KEPT - now)
        detail = (
            f"the tenant has {limits.answers} answers for Idempotency-Keys, as many as it may; repeat it in {wait} s"
        )
        headers = ((b"retry-after", b"%d" % wait),)
        raise Refused("limit", detail, headers, of="answers for Idempotency-Keys", limit=limits.answers, left=0)


def store_answer(unit: Unit, tenant: str, key: Key, answer: Answer, now: float, limits: Limits) -> None:
    """Store an answer; it becomes durable together with the change."""
    if limits.answers:
        unit.put(AnswerCount(tenant, _count(unit, tenant) + 1))
    unit.put(
        StoredAnswer(tenant, key.value, key.fingerprint, answer.status, answer.media, answer.etag, answer.body, now)
    )


def forget_answer(unit: Unit, answer: StoredAnswer) -> None:
    """Delete a stored answer."""
    unit.delete(answer)
    if (count := unit.get(AnswerCount, answer.tenant)) is not None:
        unit.put(replace(count, answers=max(0, count.answers - 1)))


def _count(unit: Unit, tenant: str) -> int:
    """Return the number of a tenant's answers, from its row if there is one."""
    count = unit.get(AnswerCount, tenant)
    return unit.count(StoredAnswer, "key", tenant) if count is None else count.answers
