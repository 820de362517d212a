"""Keep-alive connection to the endpoint: it sends bytes and reads answers."""

from __future__ import annotations

import select
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from geventhttpclient.connectionpool import ConnectionPool, SSLConnectionPool
from geventhttpclient.response import HTTPParseError, HTTPResponse
from geventhttpclient.url import URL

if TYPE_CHECKING:
    from gevent.socket import socket

__all__ = ["Answer", "BrokenConnectionError", "Connection", "LateAnswerError", "Pool", "UnusableAnswerError"]

_IDLE: Final = 1.0
"""Seconds after which an idle connection is checked before its next use: the endpoint may have closed it."""
_CHUNK: Final = 65536
_LARGEST: Final = 16 * 2**20
"""Bytes of the longest answer that is read."""


class BrokenConnectionError(Exception):
    """There is no connection, or it broke before the answer was complete."""


class LateAnswerError(Exception):
    """The answer did not come in time."""


class UnusableAnswerError(Exception):
    """The answer is not HTTP, or too long."""


class Answer(HTTPResponse):
    """An answer, parsed from bytes as they come."""

    @property
    def body(self) -> bytes:
        """Return the whole body."""
        return bytes(self._body_buffer)

    @property
    def size(self) -> int:
        """Return the number of bytes of the body so far."""
        return len(self._body_buffer)


class _ResolvedPool(ConnectionPool):
    """A pool that looks up the endpoint's address once: each look-up uses a thread, which delays requests."""

    _addresses: list[Any] | None = None

    def _resolve(self) -> list[Any]:
        if self._addresses is None:
            self._addresses = super()._resolve()
        return self._addresses


class _ResolvedTlsPool(_ResolvedPool, SSLConnectionPool):
    """The same with TLS."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The source of connections; ``host`` is the value of the Host header."""

    sockets: ConnectionPool
    host: str

    def warm(self) -> None:
        """Look up the address, and open and close a connection, so that the first request is not late."""
        with suppress(OSError):
            self.sockets.release_socket(self.sockets.get_socket())

    @classmethod
    def to(cls, url: str, size: int) -> Pool:
        """Return a pool of at most ``size`` connections to a URL."""
        parsed = URL(url)
        secure = parsed.scheme == "https"
        port = parsed.port or (443 if secure else 80)
        make_pool = _ResolvedTlsPool if secure else _ResolvedPool
        host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
        return cls(make_pool(parsed.host, port, parsed.host, port, size=size), f"{host}:{port}")


class Connection:
    """Sends one request at a time; opens when it is first used, and again after it broke."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool.sockets
        self._socket: socket | None = None
        self._used = 0.0

    def exchange(self, method: str, request: bytes, timeout: float) -> Answer:
        """Send a request and read its answer.

        Parameters
        ----------
        method
            Of the request; the answer to a HEAD has no body.
        request
            All bytes of the request.
        timeout
            Seconds for everything, opening the connection included.

        Returns
        -------
        Answer
            Complete.

        Raises
        ------
        BrokenConnectionError
            There was no connection, or it broke.
        LateAnswerError
            The answer came too late.
        UnusableAnswerError
            The answer is not HTTP.
        """
        deadline = perf_counter() + timeout
        try:
            sock = self._open(timeout)
            sock.sendall(request)
            answer = self._read(sock, Answer(method), deadline)
        except TimeoutError:
            self.close()
            raise LateAnswerError from None
        except OSError as error:
            self.close()
            raise BrokenConnectionError(str(error)) from None
        except BaseException:
            self.close()
            raise
        if answer.should_close():
            self.close()
        self._used = perf_counter()
        return answer

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._socket is not None:
            self._pool.release_socket(self._socket)
            self._socket = None

    def _open(self, timeout: float) -> socket:
        """Return the open connection, or a new one."""
        if self._socket is not None and perf_counter() - self._used > _IDLE and _readable(self._socket):
            self.close()
        if self._socket is None:
            self._pool.connection_timeout = timeout
            self._socket = self._pool.get_socket()
        self._socket.settimeout(timeout)
        return self._socket

    @staticmethod
    def _read(sock: socket, answer: Answer, deadline: float) -> Answer:
        """Read a complete answer, and skip interim 1xx ones."""
        while True:
            data = sock.recv(_CHUNK)
            if not data and not answer.headers_complete:
                raise ConnectionResetError("the endpoint closed the connection")
            try:
                answer.feed(data)
            except HTTPParseError as error:
                raise UnusableAnswerError(str(error)) from None
            if answer.message_complete and answer.get_code() >= 200:
                return answer
            if not data:
                raise ConnectionResetError("the endpoint closed the connection in the middle of an answer")
            if answer.size > _LARGEST:
                raise UnusableAnswerError("the answer is too long")
            remaining = deadline - perf_counter()
            if remaining <= 0:
                raise TimeoutError
            sock.settimeout(remaining)


def _readable(sock: socket) -> bool:
    """Tell whether an idle connection can be read: it was closed, since no answer is awaited."""
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))
