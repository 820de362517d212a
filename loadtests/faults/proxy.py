"""TCP proxy that stalls, slows and resets the connections that pass through it."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SO_LINGER, SOL_SOCKET
from typing import Final

__all__ = ["FaultProxy"]

_CHUNK: Final = 65536
_BACKLOG: Final = 4096
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing then sends a reset."""


class FaultProxy:
    """Passes bytes on between clients and an endpoint, and knows nothing of HTTP or TLS.

    Parameters
    ----------
    host, port
        The endpoint.
    """

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._open: set[asyncio.StreamWriter] = set()
        self._passing = asyncio.Event()
        self._passing.set()
        self._stalls = 0
        self._slow: list[tuple[float, float | None]] = []
        self._server: asyncio.Server | None = None
        self.sent_first = asyncio.Event()
        """Set when the first byte came from a client."""

    async def listen(self) -> int:
        """Begin to listen on a free port of the loopback interface, and return it."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=_BACKLOG)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Listen no longer, and close what is open."""
        if self._server is not None:
            self._server.close()
        self.reset()

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Let nothing pass within the context."""
        self._stalls += 1
        self._passing.clear()
        try:
            yield
        finally:
            self._stalls -= 1
            if not self._stalls:
                self._passing.set()

    @contextmanager
    def slowed(self, delay: float, rate: float | None) -> Iterator[None]:
        """Slow the link down within the context.

        Parameters
        ----------
        delay
            Seconds, of each piece of data in each direction.
        rate
            Bytes per second of each connection and direction; None = as fast as it can.
        """
        link = (delay, rate)
        self._slow.append(link)
        try:
            yield
        finally:
            self._slow.remove(link)

    def reset(self) -> int:
        """Reset every open connection; return how many clients' there were."""
        writers = list(self._open)
        for writer in writers:
            _reset(writer)
        return len(writers) // 2

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect a client with the endpoint; if that cannot be reached, reset the client."""
        await self._passing.wait()
        try:
            there, back = await asyncio.open_connection(*self._to)
        except OSError:
            _reset(writer)
            return
        both = {writer, back}
        self._open |= both
        try:
            await asyncio.gather(self._pass(reader, back, from_client=True), self._pass(there, writer))
        except OSError:  # one of both has gone: the other shall see the same
            for each in both:
                _reset(each)
        finally:
            self._open -= both
            for each in both:
                each.close()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, from_client: bool = False
    ) -> None:
        """Pass on what comes from one side, and then its end."""
        while data := await reader.read(_CHUNK):
            if from_client:
                self.sent_first.set()
            if self._slow:
                await asyncio.sleep(sum(delay + (len(data) / rate if rate else 0.0) for delay, rate in self._slow))
            await self._passing.wait()
            writer.write(data)
            await writer.drain()
        await self._passing.wait()
        with suppress(OSError):
            writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection by a reset."""
    sock = writer.get_extra_info("socket")
    with suppress(OSError):  # it is closed already
        sock.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
    writer.transport.abort()
