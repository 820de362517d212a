"""One keep-alive connection to the endpoint: bytes out, an answer in, and what can go wrong in between."""

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

__all__ = ["Answer", "Broken", "Connection", "Late", "Pool", "Unusable"]

_IDLE: Final = 1.0
"""Seconds after which an idle connection is looked at before it is used: an endpoint may have closed it meanwhile."""
_CHUNK: Final = 65536
_LARGEST: Final = 16 * 2**20
"""Bytes of an answer that are read; an endpoint that sends more than that does not keep its contract."""


class Broken(Exception):  # noqa: N818 - reads as what it is where it is raised
    """There is no connection, or it broke before the answer was complete."""


class Late(Exception):  # noqa: N818
    """The answer did not come in time."""


class Unusable(Exception):  # noqa: N818
    """What came is not HTTP, or has no end."""


class Answer(HTTPResponse):
    """An answer, fed with bytes as they come."""

    @property
    def body(self) -> bytes:
        """Return the whole body."""
        return bytes(self._body_buffer)

    @property
    def size(self) -> int:
        """Return the number of bytes of the body that have come."""
        return len(self._body_buffer)


class _Resolved(ConnectionPool):
    """Looks the endpoint's address up once: each look-up goes through a thread, which makes requests late."""

    _found: list[Any] | None = None

    def _resolve(self) -> list[Any]:
        if self._found is None:
            self._found = super()._resolve()
        return self._found


class _SecurelyResolved(_Resolved, SSLConnectionPool):
    """The same with TLS."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Where connections come from.

    ``host`` is the address as the Host header shows it.
    """

    sockets: ConnectionPool
    host: str

    def warm(self) -> None:
        """Look the address up, and open and close a connection, so that the first request need not be late."""
        with suppress(OSError):
            self.sockets.release_socket(self.sockets.get_socket())

    @classmethod
    def to(cls, url: str, size: int) -> Pool:
        """Make a pool of at most so many connections to a URL."""
        parsed = URL(url)
        secure = parsed.scheme == "https"
        port = parsed.port or (443 if secure else 80)
        kind = _SecurelyResolved if secure else _Resolved
        shown = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
        return cls(kind(parsed.host, port, parsed.host, port, size=size), f"{shown}:{port}")


class Connection:
    """Sends one request at a time; opened when it is first needed, and again after it broke."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool.sockets
        self._socket: socket | None = None
        self._used = 0.0

    def exchange(self, method: str, wire: bytes, timeout: float) -> Answer:
        """Send a request and read its answer.

        Parameters
        ----------
        method
            Of the request; a HEAD has an answer without a body.
        wire
            The whole request.
        timeout
            Seconds that everything may take, opening the connection included.

        Returns
        -------
        Answer
            Complete.

        Raises
        ------
        Broken
            There was no connection, or it broke.
        Late
            It took too long.
        Unusable
            What came is not HTTP.
        """
        deadline = perf_counter() + timeout
        try:
            sock = self._open(timeout)
            sock.sendall(wire)
            answer = self._read(sock, Answer(method), deadline)
        except TimeoutError:
            self.close()
            raise Late from None
        except OSError as error:
            self.close()
            raise Broken(str(error)) from None
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
        """Read until the answer is complete, interim 1xx ones skipped."""
        while True:
            data = sock.recv(_CHUNK)
            if not data and not answer.headers_complete:
                raise ConnectionResetError("the endpoint closed the connection")
            try:
                answer.feed(data)
            except HTTPParseError as error:
                raise Unusable(str(error)) from None
            if answer.message_complete and answer.get_code() >= 200:
                return answer
            if not data:
                raise ConnectionResetError("the endpoint closed the connection in the middle of an answer")
            if answer.size > _LARGEST:
                raise Unusable("the answer has no end")
            remaining = deadline - perf_counter()
            if remaining <= 0:
                raise TimeoutError
            sock.settimeout(remaining)


def _readable(sock: socket) -> bool:
    """Tell whether an idle connection has something to read: its end, as nobody asked for anything."""
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))
