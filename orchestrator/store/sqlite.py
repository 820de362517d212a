"""SQLite store: rows in one file, whose commits are on the disk when they return."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from orchestrator.core.json_codec import write
from orchestrator.store import migrations
from orchestrator.store.errors import CannotServe, Damaged, Full, NotApplied, Unavailable, Unsure, refusal
from orchestrator.store.overlay import Changes, Overlay, grouped, written
from orchestrator.store.sql import Dialect, Selection, columns, conditions, maker, select
from orchestrator.store.store_file import check_store, shown
from orchestrator.store.unit import Need, Unit, schema_of
from orchestrator.store.worker import Worker

__all__ = ["DIALECT", "SqliteDatabase", "failure", "fetch", "refused"]

T = TypeVar("T")
Values = tuple[Any, ...]

DIALECT = Dialect(
    ((str, "TEXT"), (int, "INTEGER"), (float, "REAL"), (bytes, "BLOB"), (bool, "INTEGER")),
    "?", " STRICT, WITHOUT ROWID",
)  # fmt: skip

PATIENCE = 4.0
"""Seconds that a transaction waits for that of another process, such as a backup or a second service."""

COMMITS = 64
"""Commits after which the log is moved into the file, beside the writer."""

CACHE = 32_000
"""Kilobytes of pages that the writer keeps in memory. With 2,000, SQLite's default, it reads pages again and again."""

LOG = 16_000
"""Pages (64 MB) of the log at which the writer moves it itself."""


_UNUSABLE = frozenset({
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
})  # fmt: skip
"""Errors (their low byte) that do not come from what was asked."""

_UNWRITTEN = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE})
"""Errors of a commit after which nothing of it is kept: its last page, which makes it valid, was not written whole."""


class _Rows:
    """The rows of a connection, for an `Overlay`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _fetch(self, statement: str, values: Values) -> list[Any]:
        """Return the rows of a query."""
        try:
            return self._connection.execute(statement, values).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise failure(error) from error

    def get(self, row_type: type, key: Values) -> Any:
        """Return the row with a key, or ``None``."""
        rows = self._fetch(select(Selection(row_type, "key", len(key)), "?"), key)
        return maker(row_type)(rows[0]) if rows else None

    def find(
        self, row_type: type, index: str, values: Values, after: Values, limit: int | None, descending: bool
    ) -> list[Any]:
        """Return rows in the order of an index."""
        selection = Selection(row_type, index, len(values), len(after), limit is not None, descending)
        parameters = (*values, *after) if limit is None else (*values, *after, limit)
        return list(map(maker(row_type), self._fetch(select(selection, "?"), parameters)))

    def count(self, row_type: type, index: str, values: Values) -> int:
        """Return how many rows begin with values."""
        selection = Selection(row_type, index, len(values), counted=True)
        return int(self._fetch(select(selection, "?"), values)[0][0])


class _Checkpoints:
    """Moves commits from the log into the file on a thread of its own, so that the writer does not wait for it.

    For the log to begin anew, the writer must move the last commits itself now and then, while nobody else reads the
    log; shortly after this thread, few are left.

    Parameters
    ----------
    path
        Of the database.
    """

    def __init__(self, path: Path) -> None:
        self._connection = _connect(path)
        self._thread = Worker("checkpoint")
        self._running: Future[None] | None = None
        self._commits = 0
        migrations.durable(self._connection, path)

    def committed(self) -> None:
        """Count a commit; begin a checkpoint when it is time, unless one is still running."""
        self._commits += 1
        if self._commits >= COMMITS and (self._running is None or self._running.done()):
            self._commits, self._running = 0, self._thread.submit(self._run)

    def _run(self) -> None:
        with suppress(sqlite3.Error):  # the writer's own attempt reports it
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Wait for what runs, and close the connection."""
        if self._thread.close(PATIENCE):
            self._connection.close()


class SqliteDatabase:
    """A `Database` in one file.

    Parameters
    ----------
    path
        The file; made when it is not there.
    tables
        The rows' classes.

    Raises
    ------
    CannotServe
        When the file cannot be opened, is no database, or belongs to another program or a later version.
    """

    in_memory = False
    courtesy = 0.01

    def __init__(self, path: Path, tables: Iterable[type]) -> None:
        check_store(path)
        try:
            self._writer = _connect(path)
            try:
                migrations.migrate_sqlite(self._writer, path, tables, DIALECT)
                self._writer.execute(f"PRAGMA wal_autocheckpoint = {LOG}")
                self._writer.execute(f"PRAGMA cache_size = -{CACHE}")
                self._reader = _connect(path)
                migrations.durable(self._reader, path)
                self._checkpoints = _Checkpoints(path)
            except BaseException:
                self._writer.close()
                raise
        except sqlite3.Error as error:
            raise refused(path, error) from error
        self._rows = _Rows(self._writer)
        self._unit = Overlay(self._rows)
        self._changes: Sequence[Changes] = ()
        self._reading = Lock()

    def begin(self, needs: Sequence[Need]) -> Unit:
        """Begin a transaction, and fetch the needed rows."""
        self._unit = Overlay(self._rows)
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for row_type, index, values in grouped(needs):
                if len(values) > 1 and (statement := fetch(row_type, index, len(values[0]))):
                    rows = self._writer.execute(statement, (write(values),))
                    self._unit.learn(row_type, index, values, map(maker(row_type), rows))
        except sqlite3.Error as error:
            cause = failure(error)
            raise cause if isinstance(cause, Unavailable) else Unavailable(str(error)) from error
        return self._unit

    def flush(self) -> None:
        """Write the rows; they are durable after `commit`."""
        self._changes = self._unit.changes()
        try:
            for row_type, put, kept, gone in self._changes:
                schema = schema_of(row_type)
                if gone:
                    self._writer.executemany(_delete(row_type), gone)
                if put:
                    self._writer.executemany(_upsert(row_type), map(schema.values, put))
                if kept and schema.free:
                    self._writer.executemany(_update(row_type), map(schema.changes, kept))
        except (sqlite3.Error, OverflowError) as error:
            raise failure(error) from error

    def commit(self) -> Mapping[type, Sequence[Any]]:
        """Make the transaction durable; it is on the disk when this returns."""
        try:
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            raise failure(error) if _code(error) in _UNWRITTEN else Unsure(str(error)) from error
        self._checkpoints.committed()
        return written(self._changes)

    def rollback(self) -> None:
        """Undo the transaction, if one is open."""
        if self._writer.in_transaction:
            with suppress(sqlite3.Error):  # after such an error SQLite has often rolled back by itself
                self._writer.execute("ROLLBACK")

    def look(self, query: Callable[[Unit], T]) -> T:
        """Return the result of a query; all its reads are of one instant."""
        with self._reading:
            try:
                self._reader.execute("BEGIN")
                try:
                    return query(Overlay(_Rows(self._reader)))
                finally:
                    self._reader.execute("COMMIT")
            except sqlite3.Error as error:
                raise failure(error) from error

    def close(self) -> None:
        """Close the connections."""
        with closing(self._writer), closing(self._reader), closing(self._checkpoints):
            self.rollback()


def _code(error: Exception) -> int:
    """Return SQLite's code of an error; 0 for one that is not SQLite's."""
    return getattr(error, "sqlite_errorcode", 0)


def failure(error: Exception) -> NotApplied:
    """Return the error to raise for one of SQLite; nothing of the transaction is kept."""
    code = _code(error) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return Full(str(error))
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Damaged(str(error))
    return Unavailable(str(error)) if code in _UNUSABLE else NotApplied(str(error))


def refused(path: Path, error: sqlite3.Error) -> CannotServe:
    """Return the sentence for a file that cannot be opened as a store."""
    if _code(error) & 0xFF == sqlite3.SQLITE_NOTADB:
        return CannotServe(f"{shown(path)}: is not a database; give another file, or restore a backup")
    return refusal(failure(error), f"{shown(path)}: cannot be used as the database: {error}")


def _connect(path: Path) -> sqlite3.Connection:
    """Open a connection; it is set up after the file has been checked."""
    return sqlite3.connect(
        path, timeout=PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=512
    )  # fmt: skip


@lru_cache(maxsize=256)
def fetch(row_type: type, index: str, prefix: int) -> str:
    """Return the statement that finds the rows that begin with any of several values, given as a list in JSON.

    It takes a fifth of the time of a statement for each. It is empty for columns whose values JSON cannot keep exactly.
    """
    schema = schema_of(row_type)
    named = schema.orders[index][:prefix]
    if not {column.type for column in schema.columns if column.name in named} <= {str, int}:
        return ""
    listed = ", ".join(f"t.{column.name}" for column in schema.columns)
    by = f" INDEXED BY {schema.name}_{index}" if index != "key" else ""
    on = [f"t.{name} = json_extract(given.value, '$[{position}]')" for position, name in enumerate(named)]
    on += [f"t.{condition}" for condition in conditions(schema, index)]
    return f"SELECT {listed} FROM json_each(?) given CROSS JOIN {schema.name} t{by} ON {' AND '.join(on)}"  # noqa: S608


@lru_cache(maxsize=256)
def _upsert(row_type: type) -> str:
    """Return the statement that inserts a row or replaces the one that has its key."""
    schema = schema_of(row_type)
    marks = ", ".join("?" * len(schema.columns))
    # Not INSERT OR REPLACE, which would remove other rows that a unique index finds in the way.
    changed = [f"{column.name} = excluded.{column.name}" for column in schema.columns if column.name not in schema.key]
    conflict = f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING"
    # All names come from declarations.
    into = f"INSERT INTO {schema.name} ({columns(schema)}) VALUES ({marks})"  # noqa: S608
    return f"{into} ON CONFLICT ({', '.join(schema.key)}) DO {conflict}"


@lru_cache(maxsize=256)
def _update(row_type: type) -> str:
    """Return the statement that changes a row where it is; SQLite would otherwise write every index anew."""
    schema = schema_of(row_type)
    changed, key = (
        ", ".join(f"{name} = ?" for name in schema.free),
        " AND ".join(f"{name} = ?" for name in schema.key),
    )
    return f"UPDATE {schema.name} SET {changed} WHERE {key}"  # noqa: S608


@lru_cache(maxsize=256)
def _delete(row_type: type) -> str:
    """Return the statement that deletes a row by its key."""
    schema = schema_of(row_type)
    return f"DELETE FROM {schema.name} WHERE {' AND '.join(f'{name} = ?' for name in schema.key)}"  # noqa: S608
