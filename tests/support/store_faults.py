"""Faults of the service and of its store, each of which lasts for some seconds and is over again."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.postgres import Postgres
from orchestrator.store.postgres_connection import LOCK
from tests.support.service_process import Launch, ServiceProcess

__all__ = [
    "RESTARTS",
    "Fault",
    "Service",
    "advisory_lock",
    "frozen",
    "full_server",
    "limited_files",
    "locked_file",
    "postgres_faults",
    "size_of_log",
    "sqlite_faults",
    "terminate_connections",
]

RESTARTS = ("SIGKILL", "SIGTERM")
"""Faults after which the service is another process."""


@dataclass
class Service:
    """Service that is started again after it has ended.

    Attributes
    ----------
    launch, options
        Start it.
    process
        The process that runs.
    up
        Whether it should answer.
    errors
        Standard error of the processes before.
    """

    launch: Launch
    options: tuple[str, ...]
    process: ServiceProcess
    up: bool = True
    errors: str = ""

    async def restart(self, number: int) -> None:
        """End the process with a signal, check its exit code, and start another one."""
        self.up = False
        code = await asyncio.to_thread(self.process.stop, number)
        assert code == (0 if number == signal.SIGTERM else -number), (code, self.process.error_output())
        self.errors += self.process.error_output()
        self.process = await asyncio.to_thread(self.launch, *self.options)
        self.up = True


Fault = Callable[[Service, float], Awaitable[None]]
"""Fault that lasts for some seconds; a restart takes its own time."""


async def _kill(service: Service, _: float) -> None:
    await service.restart(signal.SIGKILL)


async def _stop(service: Service, _: float) -> None:
    await service.restart(signal.SIGTERM)


@contextmanager
def limited_files(pids: Collection[int], size: int) -> Iterator[None]:
    """Let no file of some processes grow beyond a size, as if the disk were full."""
    hard = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE)[1] for pid in pids}
    try:
        for pid, limit in hard.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, limit))
        yield
    finally:
        for pid, limit in hard.items():
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, limit))


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Hold SQLite's lock of writers, as another process does."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def size_of_log(path: Path) -> int:
    """Return the bytes of the write-ahead log of a SQLite file."""
    log = path.with_name(f"{path.name}-wal")
    return log.stat().st_size if log.exists() else 0


def sqlite_faults(path: Path) -> Mapping[str, Fault]:
    """Return the faults of a service on a SQLite file, by name."""

    async def lock(_: Service, seconds: float) -> None:
        with locked_file(path):
            await asyncio.sleep(seconds)

    async def fill(service: Service, seconds: float) -> None:
        with limited_files([service.process.process.pid], size_of_log(path) + 16_384):
            await asyncio.sleep(seconds)

    async def refuse(service: Service, seconds: float) -> None:
        with limited_files([service.process.process.pid], 4096):
            await asyncio.sleep(seconds)

    return {
        "SIGKILL": _kill, "SIGTERM": _stop, "locked by another process": lock, "full disk": fill,
        "disk that refuses every write": refuse,
    }  # fmt: skip


def _processes(server: Postgres) -> list[int]:
    """Return the processes of a server, the one that starts the others first."""
    assert server.process is not None
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text(encoding="ascii")
    return [server.process.pid, *map(int, children.split())]


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    """Stop all processes of a server in their tracks, and let them go on afterwards."""
    stopped = []
    for number in (0, 1):  # the first process, so that it starts no other; then those that it has started
        stopped += _processes(server)[number : 1 if number == 0 else None]
        for pid in stopped[number:]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def advisory_lock(url: str) -> Iterator[None]:
    """Hold the lock that the writers of a PostgreSQL database take in turn, as a second service does."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        yield


def terminate_connections(url: str) -> None:
    """Let the server end all other connections to a database."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _limit(server: Postgres, size: str) -> None:
    """Set the largest size of files for all processes of a server, as the user that they run as."""
    for pid in _processes(server):
        command = ["prlimit", f"--pid={pid}", f"--fsize={size}:"]
        done = subprocess.run(command, capture_output=True, check=False, **server._as())
        assert done.returncode == 0 or not Path(f"/proc/{pid}").exists(), done.stderr


@contextmanager
def full_server(server: Postgres, url: str) -> Iterator[None]:
    """Let no table of a server grow, as if its disk were full; the log of the server still has room.

    Without room for its log the server ends, which is what a kill of it tries. The log's files have to be smaller than
    the table, because the limit is one of the size of files.
    """
    import psycopg

    with psycopg.connect(url, autocommit=True) as other:
        sizes = "SELECT pg_relation_size('history'), current_setting('wal_segment_size')"
        row = other.execute(sizes).fetchone() or (0, "0MB")
    size, segment = int(row[0]), int(row[1].removesuffix("MB")) << 20
    assert size >= segment, "the table is smaller than a file of the log, so the log would be limited too"
    _limit(server, str(size))
    try:
        yield
    finally:
        _limit(server, "unlimited")


def postgres_faults(server: Postgres, url: str) -> Mapping[str, Fault]:
    """Return the faults of a service on a PostgreSQL database, by name."""

    async def lock(_: Service, seconds: float) -> None:
        with advisory_lock(url):
            await asyncio.sleep(seconds)

    async def freeze(_: Service, seconds: float) -> None:
        with frozen(server):
            await asyncio.sleep(seconds)

    async def cut(_: Service, seconds: float) -> None:
        del seconds
        await asyncio.to_thread(terminate_connections, url)

    async def fill(_: Service, seconds: float) -> None:
        with full_server(server, url):
            await asyncio.sleep(seconds)

    async def kill_server(_: Service, seconds: float) -> None:
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(seconds / 2)
        await asyncio.to_thread(server.start)

    return {
        "SIGKILL": _kill, "SIGTERM": _stop, "locked by another process": lock, "full disk": fill,
        "frozen server": freeze, "connections ended by the server": cut, "server killed": kill_server,
    }  # fmt: skip
