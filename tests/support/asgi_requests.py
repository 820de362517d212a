"""Requests straight into the ASGI application, without a process or a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

Application = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def request(
    app: Application,
    method: str,
    target: str,
    body: Any = None,
    media: str = "application/json",
    **headers: str,
) -> Reply:
    """Send one request; return the reply when it is complete."""
    path, _, query = target.partition("?")
    raw = b"" if body is None else json.dumps(body).encode()
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        fields |= {"content-type": media, "content-length": str(len(raw))}
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
        "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    sent: list[MutableMapping[str, Any]] = []
    complete = asyncio.Event()

    async def receive() -> MutableMapping[str, Any]:
        if complete.is_set():
            await asyncio.Future()  # nothing comes after the body, and the client stays
        complete.set()
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    replied = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], replied, b"".join(message.get("body", b"") for message in sent[1:]))
