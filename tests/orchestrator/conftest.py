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

__all__ = [
    "client",
    "database",
    "endpoint",
    "module_store",
    "open_again",
    "postgres",
    "postgres_url",
    "served_store",
    "start",
    "wait_until",
]

SERVED = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
STORES = ("memory", *SERVED)
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this test run; without the server's programs, the test says what to install."""
    if binaries() is None:
        pytest.skip(NEEDED)
    # Not below pytest's own folder, which only its user may enter, and the server runs as another.
    with tempfile.TemporaryDirectory(prefix="sojourn-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        # Its log has small files, so that a limit on the size of files can stop tables alone.
        server = Postgres(Path(folder) / "server", log_file_mb=1)
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The address of an empty database."""
    return postgres.create(f"test_{next(_numbers)}")


def _empty(request: pytest.FixtureRequest, folder: Path) -> str:
    """Return the name of an empty store of the kind that the fixture's parameter says."""
    number = next(_numbers)
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        return server.create(f"test_{number}")
    return str(folder / f"journeys-{number}.db")


@pytest.fixture(params=SERVED)
def served_store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of an empty store, for a service."""
    return _empty(request, tmp_path)


@pytest.fixture(params=SERVED, scope="module")
def module_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """A function that returns the name of an empty store, for the services of a module."""
    return lambda: _empty(request, tmp_path_factory.mktemp("store"))


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
