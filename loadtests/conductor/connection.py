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

from gevent import get_hub, getcurrent
from gevent.monkey import get_original
from geventhttpclient._parser import HTTPParseError
from geventhttpclient.connectionpool import ConnectionPool, SSLConnectionPool
from geventhttpclient.url import URL

from loadtests.conductor.answer import Answer
from loadtests.http_client import LARGEST_ANSWER

if TYPE_CHECKING:
    from gevent.socket import socket

__all__ = [
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
_READABLE: Final = 1
"""The event for which a watcher of libev waits."""
_NOT_NOW: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""Errors of a non-blocking socket that is not ready."""


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


class _OpenSocket:
    """A connected socket that never waits by itself, and a watcher that is made once."""

    def __init__(self, sock: socket) -> None:
        sock.settimeout(0.0)
        self.plain = sock
        self._watcher = get_hub().loop.io(sock.fileno(), _READABLE)
        self._poll = _new_poll()
        self._poll.register(sock.fileno(), POLLIN)

    def close(self) -> None:
        """Stop watching; the pool closes the socket."""
        self._watcher.close()

    def is_readable(self) -> bool:
        """Tell whether an idle connection can be read: the endpoint closed it, or sent what nobody asked for."""
        return bool(self._poll.poll(0))

    def send(self, data: bytes, deadline: float) -> None:
        """Send everything; only what does not fit into the system's buffer is waited for."""
        try:
            sent = self.plain.send(data)
        except _NOT_NOW:
            sent = 0
        if sent < len(data):
            self.plain.settimeout(_remaining(deadline))
            self.plain.sendall(data[sent:])
            self.plain.settimeout(0.0)

    def receive(self, deadline: float) -> bytes:
        """Return what has come, after waiting for it; empty if the endpoint closed the connection."""
        hub = get_hub()
        alarm = hub.loop.timer(_remaining(deadline))
        alarm.start(getcurrent().throw, TimeoutError, update=True)
        try:
            while True:
                hub.wait(self._watcher)
                try:
                    return self.plain.recv(_CHUNK)
                except _NOT_NOW:  # a part of a TLS record
                    continue
        finally:
            alarm.close()


class Connection:
    """Sends one request at a time; opens when it is first used, and again after it broke."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool.sockets
        self._socket: _OpenSocket | None = None

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
            self._socket.close()
            self._pool.release_socket(self._socket.plain)
            self._socket = None

    def _send(self, method: str, request: bytes, deadline: float) -> Answer:
        """Send a request over the kept connection, or a new one, and read the answer."""
        sock, kept = self._open(deadline)
        begin = b""
        try:
            sock.send(request, deadline)
            begin = sock.receive(deadline)
        except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
            if not kept:
                raise
        if kept and not begin:
            raise _StaleConnectionError("the endpoint closed the kept connection")
        return self._read(sock, begin, Answer(method), deadline)

    def _open(self, deadline: float) -> tuple[_OpenSocket, bool]:
        """Return the kept connection, unless the endpoint closed it, or a new one; and whether it is kept."""
        if self._socket is not None and self._socket.is_readable():
            self.close()
        if self._socket is not None:
            return self._socket, True
        self._pool.connection_timeout = _remaining(deadline)
        self._socket = _OpenSocket(self._pool.get_socket())
        return self._socket, False

    @staticmethod
    def _read(sock: _OpenSocket, data: bytes, answer: Answer, deadline: float) -> Answer:
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
            data = sock.receive(deadline)


def _reason(error: OSError) -> str:
    """Say why a connection broke; errors of TLS are named, such as a certificate that nobody has signed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: the certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {(error.reason or str(error)).replace('_', ' ').lower()}"
    return error.strerror or str(error) or type(error).__name__


def _remaining(deadline: float) -> float:
    """Return the seconds until a deadline; raise `TimeoutError` if it is over."""
    remaining = deadline - perf_counter()
    if remaining <= 0:
        raise TimeoutError
    return remaining
