"""Migrations: a database of an earlier version of the schema is brought forward when it is opened.

A new database gets the tables of the rows' classes. An old one gets those that it lacks. Any other change between
versions is a step here, which is never edited once it was released.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestrator.store.errors import CannotServe
from orchestrator.store.sql import Dialect, create
from orchestrator.store.unit import schema_of

__all__ = ["VERSION", "durable", "migrate_sqlite"]

VERSION = 2
"""Version of the schema, kept in the database for later programs."""


def migrate_sqlite(connection: sqlite3.Connection, path: Path, tables: Iterable[type], dialect: Dialect) -> None:
    """Bring a file to the schema of this program, in one transaction; refuse a file of another program untouched.

    Parameters
    ----------
    connection
        To the file, not yet used.
    path
        Of the file, for error messages.
    tables
        The rows' classes.
    dialect
        That of SQLite.

    Raises
    ------
    CannotServe
        When the file belongs to another program or a later version, or cannot be made durable.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if not 0 <= version <= VERSION:
        raise CannotServe(f"{path}: has schema version {version}, this program knows versions up to {VERSION}")
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise CannotServe(f"{path}: is a database of another program")
    durable(connection, path)
    statements = [statement for row_type in tables for statement in create(schema_of(row_type), dialect)]
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in range(version or VERSION, VERSION):
            before, after = SQLITE_STEPS[step]
            _run(connection, before)
            _run(connection, statements)
            _run(connection, after)
        _run(connection, statements)
        _compare(connection, path, tables)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def durable(connection: sqlite3.Connection, path: Path) -> None:
    """Set up a connection so that a commit is on the disk when it returns, and check it."""
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    connection.execute("PRAGMA synchronous = FULL")
    synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    if (mode, synchronous) != ("wal", 2):
        raise CannotServe(f"{path}: SQLite gives journal mode {mode} here, but an answer is durable only with WAL")


def _run(connection: sqlite3.Connection, statements: Iterable[str]) -> None:
    """Run statements."""
    for statement in statements:
        connection.execute(statement)


def _compare(connection: sqlite3.Connection, path: Path, tables: Iterable[type]) -> None:
    """Check that the tables have the columns of the rows' classes, in their order."""
    for row_type in tables:
        schema = schema_of(row_type)
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({schema.name})")]
        wanted = [column.name for column in schema.columns]
        if columns != wanted:
            listed = ", ".join(columns)
            raise CannotServe(
                f"{path}: table {schema.name} has columns {listed}; this program needs {', '.join(wanted)}"
            )


def _seconds(column: str) -> str:
    """Return SQL that converts to seconds a text such as 2026-03-02T09:30:00.123+00:00."""
    return f"CAST(strftime('%s', {column}) AS REAL) + CAST(substr({column}, 21, 3) AS REAL) / 1000"


_FROM_1 = (
    "ALTER TABLE journeys RENAME TO journeys_1",
    "ALTER TABLE history RENAME TO history_1",
    "ALTER TABLE answers RENAME TO answers_1",
    "DROP INDEX journeys_of",
    "DROP INDEX journeys_open",
    "DROP INDEX history_once",
)

_TO_2 = (
    f"""INSERT INTO journeys (tenant, id, customer, intent, state, channel, version, context, next, started, updated)
    SELECT 'default', id, customer, intent, state, channel, version, context, NULL,
    {_seconds("started")}, {_seconds("updated")} FROM journeys_1""",  # noqa: S608 - of constants
    # The instant of an entry was not kept; that of its journey's last change is the best that is known.
    f"""INSERT INTO history (tenant, journey, version, id, source, type, time, at, channel, data, trace)
    SELECT 'default', h.journey, h.version, h.id, h.source, h.type, h.time, {_seconds("j.updated")},
    coalesce(json_extract(h.data, '$.channel'), j.channel), h.data, NULL
    FROM history_1 h JOIN journeys_1 j ON j.id = h.journey""",  # noqa: S608 - of constants
    """INSERT INTO answers (tenant, key, fingerprint, status, media, etag, body, at)
    SELECT 'default', key, fingerprint, status, media, etag, body, CAST(strftime('%s', 'now') AS REAL)
    FROM answers_1""",
    "DROP TABLE journeys_1",
    "DROP TABLE history_1",
    "DROP TABLE answers_1",
)

SQLITE_STEPS: Mapping[int, tuple[Iterable[str], Iterable[str]]] = {1: (_FROM_1, _TO_2)}
"""Statements to run before and after the tables of this version are made, by the version of the file."""
