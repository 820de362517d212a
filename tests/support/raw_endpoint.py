"""An endpoint that answers each request with bytes of the test's choice, over plain sockets."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from threading import Thread

__all__ = ["RawEndpoint", "Reply", "raw_endpoint"]


@dataclass(frozen=True)
class Reply:
    """The bytes of an answer, what follows them, and whether the connection is closed then."""

    content: bytes
    later: bytes = b""  # sent a moment after the answer
    close: bool = False
    pause: float = 0.0  # seconds before each byte


@dataclass
class RawEndpoint:
    """Serves in threads, and remembers the requests of each connection."""

    replies: list[Reply]  # one after the other, then the last one again and again
    tls: ssl.SSLContext | None = None
    connections: list[list[bytes]] = field(default_factory=list)
    url: str = ""

    @property
    def requests(self) -> list[bytes]:
        """Return all requests."""
        return [request for connection in self.connections for request in connection]

    def accept(self, server: socket.socket) -> None:
        """Accept connections until the server is shut down."""
        with suppress(OSError):
            while True:
                sock, _ = server.accept()
                if self.tls is not None:
                    sock = self.tls.wrap_socket(sock, server_side=True)
                self.connections.append([])
                Thread(target=self._serve, args=(sock, self.connections[-1]), daemon=True).start()

    def _serve(self, sock: socket.socket, requests: list[bytes]) -> None:
        with sock, sock.makefile("rb") as stream, suppress(OSError):
            while request := _read(stream):
                requests.append(request)
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                _send(sock, reply)
                if reply.close:
                    sock.shutdown(socket.SHUT_RDWR)  # the stream keeps the socket open
                    return


def _read(stream: BufferedReader) -> bytes:
    """Read a request; nothing if the client has closed the connection."""
    head = _head(stream)
    lengths = [line.split(b":")[1] for line in head.lower().splitlines() if line.startswith(b"content-length:")]
    return head + (stream.read(int(lengths[0])) if lengths else b"")


def _head(stream: BufferedReader) -> bytes:
    """Read the head of a request."""
    head = b""
    while line := stream.readline():
        head += line
        if line == b"\r\n":
            return head
    return b""


def _send(sock: socket.socket, reply: Reply) -> None:
    """Send an answer, slowly if it is to be slow."""
    size = 1 if reply.pause else max(len(reply.content), 1)
    for begin in range(0, len(reply.content), size):
        time.sleep(reply.pause)
        sock.sendall(reply.content[begin : begin + size])
    if reply.later:
        time.sleep(0.05)
        sock.sendall(reply.later)


@contextmanager
def raw_endpoint(*replies: Reply, tls: ssl.SSLContext | None = None) -> Iterator[RawEndpoint]:
    """Serve on a free port."""
    endpoint = RawEndpoint(list(replies), tls)
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint.url = f"http{'s' if tls else ''}://127.0.0.1:{server.getsockname()[1]}"
        thread = Thread(target=endpoint.accept, args=(server,), daemon=True)
        thread.start()
        try:
            yield endpoint
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
