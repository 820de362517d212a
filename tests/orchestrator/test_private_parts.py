"""Parts of uvicorn and uvloop that their documentation does not promise, and what breaks without them.

A new version is let in by its bound in ``pyproject.toml`` when these tests pass with it.
"""

import asyncio
import gc
import tomllib
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import uvloop
from packaging.requirements import Requirement
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.http.connection import GONE, WHOLE, GuardedProtocol
from orchestrator.service.service import Service
from orchestrator.store.memory import MemoryDatabase

Application = Callable[[Any, Any, Any], Awaitable[None]]

REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"

METHODS = {
    "connection_made": "a connection without a request is never closed",
    "connection_lost": "the timer of a closed connection goes on",
    "data_received": "a large head is kept in memory without a limit",
    "on_message_begin": "a request that drips is never cut off",
    "on_headers_complete": "a whole answer cannot be sent at once",
    "on_message_complete": "a request that is complete is cut off as a slow one",
    "pause_writing": "an answer that nobody reads is kept for ever",
    "resume_writing": "an answer that is read slowly is cut off",
    "send_400_response": "bytes that are not HTTP are not answered by a problem",
}
PROTOCOL_PARTS = ("cycle", "flow", "headers", "loop", "pipeline", "scope", "server_state", "transport", "url")
CYCLE_PARTS = (
    *("disconnected", "keep_alive", "message_event", "on_response"),
    *("response_complete", "response_started", "scope"),
)


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.closed = b"", False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        """Read on: a request waits for the one before it."""

    def resume_reading(self) -> None:
        """Read on."""


async def served(application: Application, protocol: type[HttpToolsProtocol]) -> tuple[HttpToolsProtocol, Wire]:
    """Answer one request; return the connection as it is then."""
    config = uvicorn.Config(application, lifespan="off", server_header=False, date_header=False)
    connection, wire = protocol(config, ServerState(), {}), Wire()
    connection.connection_made(wire)
    connection.data_received(REQUEST)
    await asyncio.gather(*connection.tasks)
    return connection, wire


async def message_by_message(scope: Any, receive: Any, send: Any) -> None:
    """Answer as ASGI has it."""
    del scope, receive
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


async def at_once(scope: Any, receive: Any, send: Any) -> None:
    """Answer as the application does, past the server's own way."""
    del receive, send
    assert scope[WHOLE](200, b"content-type: text/plain\r\ncontent-length: 2\r\n", b"ok")


@pytest.mark.parametrize("package", ["httptools", "uvicorn", "uvloop"])
def test_the_installed_version_is_within_an_upper_bound(package: str) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = {bound.name: bound for bound in map(Requirement, project["optional-dependencies"]["serve"])}
    assert version(package) in bounds[package].specifier
    assert any(part.operator == "<" for part in bounds[package].specifier), f"{package} has no upper bound"


@pytest.mark.parametrize("name", METHODS)
def test_the_server_calls_the_methods_that_guard_a_connection(name: str) -> None:
    assert callable(getattr(HttpToolsProtocol, name, None)), f"uvicorn lacks {name}: {METHODS[name]}"


def test_a_connection_and_a_request_have_the_parts_that_a_whole_answer_needs() -> None:
    connection, _ = asyncio.run(served(message_by_message, HttpToolsProtocol))
    lacking = [part for part in PROTOCOL_PARTS if not hasattr(connection, part)]
    lacking += [f"cycle.{part}" for part in CYCLE_PARTS if not hasattr(connection.cycle, part)]
    assert not lacking, f"uvicorn lacks {', '.join(lacking)}: `GuardedProtocol` cannot answer or refuse"
    assert connection.flow.write_paused is False
    assert connection.server_state.default_headers == []


def test_a_whole_answer_is_that_of_the_server_byte_for_byte_and_counts_as_one() -> None:
    usual, expected = asyncio.run(served(message_by_message, GuardedProtocol))
    quick, wire = asyncio.run(served(at_once, GuardedProtocol))
    assert wire.written == expected.written, "uvicorn writes an answer in another way than `_whole`"
    for connection in (usual, quick):
        assert connection.cycle.response_complete
        assert connection.server_state.total_requests == 1, "`on_response` does not begin the next request"
        assert connection.timeout_keep_alive_task is not None, "an idle connection is never closed"


def test_a_request_needs_no_garbage_collector_to_be_freed() -> None:
    async def garbage(requests: int) -> int:
        application = App(Service(MemoryDatabase(), FEATURES))
        connection, _ = await served(application, GuardedProtocol)
        gc.collect()
        gc.disable()
        for _ in range(requests):
            connection.data_received(REQUEST)
            await asyncio.gather(*connection.tasks)
        return gc.collect()

    try:
        # Other threads of the test's process leave some hundreds.
        assert asyncio.run(garbage(1000)) < 5000, "a request leads back to itself, and waits for the collector"
    finally:
        gc.enable()


def test_a_connection_needs_no_garbage_collector_to_be_freed() -> None:
    """Requests that wait for the one before them are part of it, with bodies of 64 kB each."""

    async def garbage(connections: int) -> int:
        config = uvicorn.Config(App(Service(MemoryDatabase(), FEATURES)), lifespan="off", access_log=False)
        config.load()
        gc.collect()
        gc.disable()
        for _ in range(connections):
            connection = GuardedProtocol(config, ServerState(), {})
            connection.connection_made(Wire())
            connection.data_received(5 * REQUEST)
            connection.connection_lost(None)
            await asyncio.gather(*connection.tasks)
        del connection
        return gc.collect()

    try:
        assert asyncio.run(garbage(500)) < 5000, "a connection leads back to itself, and waits for the collector"
    finally:
        gc.enable()


def test_a_client_that_has_gone_is_no_fault() -> None:
    async def left(scope: Any, receive: Any, send: Any) -> None:
        scope[GONE]()
        await message_by_message(scope, receive, send)

    connection, wire = asyncio.run(served(left, GuardedProtocol))
    assert (wire.written, wire.closed) == (b"", True)
    assert connection.cycle.disconnected, "uvicorn logs an error for each client that goes away"


def test_uvloop_says_of_a_connection_that_it_is_closed() -> None:
    async def story() -> None:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.transport.abort()
        await asyncio.sleep(0.05)
        with pytest.raises(RuntimeError, match="closed"):  # or `App` logs a client that has gone away as a bug
            writer.transport.write(b"late")
        server.close()

    uvloop.run(story())
