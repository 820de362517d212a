"""The reference endpoint or a broken variant as a process, and fixtures that start it."""

from __future__ import annotations

import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

import pytest

from tests.support.forked_service import ForkedProcess, Forks
from tests.support.service_client import Client

__all__ = ["Launch", "ServiceProcess", "Start", "client", "endpoint", "launching", "start", "wait_until"]

BROKEN = Path(__file__).with_name("broken_endpoint.py")


@dataclass
class ServiceProcess:
    """A process that listens, its standard error, and the connections that tests opened to it."""

    process: subprocess.Popen[str] | ForkedProcess
    errors: IO[str]
    database: Path = Path()
    port: int = field(init=False)
    clients: list[Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if ready else ""
        address = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line)
        if not address:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            pytest.fail(f"the service did not start: {line!r} {self.error_output()}")
        self.port = int(address[1])

    def client(self) -> Client:
        """Return a new connection, closed when the service stops."""
        self.clients.append(Client(self.port))
        return self.clients[-1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process with a signal; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(30)
        for resource in (*(client.connection for client in self.clients), self.process.stdout):
            resource.close()
        return self.process.returncode

    def error_output(self) -> str:
        """Return what was written to the standard error so far."""
        self.errors.seek(0)
        return self.errors.read()


Launch = Callable[..., ServiceProcess]


@contextmanager
def launching(*, forked: bool = False) -> Iterator[Launch]:
    """Yield a function that starts the service and waits until it listens; what still runs in the end is killed.

    Parameters
    ----------
    forked
        Whether one process loads the program once, and is forked for each start, where the system can do that.
    """
    processes: list[ServiceProcess] = []
    forks = Forks() if forked and sys.platform == "linux" else None

    def launch(*options: str, broken: str = "", database: Path = Path()) -> ServiceProcess:
        program = [str(BROKEN), broken] if broken else ["-m", "orchestrator"]
        errors = files.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))  # noqa: SIM115
        arguments = ["--port", "0", *options]
        if forks is not None and not broken:
            processes.append(ServiceProcess(forks.start(arguments, errors), errors, database))
            return processes[-1]
        process = subprocess.Popen(
            [sys.executable, *program, *arguments], stdout=subprocess.PIPE, stderr=errors, text=True
        )
        processes.append(ServiceProcess(process, errors, database))
        return processes[-1]

    with ExitStack() as files:
        try:
            yield launch
        finally:
            for process in processes:
                process.stop(signal.SIGKILL)
            if forks is not None:
                forks.close()


class Start(Protocol):
    """A function that starts the endpoint, or a broken variant of it, on a database."""

    def __call__(self, *options: str, broken: str = "", database: Path | None = None) -> ServiceProcess: ...


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts endpoints, by default on one database of the test; the test's end kills them."""
    with launching() as launch:

        def start(*options: str, broken: str = "", database: Path | None = None) -> ServiceProcess:
            file = database or tmp_path / "journeys.db"
            return launch("--database", str(file), *options, broken=broken, database=file)

        yield start


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """One endpoint for a whole module."""
    file = tmp_path_factory.mktemp("endpoint") / "journeys.db"
    with launching() as launch:
        running = launch("--database", str(file), database=file)
        yield running
        running.stop()


@pytest.fixture
def client(endpoint: ServiceProcess) -> Client:
    """A connection to the module's endpoint."""
    return endpoint.client()


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """A function that waits until a condition holds."""

    def wait_until(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "the condition did not hold within 20 s"
            time.sleep(0.005)

    return wait_until
