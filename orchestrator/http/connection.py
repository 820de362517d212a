"""Connection: limits on the head of a request, on its time, and on answers that nobody reads.

It reaches into private parts of uvicorn; `tests/orchestrator/test_private_parts.py` lists them.
"""

import asyncio
from functools import partial
from http import HTTPStatus
from typing import Any

from httptools import HttpParserInvalidURLError, parse_url
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from orchestrator.core.problems import Refused

__all__ = ["GONE", "LARGEST_HEAD", "PATIENCE", "WHOLE", "GuardedProtocol"]

LARGEST_HEAD = 16 * 1024
"""Bytes that the target and the headers of a request may have."""

LARGEST_REST = 512 * 1024
"""Bytes that may come after the head of a request: its body in chunks of one byte, their framing, and trailers."""

SINGLE = frozenset(
    {
        *(b"host", b"authorization", b"content-type", b"content-encoding", b"content-length"),
        *(b"idempotency-key", b"if-match"),
    }
)
"""Headers that a request may have only once, because servers between could understand another one of them."""

PATIENCE = 10.0
"""Seconds from the first byte of a request to its last one, and from a connection to its first request."""

UNREAD = 6.0
"""Factor on the patience: for so long a client may read nothing of an answer."""

GONE = "sojourn.gone"
"""Key, in a request's scope, of the function that tells the server that the client has gone away."""

WHOLE = "sojourn.whole"
"""Key, in a request's scope, of the function that sends a whole answer."""


class GuardedProtocol(HttpToolsProtocol):
    """A connection that is closed when a request is too slow, its head is too large, or its answer is not read.

    The server's own timer runs only between the requests of a connection, and its parser has no limits. Here one timer
    checks a connection now and then, which costs a request nothing.
    """

    patience = PATIENCE
    _head = _last = _rest = 0
    _in_head = False
    _since: float | None = None
    _unread: float | None = None
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timer, and let go of the requests, which lead back here.

        Only the garbage collector could free them else. It seldom runs, and their bodies took 70 MB meanwhile.
        """
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)
        for waiting, _ in self.pipeline:
            waiting.scope = None  # type: ignore[assignment]
        self.pipeline.clear()
        self.cycle = self.scope = None  # type: ignore[assignment]

    def on_message_begin(self) -> None:
        """Begin to wait for the end of a request."""
        super().on_message_begin()
        self._head, self._rest, self._in_head = 0, 0, True
        self._since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Parse the data, unless they belong to a head that is too large."""
        self._last = len(data)
        super().data_received(data)
        if self._since is None and (self.cycle is None or self.cycle.response_complete):
            self._since = self.loop.time()  # an empty line begins no request, but ends the idle time
        if self._in_head:
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._refuse("head", f"the target and the headers have more than {LARGEST_HEAD} bytes")
        elif self._since is not None:
            self._rest += len(data)
            if self._rest > LARGEST_REST:
                self._refuse("too-large", f"more than {LARGEST_REST} bytes came after the head of the request")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header. Fields after a chunked body (trailers) are ignored (RFC 9110, 6.5.1)."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Have the request answered, unless its head is wrong, or too large though it came in one piece."""
        self._in_head = False
        if self._head + self._last > LARGEST_HEAD and self._size() > LARGEST_HEAD:
            self._refuse("head", f"the target and the headers have more than {LARGEST_HEAD} bytes")
        elif wrong := self._wrong_headers():
            self._refuse("malformed", wrong)
        elif not self.url.startswith(b"/") and self.url != b"*":
            self._take_host_of_target()
        if not self.transport.is_closing():
            super().on_headers_complete()
            self.scope[WHOLE] = partial(self._whole, self.cycle)  # type: ignore[literal-required]
            self.scope[GONE] = partial(self._gone, self.cycle)  # type: ignore[literal-required]

    def _wrong_headers(self) -> str:
        """Return what is wrong with the headers; empty if nothing is (RFC 9112, 3.2: exactly one Host)."""
        names = [name for name, _ in self.headers]
        if b"host" not in names and self.parser.get_http_version() != "1.0":
            return "the request has no Host header"
        if len(set(names)) == len(names):
            return ""
        repeated = sorted({name.decode() for name in names if names.count(name) > 1 and name in SINGLE})
        return f"the request has {', '.join(repeated)} more than once" if repeated else ""

    def _take_host_of_target(self) -> None:
        """Replace the Host header by the host of a target in absolute form (RFC 9112, 3.2.2); refuse other forms."""
        host = self.url.partition(b"://")[2].partition(b"/")[0]
        try:
            whole = bool(parse_url(self.url).path) and b"@" not in host
        except HttpParserInvalidURLError:
            whole = False
        if whole:
            self.headers[:] = [header for header in self.headers if header[0] != b"host"] + [(b"host", host)]
        else:
            self._refuse("malformed", "the target is neither a path nor http://HOST/PATH")

    def _size(self) -> int:
        """Return the bytes of the target and the headers."""
        return sum(len(name) + len(value) for name, value in self.headers) + len(self.url)

    def _whole(self, cycle: RequestResponseCycle, status: int, headers: bytes, body: bytes) -> bool:
        """Send a whole answer as the server would, in a third of the time, if nothing is out of the ordinary.

        Parameters
        ----------
        cycle
            Of the request.
        status, headers, body
            Of the answer; each header with the end of its line, and one for the length.

        Returns
        -------
        bool
            Whether it was sent; if not, send it by the server.
        """
        if self.flow.write_paused or cycle.disconnected or not cycle.keep_alive or cycle.scope["method"] == "HEAD":
            return False
        lines = [b"%s: %s\r\n" % header for header in self.server_state.default_headers]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, headers, b"\r\n", body]))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _gone(self, cycle: RequestResponseCycle) -> None:
        """Note that the client has gone, before the server knows it; otherwise the server would log an error."""
        cycle.disconnected = True
        self.transport.close()

    def on_message_complete(self) -> None:
        """Wait no longer."""
        self._since = None
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._unread = self.loop.time()

    def resume_writing(self) -> None:
        """Wait no longer."""
        self._unread = None
        super().resume_writing()

    def _look(self) -> None:
        """Check whether a request is late, or an answer unread."""
        if self._unread is not None and self.loop.time() - self._unread > UNREAD * self.patience:
            self.transport.abort()  # such as a live view whose watcher has gone silently
        elif self._since is not None and self.loop.time() - self._since > self.patience:
            self._refuse("slow", f"the request was not complete after {self.patience:g} s")
        else:
            self._timer = self.loop.call_later(self.patience / 4, self._look)

    def send_400_response(self, msg: str) -> None:
        """Refuse data that are no HTTP request."""
        self._refuse("malformed", msg.rstrip("."))

    def _refuse(self, problem: str, detail: str) -> None:
        """Answer without the application, unless another answer is on its way, and close."""
        if self.transport.is_closing():
            return
        before = self.cycle
        if before is None or (before.response_complete if self._in_head else not before.response_started):
            answer = Refused(problem, detail).answer()
            head = b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
            phrase = HTTPStatus(answer.status).phrase.encode()
            self.transport.write(head % (answer.status, phrase, answer.media, len(answer.body)) + answer.body)
        self.transport.close()
