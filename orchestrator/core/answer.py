"""Answer to a request, and the key of a request that may be sent again."""

from collections.abc import AsyncIterator
from typing import Any

from orchestrator.core.json_codec import write
from orchestrator.core.value_class import value_class

__all__ = ["Answer", "Key", "json_answer"]

JSON = b"application/json"


@value_class
class Answer:
    """The answer to a request; ``stream`` follows the body until it ends."""

    status: int
    body: bytes
    media: bytes = JSON
    etag: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    stream: AsyncIterator[bytes] | None = None


def json_answer(value: Any, status: int = 200) -> Answer:
    """Return the answer that shows a value as JSON."""
    return Answer(status, write(value).encode())


@value_class
class Key:
    """An Idempotency-Key, and the fingerprint of its request."""

    value: str
    fingerprint: bytes
