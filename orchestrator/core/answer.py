"""The nouns that all parts share: an answer, and the key of a request that may be sent again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

__all__ = ["Answer", "Key"]

JSON = b"application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back for a request; ``stream`` goes on after the body until it ends."""

    status: int
    body: bytes
    media: bytes = JSON
    etag: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    stream: AsyncIterator[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """An Idempotency-Key, and what tells its request from another one's."""

    value: str
    fingerprint: bytes
