"""HTTP client for requests before and after a load, when speed does not matter; every request has an end."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from math import inf
from select import POLLIN, poll
from threading import local
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

__all__ = ["FAILURES", "GRACE", "LARGEST_ANSWER", "RETRIED", "Answer", "HttpClient", "retry_after", "time_limit"]

FAILURES = (OSError, HTTPException)
"""The errors that `HttpClient.request` may raise."""
GRACE: Final = 30.0
"""Seconds for which an endpoint may give no answer, unless a run says otherwise."""
LARGEST_ANSWER: Final = 16 * 2**20
"""Bytes of the longest answer that is read."""
RETRIED: Final = frozenset({429, 500, 502, 503, 504})
"""The statuses after which a request is sent again."""
_LONGEST_RETRY_AFTER: Final = 3600.0
"""Seconds; a longer Retry-After is shortened to this."""
_SLOWEST: Final = 0.05
"""Seconds for each of many things that are set up or read back, unless a run says otherwise."""


def time_limit(grace: float, things: int) -> float:
    """Return the seconds within which so many things are to be set up or read back, at most.

    An endpoint that answers each request just in time could otherwise hold a run for hours.

    Parameters
    ----------
    grace
        Seconds for which an endpoint may give no answer.
    things
        How many there are.
    """
    return 2.0 * grace + _SLOWEST * things


class Answer(NamedTuple):
    """An answer; ``retry_after`` is in seconds, 0 if the endpoint does not ask for a pause."""

    status: int
    text: str
    retry_after: float


class HttpClient:
    """Sends requests over kept connections, one per thread.

    Parameters
    ----------
    url
        The endpoint.
    timeout
        Of each request from its beginning to the last byte of the answer, in seconds.
    until
        The instant of `time.monotonic` at which every request ends.
    """

    def __init__(self, url: str, timeout: float, until: float = inf) -> None:
        self._url = urlsplit(url)
        self._timeout = timeout
        self._until = until
        self._thread = local()
        self._opened: list[HTTPConnection] = []

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._opened:
            connection.close()

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Send a request.

        Parameters
        ----------
        method, path, headers, body
            The request.

        Returns
        -------
        Answer
            Complete.

        Raises
        ------
        OSError, HTTPException
            There was no answer, or a longer one than is read; the next request opens a new connection.
        """
        connection = self._connection()
        try:
            self._open(connection)
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            if answer.headers.defects or not answer.headers:
                raise HTTPException("the answer breaks off within its headers")
            text = _read(answer).decode("utf-8", "replace")
        except (*FAILURES, ValueError) as error:
            connection.close()
            if isinstance(error, FAILURES):
                raise
            raise HTTPException(f"the answer is not HTTP: {error}") from None  # e.g. a length that is no number
        return Answer(answer.status, text, retry_after(answer.headers.get("Retry-After")))

    def _connection(self) -> HTTPConnection:
        """Return the thread's connection, open or not."""
        connection: HTTPConnection | None = getattr(self._thread, "connection", None)
        if connection is None:
            make = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
            connection = make(self._url.hostname or "", self._url.port, timeout=self._timeout)
            self._thread.connection = connection
            self._opened.append(connection)
        return connection

    def _open(self, connection: HTTPConnection) -> None:
        """Open a connection, unless a kept one is open that the endpoint has not closed."""
        deadline = min(monotonic() + self._timeout, self._until)
        timed: Any = connection.sock
        if timed is not None and _is_readable(timed.plain):
            connection.close()
            timed = None
        if timed is None:
            connection.timeout = _remaining(deadline)
            connection.connect()
            plain: Any = connection.sock
            timed = connection.sock = _TimedSocket(plain)
        timed.deadline = deadline


class _TimedSocket:
    """A socket whose operations together end at a deadline; a timeout of a socket alone holds for each of them."""

    def __init__(self, plain: socket) -> None:
        self.plain = plain
        self.deadline = 0.0

    def sendall(self, data: bytes) -> None:
        self.limit()
        self.plain.sendall(data)

    def makefile(self, *_: object) -> BufferedReader:
        return BufferedReader(_TimedReader(self))

    def close(self) -> None:
        self.plain.close()

    def limit(self) -> None:
        """Let the next operation end at the deadline."""
        self.plain.settimeout(_remaining(self.deadline))


class _TimedReader(RawIOBase):
    """The bytes that come over such a socket; it stays open until they are read."""

    def __init__(self, sock: _TimedSocket) -> None:
        self._sock = sock
        self._raw = sock.plain.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.limit()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _remaining(deadline: float) -> float:
    """Return the seconds until a deadline; raise `TimeoutError` after it."""
    remaining = deadline - monotonic()
    if remaining <= 0:
        raise TimeoutError("timed out")
    return remaining


def _read(answer: HTTPResponse) -> bytes:
    """Read a body of reasonable size."""
    if (answer.length or 0) > LARGEST_ANSWER:
        raise HTTPException("the answer is too long")
    body = answer.read(LARGEST_ANSWER + 1) if answer.length is None else answer.read()
    if len(body) > LARGEST_ANSWER:
        raise HTTPException("the answer is too long")
    return body


def _is_readable(sock: socket) -> bool:
    """Tell whether an idle connection can be read: the endpoint closed it, or sent what nobody asked for."""
    idle = poll()
    idle.register(sock.fileno(), POLLIN)
    return bool(idle.poll(0))


def retry_after(value: str | list[str] | None) -> float:
    """Return the seconds of a Retry-After header.

    Parameters
    ----------
    value
        The header: seconds, or an HTTP date; ``None`` = no header.

    Returns
    -------
    float
        At most an hour; 0 if the value cannot be read.
    """
    if not isinstance(value, str):
        return 0.0
    if value.strip().isdecimal():
        return min(float(value), _LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(value)
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)
