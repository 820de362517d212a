"""Endpoint that acknowledges starts, and stalls: ``python -m tests.support.stalling_endpoint PERIOD BEGIN LENGTH``.

In each period it stands still once: it reads and accepts nothing, as in a long garbage collection. The first period
begins with the first request.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["stalling_endpoint"]

_BACKLOG = 4096


@contextmanager
def stalling_endpoint(period: float, begin: float, length: float) -> Iterator[str]:
    """Serve in a process of its own; yield the URL."""
    command = [sys.executable, "-m", __spec__.name, *map(str, (period, begin, length))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


class _Endpoint:
    def __init__(self, period: float, begin: float, length: float) -> None:
        self._period, self._begin, self._length = period, begin, length
        self._started = asyncio.Event()

    async def stall(self) -> None:
        """Stand still once in each period."""
        await self._started.wait()
        start = time.perf_counter()
        number = 0
        while True:
            at = start + number * self._period + self._begin
            await asyncio.sleep(at - time.perf_counter())
            time.sleep(max(at + self._length - time.perf_counter(), 0.0))  # noqa: ASYNC251 - that is the stall
            number += 1

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Acknowledge the requests of one connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
                body = json.loads(await reader.readexactly(length))
                self._started.set()
                content = json.dumps({"id": body["customer"], "customer": body["customer"]}).encode()
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def _serve(period: float, begin: float, length: float) -> None:
    endpoint = _Endpoint(period, begin, length)
    server = await asyncio.start_server(endpoint.answer, "127.0.0.1", 0, backlog=_BACKLOG)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await endpoint.stall()


if __name__ == "__main__":
    asyncio.run(_serve(*map(float, sys.argv[1:])))
