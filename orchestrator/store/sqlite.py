"""Rows in one SQLite file, whose commits are on the disk when they return."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from orchestrator.core.json_codec import write
from orchestrator.store import migrations
from orchestrator.store.errors import CannotServe, NotApplied, Unsure
from orchestrator.store.overlay import Changes, Overlay, grouped, written
from orchestrator.store.sql import Dialect, Query, columns, conditions, maker, query
from orchestrator.store.unit import Need, Unit, shape

__all__ = ["DIALECT", "SqliteDatabase", "fetch"]

T = TypeVar("T")
Values = tuple[Any, ...]

DIALECT = Dialect(
    ((str, "TEXT"), (int, "INTEGER"), (float, "REAL"), (bytes, "BLOB"), (bool, "INTEGER")),
    "?", " STRICT, WITHOUT ROWID",
)  # fmt: skip

INLINE = 64
"""Commands of a batch that the event loop applies itself: some 5 ms of work."""

PATIENCE = 10.0
"""Seconds that a transaction waits for that of another process, such as a backup or a second service."""

COMMITS = 64
"""After how many commits the log is moved into the file, beside the writer."""

LOG = 16_000
"""Pages (64 MB) of the log at which the writer does it itself."""


class _Rows:
    """The rows of a connection, as an `Overlay` asks for them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _execute(self, statement: str, values: Values) -> sqlite3.Cursor:
        """Run a query."""
        try:
            return self._connection.execute(statement, values)
        except (sqlite3.Error, OverflowError) as error:
            raise NotApplied(str(error)) from error

    def one(self, kind: type, key: Values) -> Any:
        """Return the row with a key, or ``None``."""
        values = self._execute(query(Query(kind, "key", len(key)), "?"), key).fetchone()
        return None if values is None else maker(kind)(values)

    def several(
        self, kind: type, index: str, values: Values, after: Values, limit: int | None, descending: bool
    ) -> list[Any]:
        """Return rows in the order of an index."""
        asked = Query(kind, index, len(values), len(after), limit is not None, descending)
        given = (*values, *after) if limit is None else (*values, *after, limit)
        return list(map(maker(kind), self._execute(query(asked, "?"), given)))

    def number(self, kind: type, index: str, values: Values) -> int:
        """Return how many rows begin with values."""
        asked = Query(kind, index, len(values), counted=True)
        return int(self._execute(query(asked, "?"), values).fetchone()[0])


class _Checkpoints:
    """Moves what is committed from the log into the file beside the writer, which would otherwise wait for it.

    The writer has to do the rest itself now and then, with nobody else in the log, for the log to begin anew; when this
    has been here shortly before, there is little left.

    Parameters
    ----------
    path
        Of the database.
    """

    def __init__(self, path: Path) -> None:
        self._connection = _connect(path)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._running: Future[None] | None = None
        self._commits = 0
        migrations.durable(self._connection, path)

    def committed(self) -> None:
        """Count a commit; begin a checkpoint when it is time, unless one is still running."""
        self._commits += 1
        if self._commits >= COMMITS and (self._running is None or self._running.done()):
            self._commits, self._running = 0, self._thread.submit(self._run)

    def _run(self) -> None:
        with suppress(sqlite3.Error):  # the writer's own will tell
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Wait for what runs, and close the connection."""
        self._thread.shutdown()
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
        When the file cannot be opened, is no database, or one of another program or of a later version.
    """

    inline = INLINE
    near = True

    def __init__(self, path: Path, tables: Iterable[type]) -> None:
        try:
            self._writer = _connect(path)
            try:
                migrations.migrate_sqlite(self._writer, path, tables, DIALECT)
                self._writer.execute(f"PRAGMA wal_autocheckpoint = {LOG}")
                self._reader = _connect(path)
                migrations.durable(self._reader, path)
                self._checkpoints = _Checkpoints(path)
            except BaseException:
                self._writer.close()
                raise
        except sqlite3.Error as error:
            raise CannotServe(f"{path}: cannot be used as the database: {error}") from error
        self._rows = _Rows(self._writer)
        self._unit = Overlay(self._rows)
        self._changes: Sequence[Changes] = ()
        self._reading = Lock()

    def begin(self, needs: Sequence[Need]) -> Unit:
        """Begin a transaction, and fetch what is needed."""
        self._unit = Overlay(self._rows)
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for kind, index, values in grouped(needs):
                if len(values) > 1 and (statement := fetch(kind, index, len(values[0]))):
                    found = self._writer.execute(statement, (write(values),))
                    self._unit.learn(kind, index, values, map(maker(kind), found))
        except sqlite3.Error as error:
            raise NotApplied(str(error)) from error
        return self._unit

    def flush(self) -> None:
        """Write the rows; they are durable after `commit`."""
        self._changes = self._unit.changes()
        try:
            for kind, put, kept, gone in self._changes:
                of = shape(kind)
                if gone:
                    self._writer.executemany(_delete(kind), gone)
                if put:
                    self._writer.executemany(_upsert(kind), map(of.values, put))
                if kept and of.free:
                    self._writer.executemany(_update(kind), map(attrgetter(*of.free, *of.key), kept))
        except (sqlite3.Error, OverflowError) as error:
            raise NotApplied(str(error)) from error

    def commit(self) -> Mapping[type, Sequence[Any]]:
        """Make the transaction durable; it is on the disk when this returns."""
        try:
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            raise Unsure(str(error)) from error
        self._checkpoints.committed()
        return written(self._changes)

    def rollback(self) -> None:
        """Forget the transaction, if one is open."""
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    def look(self, answer: Callable[[Unit], T]) -> T:
        """Return what a function finds; all that it reads is of one instant."""
        with self._reading:
            self._reader.execute("BEGIN")
            try:
                return answer(Overlay(_Rows(self._reader)))
            finally:
                self._reader.execute("COMMIT")

    def close(self) -> None:
        """Close the connections."""
        with closing(self._writer), closing(self._reader), closing(self._checkpoints):
            self.rollback()


def _connect(path: Path) -> sqlite3.Connection:
    """Open a connection; its settings are made when the file is known to be ours."""
    return sqlite3.connect(
        path, timeout=PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=512
    )  # fmt: skip


@lru_cache(maxsize=256)
def fetch(kind: type, index: str, given: int) -> str:
    """Return the statement that finds the rows that begin with any of the given values, of which JSON has a list.

    It takes a fifth of the time of as many statements. There is none where JSON has not exactly the values of a column.
    """
    of = shape(kind)
    named = of.orders[index][:given]
    if not {one.type for one in of.columns if one.name in named} <= {str, int}:
        return ""
    listed = ", ".join(f"t.{one.name}" for one in of.columns)
    by = f" INDEXED BY {of.name}_{index}" if index != "key" else ""
    on = [f"t.{name} = json_extract(given.value, '$[{place}]')" for place, name in enumerate(named)]
    on += [f"t.{one}" for one in conditions(of, index)]
    return f"SELECT {listed} FROM json_each(?) given CROSS JOIN {of.name} t{by} ON {' AND '.join(on)}"  # noqa: S608


@lru_cache(maxsize=256)
def _upsert(kind: type) -> str:
    """Return the statement that inserts a row or replaces the one that has its key."""
    of = shape(kind)
    marks = ", ".join("?" * len(of.columns))
    # Not INSERT OR REPLACE, which would remove other rows that a unique index finds in the way.
    changed = [f"{one.name} = excluded.{one.name}" for one in of.columns if one.name not in of.key]
    conflict = f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING"
    # All names are those of declarations.
    into = f"INSERT INTO {of.name} ({columns(of)}) VALUES ({marks})"  # noqa: S608
    return f"{into} ON CONFLICT ({', '.join(of.key)}) DO {conflict}"


@lru_cache(maxsize=256)
def _update(kind: type) -> str:
    """Return the statement that changes a row where it is; SQLite would otherwise write every index anew."""
    of = shape(kind)
    changed, key = (", ".join(f"{name} = ?" for name in of.free), " AND ".join(f"{name} = ?" for name in of.key))
    return f"UPDATE {of.name} SET {changed} WHERE {key}"  # noqa: S608


@lru_cache(maxsize=256)
def _delete(kind: type) -> str:
    """Return the statement that deletes a row by its key."""
    of = shape(kind)
    return f"DELETE FROM {of.name} WHERE {' AND '.join(f'{name} = ?' for name in of.key)}"  # noqa: S608
