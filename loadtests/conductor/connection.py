"""Keep-alive connection to the endpoint: it sends bytes and reads answers."""

from __future__ import annotations

import resource
import ssl
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from select import POLLIN
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from gevent.monkey import get_original
from geventhttpclient.connectionpool import ConnectionPool, SSLConnectionPool
from geventhttpclient.response import HTTPParseError, HTTPResponse
from geventhttpclient.url import URL

from loadtests.http_client import LARGEST_ANSWER

if TYPE_CHECKING:
    from gevent.socket import socket

__all__ = [
    "Answer",
    "BrokenConnectionError",
    "Connection",
    "LateAnswerError",
    "Pool",
    "UnusableAnswerError",
    "most_connections",
]

_CHUNK: Final = 65536

_new_poll: Final = get_original("select", "poll")
"""The system's own: that of gevent would start a watcher for each request."""


_OTHER_FILES: Final = 200
"""Open files of a generator besides its connections: its own, Locust's, and some to spare."""
_PORTS: Final = 28_000
"""Connections of one machine to one address, as Linux has ports for them unless told otherwise."""


@cache
def most_connections() -> int:
    """Return how many connections the system allows this process, and raise its limit of open files to that."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _PORTS + _OTHER_FILES if most == resource.RLIM_INFINITY else most
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, soft), most))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(min(soft - _OTHER_FILES, _PORTS), 1)


class BrokenConnectionError(Exception):
    """There is no connection, or it broke before the answer was complete."""


class LateAnswerError(Exception):
    """The answer did not come in time."""


class UnusableAnswerError(Exception):
    """The answer is not HTTP, too long, or followed by something that nobody asked for."""


class _StaleConnectionError(ConnectionError):
    """The endpoint closed a kept connection before a byte of the answer came."""


class Answer(HTTPResponse):
    """An answer, parsed from bytes as they come."""

    _final = False

    def _on_message_begin(self) -> None:
        """Refuse a second answer, which geventhttpclient would take for the first one's continuation."""
        if self._final:
            raise HTTPParseError("a second answer follows the first")
        super()._on_message_begin()

    def _on_message_complete(self) -> None:
        super()._on_message_complete()
        self._final = self.get_code() >= 200

    @property
    def body(self) -> bytes:
        """Return the whole body."""
        return bytes(self._body_buffer)

    def text(self) -> bytes:
        """Return the answer as it is written in a sample: status, headers and the body's beginning."""
        head = "".join(f"{name}: {value}\n" for name, value in self.items())
        return f"{self.get_code()}\n{head}\n".encode() + bytes(self._body_buffer[:_CHUNK])

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
    def to(cls, url: str, size: int, through: str = "") -> Pool:
        """Return a pool of at most ``size`` connections to a URL, or to the ``host:port`` of a proxy before it."""
        parsed = URL(url)
        secure = parsed.scheme == "https"
        port = parsed.port or (443 if secure else 80)
        make_pool = _ResolvedTlsPool if secure else _ResolvedPool
        host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
        via, _, gate = through.rpartition(":") if through else (parsed.host, "", str(port))
        return cls(make_pool(via, int(gate), parsed.host, port, size=size), f"{host}:{port}")


class Connection:
    """Sends one request at a time; opens when it is first used, and again after it broke."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool.sockets
        self._socket: socket | None = None

    def exchange(self, method: str, request: bytes, timeout: float, *, repeatable: bool = False) -> Answer:
        """Send a request and read its answer.

        Parameters
        ----------
        method
            Of the request; the answer to a HEAD has no body.
        request
            All bytes of the request.
        timeout
            Seconds for everything, opening the connection included.
        repeatable
            The endpoint applies the request once, even if it comes twice. So it is sent again over a new connection
            if the endpoint closed the kept one while the request was on its way.

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
            try:
                answer = self._send(method, request, deadline)
            except _StaleConnectionError:
                if not repeatable:
                    raise
                self.close()
                answer = self._send(method, request, deadline)
        except TimeoutError:
            self.close()
            raise LateAnswerError from None
        except OSError as error:
            self.close()
            raise BrokenConnectionError(_reason(error)) from None
        except BaseException:
            self.close()
            raise
        if answer.should_close():
            self.close()
        return answer

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._socket is not None:
            self._pool.release_socket(self._socket)
            self._socket = None

    def _send(self, method: str, request: bytes, deadline: float) -> Answer:
        """Send a request over the kept connection, or a new one, and read the answer."""
        sock, kept = self._open(deadline)
        begin = b""
        try:
            sock.sendall(request)
            begin = sock.recv(_CHUNK)
        except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
            if not kept:
                raise
        if kept and not begin:
            raise _StaleConnectionError("the endpoint closed the kept connection")
        return self._read(sock, begin, Answer(method), deadline)

    def _open(self, deadline: float) -> tuple[socket, bool]:
        """Return the kept connection, unless the endpoint closed it, or a new one; and whether it is kept."""
        if self._socket is not None and _is_readable(self._socket):
            self.close()
        kept = self._socket is not None
        if self._socket is None:
            self._pool.connection_timeout = _remaining(deadline)
            self._socket = self._pool.get_socket()
        self._socket.settimeout(_remaining(deadline))
        return self._socket, kept

    @staticmethod
    def _read(sock: socket, data: bytes, answer: Answer, deadline: float) -> Answer:
        """Read a complete answer, which begins with some data, and skip interim 1xx ones."""
        size = 0
        while True:
            if not data and not answer.headers_complete:
                raise ConnectionResetError("the endpoint closed the connection")
            try:
                answer.feed(data)
            except (HTTPParseError, ValueError) as error:
                if data:
                    raise UnusableAnswerError(str(error)) from None
            if answer.message_complete and answer.get_code() >= 200:
                return answer
            if not data:
                raise ConnectionResetError("the endpoint closed the connection in the middle of an answer")
            size += len(data)
            if size > LARGEST_ANSWER:
                raise UnusableAnswerError("the answer is too long")
            sock.settimeout(_remaining(deadline))
            data = sock.recv(_CHUNK)


def _reason(error: OSError) -> str:
    """Say why a connection broke; errors of TLS are named, such as a certificate that nobody has signed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: the certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {(error.reason or str(error)).replace('_', ' ').lower()}"
    return error.strerror or str(error) or type(error).__name__


def _is_readable(sock: socket) -> bool:
    """Tell whether an idle connection can be read: the endpoint closed it, or sent what nobody asked for."""
    poll = _new_poll()
    poll.register(sock.fileno(), POLLIN)
    return bool(poll.poll(0))


def _remaining(deadline: float) -> float:
    """Return the seconds until a deadline; raise `TimeoutError` if it is over."""
    remaining = deadline - perf_counter()
    if remaining <= 0:
        raise TimeoutError
    return remaining
