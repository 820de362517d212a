"""The endpoint as a process, and a client for it."""

import json
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

BROKEN = Path(__file__).with_name("broken_endpoint.py")


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """One connection; a broken one is opened anew at the next request."""

    port: int
    connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=20)

    def send(self, method: str, path: str, body: Any = None, media: str = "application/json", **headers: str) -> Reply:
        raw = body if isinstance(body, bytes | type(None)) else json.dumps(body, ensure_ascii=False).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if raw is not None and media:
            sent["content-type"] = media
        try:
            self.connection.request(method, path, raw, sent)
            got = self.connection.getresponse()
            return Reply(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        except (OSError, HTTPException):
            self.connection.close()
            raise

    def start(self, customer: str, key: str = "", **more: Any) -> Reply:
        body = {"customer": customer, "intent": "loan", "channel": "web", **more}
        return self.send("POST", "/v1/journeys", body, idempotency_key=key or f"start {customer}")

    def event(self, journey: str, name: str, source: str = "test", **data: Any) -> Reply:
        body = {"specversion": "1.0", "id": name, "source": source, "type": "step.entered", "data": data}
        return self.send("POST", f"/v1/journeys/{journey}/events", body, "application/cloudevents+json")

    def move(self, journey: str, verb: str, key: str, **body: Any) -> Reply:
        return self.send("POST", f"/v1/journeys/{journey}/{verb}", body, idempotency_key=key)

    def history(self, journey: str) -> list[dict[str, Any]]:
        return self.pages(f"/v1/journeys/{journey}/history")

    def pages(self, path: str, limit: int = 1000) -> list[dict[str, Any]]:
        """Return the items of all pages."""
        items, after = [], ""
        while True:
            page = self.send("GET", f"{path}?limit={limit}{after}").json
            items += page["items"]
            if page["next"] is None:
                return items
            after = f"&after={page['next']}"


@dataclass
class Endpoint:
    """A running endpoint."""

    process: subprocess.Popen[str]
    port: int
    database: Path
    clients: list[Client] = field(default_factory=list)

    def client(self) -> Client:
        """Return a new connection, closed when the endpoint stops."""
        self.clients.append(Client(self.port))
        return self.clients[-1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(20)
        for resource in (*(client.connection for client in self.clients), self.process.stdout, self.process.stderr):
            resource.close()
        return self.process.returncode


Start = Callable[..., Endpoint]


def launch(database: Path, *options: str, kind: str = "") -> Endpoint:
    """Start the endpoint, or a broken kind of it, and wait until it listens."""
    program = [str(BROKEN), kind] if kind else ["-m", "orchestrator"]
    command = [sys.executable, *program, "--database", str(database), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ready, _, _ = select.select([process.stdout], [], [], 30)
    line = process.stdout.readline() if ready else ""
    found = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line)
    if not found:
        process.kill()
        pytest.fail(f"the endpoint did not start: {line!r} {process.communicate()[1]}")
    return Endpoint(process, int(found[1]), database)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts endpoints; they are killed at the end of the test."""
    started: list[Endpoint] = []

    def start(*options: str, kind: str = "", database: Path | None = None) -> Endpoint:
        started.append(launch(database or tmp_path / "journeys.db", *options, kind=kind))
        return started[-1]

    yield start
    for endpoint in started:
        with suppress(ProcessLookupError):
            endpoint.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """One endpoint for a whole module."""
    running = launch(tmp_path_factory.mktemp("endpoint") / "journeys.db")
    yield running
    running.stop()


@pytest.fixture
def client(endpoint: Endpoint) -> Client:
    return endpoint.client()


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """A function that waits until something is so."""

    def wait_until(so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not so():
            assert time.monotonic() < deadline, "it did not happen within 20 s"
            time.sleep(0.005)

    return wait_until
