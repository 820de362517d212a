"""Fixtures: the stores that tests run over, and a PostgreSQL server."""

import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from benchmarks.postgres import NEEDED, Postgres, binaries
from orchestrator import open_database
from orchestrator.store import Database
from orchestrator.store.memory import MemoryDatabase
from tests.support.service_process import client, endpoint, start, wait_until

__all__ = ["client", "database", "endpoint", "open_again", "postgres", "postgres_url", "start", "wait_until"]

STORES = ("memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this test run; without the server's programs, the test says what to install."""
    if binaries() is None:
        pytest.skip(NEEDED)
    # Not below pytest's own folder, which only its user may enter, and the server runs as another.
    with tempfile.TemporaryDirectory(prefix="sojourn-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "server")
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The address of an empty database."""
    return postgres.create(f"test_{next(_numbers)}")


@pytest.fixture(params=STORES)
def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """A function that opens the test's own database, each time by connections of its own (memory has but one)."""
    opened: list[Database] = []
    memory = MemoryDatabase()
    name = request.getfixturevalue("postgres_url") if request.param == "postgres" else tmp_path / "journeys.db"

    def open_again() -> Database:
        opened.append(memory if request.param == "memory" else open_database(name))
        return opened[-1]

    yield open_again
    for database in opened:
        database.close()


@pytest.fixture
def database(open_again: Callable[[], Database]) -> Database:
    """The test's own database."""
    return open_again()
