"""One HTTP connection with sequential requests, for many clients in one event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

from tests.support.asgi_requests import Reply
from tests.support.journey_clients import Gone


class Wire:
    """One HTTP/1.1 connection, opened on demand and closed by its `async with`."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None, faults: list[bytes] | None = None) -> None:
        self._port, self._headers = port, dict(headers or {})
        self._faults = [] if faults is None else faults
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(
        self, method: str, target: str, body: Any = None, media: str = "application/json", **headers: str
    ) -> Reply:
        """Send one request; return its reply, or raise `Gone` when none comes."""
        raw = self._written(method, target, body, media, **headers)
        try:
            reader, writer = await self._open()
            writer.write(raw)
            reply = await _reply(reader)
        except (OSError, EOFError) as error:
            await self._close()
            raise Gone from error
        if self._is_fault(reply):
            self._faults.append(reply.body)
            raise Gone
        return reply

    def _written(self, method: str, target: str, body: Any, media: str, **headers: str) -> bytes:
        """Return a request as sent."""
        raw = b"" if body is None else json.dumps(body).encode()
        fields = {"host": "localhost", "content-length": str(len(raw)), **self._headers}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            fields["content-type"] = media
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        return "\r\n".join(lines).encode() + raw

    def _is_fault(self, reply: Reply) -> bool:
        """Tell whether the service does not know what became of the request, or its store does not answer."""
        return reply.status == 500 or b"/problems/stalled" in reply.body

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return self._streams

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._close()

    async def _close(self) -> None:
        if self._streams is not None:
            writer = self._streams[1]
            self._streams = None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _reply(reader: asyncio.StreamReader) -> Reply:
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Reply(int(status.split(" ")[1]), headers, body)
