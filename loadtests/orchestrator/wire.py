"""What the HTTP server must not put up with: heads of requests that are too large, or that never end."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from loadtests.orchestrator.problems import Refused

__all__ = ["HEAD_TIMEOUT", "LARGEST_HEAD", "GuardedProtocol"]

LARGEST_HEAD = 16 * 1024
"""Bytes that the target and the headers of a request may have."""

HEAD_TIMEOUT = 10.0
"""Seconds from the first byte of a request, or from the connection, to the end of its headers."""


class GuardedProtocol(HttpToolsProtocol):
    """A connection that is closed when the head of a request is too large or takes too long.

    The server's own timer runs only between the requests of a connection, and its parser keeps whatever comes.
    """

    head_timeout = HEAD_TIMEOUT
    _head = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._end()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to wait for the end of the headers."""
        super().on_message_begin()
        self._head = 0
        if self._timer is None:
            self._begin()

    def on_url(self, url: bytes) -> None:
        """Keep the target, if it is not too large."""
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header, if it is not too large."""
        self._grow(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Wait no longer."""
        self._end()
        if not self.transport.is_closing():
            super().on_headers_complete()

    def _grow(self, size: int) -> None:
        self._head += size
        if self._head > LARGEST_HEAD:
            self._refuse("head", f"the target and the headers have more than {LARGEST_HEAD} bytes")

    def _begin(self) -> None:
        self._timer = self.loop.call_later(self.head_timeout, self._late)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        self._refuse("slow", f"the headers were not complete after {self.head_timeout:g} s")

    def _refuse(self, kind: str, detail: str) -> None:
        """Answer without the application, and close."""
        if self.transport.is_closing():
            return
        answer = Refused(kind, detail).answer()
        head = b"HTTP/1.1 %d \r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (answer.status, answer.media, len(answer.body)) + answer.body)
        self.transport.close()
