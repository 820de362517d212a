"""Rows in a PostgreSQL database that several service processes share.

A batch is two round trips: one begins it, waits for its turn, and fetches what the commands need; one writes all rows,
a statement for each table, and commits. Values travel as one JSON parameter, which both ends read and write in C.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

import psycopg
from psycopg.rows import tuple_row
from pydantic_core import to_json

from orchestrator.store.errors import CannotServe, NotApplied, Unsure
from orchestrator.store.migrations import VERSION
from orchestrator.store.overlay import Changes, Overlay, grouped, written
from orchestrator.store.sql import Dialect, Query, columns, conditions, create, maker, query
from orchestrator.store.unit import Column, Need, Shape, Unit, shape

__all__ = ["DIALECT", "PostgresDatabase"]

T = TypeVar("T")
Values = tuple[Any, ...]
Connection = psycopg.Connection[tuple[Any, ...]]

# Text is compared by code points, as SQLite and Python do; a locale's order would make pages overlap.
DIALECT = Dialect(
    ((str, 'text COLLATE "C"'), (int, "bigint"), (float, "double precision"), (bytes, "bytea"), (bool, "boolean")),
    "%s", "",
)  # fmt: skip

LOCK = 0x50_6A_6F_75_72_6E
"""The advisory lock that the writers of one database take in turn."""

DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": ("on", "remote_apply")}

PLANS_LAST = 1.0
"""Seconds for which plans are kept. One that was made while a table was small may walk all of a tenant's
rows where it could look one up, and the server keeps it until it happens to analyse the table, minutes later."""

_SETTINGS = (
    # A plan made while a table was small must not be kept when it is large; by index is right for both.
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; "
    "SET plan_cache_mode = force_generic_plan; SET lock_timeout = '10s'; SET client_min_messages = warning"
)


class _Rows:
    """The rows of a connection, as an `Overlay` asks for them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def one(self, kind: type, key: Values) -> Any:
        """Return the row with a key, or ``None``."""
        values = self._ask(Query(kind, "key", len(key)), key).fetchone()
        return None if values is None else maker(kind)(values)

    def several(
        self, kind: type, index: str, values: Values, after: Values, limit: int | None, descending: bool
    ) -> list[Any]:
        """Return rows in the order of an index."""
        asked = Query(kind, index, len(values), len(after), limit is not None, descending)
        given = (*values, *after) if limit is None else (*values, *after, limit)
        return list(map(maker(kind), self._ask(asked, given).fetchall()))

    def number(self, kind: type, index: str, values: Values) -> int:
        """Return how many rows begin with values."""
        row = self._ask(Query(kind, index, len(values), counted=True), values).fetchone()
        return int(row[0]) if row else 0

    def _ask(self, asked: Query, values: Values) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run a query."""
        try:
            return self._connection.execute(query(asked, "%s"), values, prepare=True)
        except psycopg.Error as error:
            raise NotApplied(_sentence(error)) from error


class PostgresDatabase:
    """A `Database` on a PostgreSQL server.

    Parameters
    ----------
    address
        ``postgresql://user:password@host/database``, as libpq reads it.
    tables
        The rows' classes.

    Raises
    ------
    CannotServe
        When it cannot be reached, its settings do not keep what is committed, or its schema is a later program's.
    """

    inline = 0
    near = False

    def __init__(self, address: str, tables: Iterable[type]) -> None:
        self._address = address
        self._writer: Connection | None = None
        self._reader: Connection | None = None
        self._reading = Lock()
        self._planned: dict[Connection, float] = {}
        try:
            self._writer = _connect(address)
            _check(self._writer)
            _migrate(self._writer, tables)
        except psycopg.Error as error:
            self.close()
            raise CannotServe(f"the PostgreSQL database cannot be used: {_sentence(error)}") from error
        except CannotServe:
            self.close()
            raise
        self._unit = Overlay(_Rows(self._writer))
        self._changes: Sequence[Changes] = ()

    def begin(self, needs: Sequence[Need]) -> Unit:
        """Begin a transaction when it is this writer's turn, and fetch what is needed."""
        try:
            if self._writer is None or self._writer.closed:
                self._writer = _connect(self._address)
                _check(self._writer)
            self._unit = Overlay(_Rows(self._writer))
            with self._writer.pipeline() as pipeline:
                self._writer.execute("BEGIN")
                self._plan_anew(self._writer)
                self._writer.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
                asked = [(group, self._fetch(*group)) for group in grouped(needs)]
                pipeline.sync()
                for (kind, index, values), cursor in asked:
                    self._unit.learn(kind, index, values, map(maker(kind), cursor.fetchall()))
        except (psycopg.Error, CannotServe) as error:
            raise NotApplied(_sentence(error)) from error
        return self._unit

    def flush(self) -> None:
        """Note what is to be written, which goes to the server with the commit."""
        self._changes = self._unit.changes()

    def commit(self) -> Mapping[type, Sequence[Any]]:
        """Write the rows and make them durable; they are on the server's disk when this returns."""
        assert self._writer is not None
        try:
            with self._writer.pipeline():
                for kind, put, kept, gone in self._changes:
                    if gone:
                        self._writer.execute(_delete(kind), (_packed(shape(kind).key, gone),), prepare=True)
                    if put or kept:
                        names = [column.name for column in shape(kind).columns]
                        values = map(shape(kind).values, [*put, *kept])
                        self._writer.execute(_upsert(kind), (_packed(names, values),), prepare=True)
                self._writer.execute("COMMIT")  # which the server passes over when it refused one of the others
        except psycopg.Error as error:
            # A server that names its reason, and goes on, has applied nothing; from one that is gone no one can tell.
            refused = error.sqlstate is not None and not self._writer.closed
            raise (NotApplied if refused else Unsure)(_sentence(error)) from error
        return written(self._changes)

    def rollback(self) -> None:
        """Forget the transaction, if one is open; a connection that cannot even do that is given up."""
        if self._writer is None or self._writer.closed:
            return
        try:
            if self._writer.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                self._writer.execute("ROLLBACK")
        except psycopg.Error:
            self._writer.close()

    def look(self, answer: Callable[[Unit], T]) -> T:
        """Return what a function finds; all that it reads is of one instant."""
        with self._reading:
            try:
                if self._reader is None or self._reader.closed:
                    self._reader = _connect(self._address)
                reader = self._reader
                self._plan_anew(reader)
                reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                try:
                    return answer(Overlay(_Rows(reader)))
                finally:
                    reader.execute("ROLLBACK")
            except (psycopg.Error, NotApplied) as error:
                if self._reader is not None:
                    self._reader.close()
                raise NotApplied(_sentence(error)) from error

    def close(self) -> None:
        """Close the connections."""
        for connection in (self._writer, self._reader):
            if connection is not None:
                with suppress(psycopg.Error):
                    connection.close()

    def _plan_anew(self, connection: Connection) -> None:
        """Let a connection forget plans that are too old."""
        now = time.monotonic()
        if now - self._planned.get(connection, now - PLANS_LAST) >= PLANS_LAST:
            connection.execute("DISCARD PLANS")
            self._planned = {kept: at for kept, at in self._planned.items() if not kept.closed} | {connection: now}

    def _fetch(self, kind: type, index: str, values: list[Values]) -> psycopg.Cursor[tuple[Any, ...]]:
        """Ask for the rows that begin with any of some values."""
        assert self._writer is not None
        of = shape(kind)
        given = len(values[0])
        return self._writer.execute(
            _prefetch(kind, index, given), (_packed(of.orders[index][:given], values),), prepare=True
        )


def _connect(address: str) -> Connection:
    """Open a connection whose transactions are begun and ended in so many words."""
    connection = psycopg.connect(address, autocommit=True, row_factory=tuple_row, connect_timeout=10)
    connection.execute(_SETTINGS)
    return connection


def _check(connection: Connection) -> None:
    """Make sure that the server keeps what it says it has committed."""
    encoding = connection.execute("SHOW server_encoding").fetchone()
    if encoding is None or encoding[0] != "UTF8":
        raise CannotServe(f"the PostgreSQL database has encoding {encoding and encoding[0]}; UTF8 is needed")
    for name, wanted in DURABLE.items():
        found = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
        if found is None or found[0] not in ((wanted,) if isinstance(wanted, str) else wanted):
            said = found and found[0]
            raise CannotServe(f"the PostgreSQL server has {name} = {said}, but an answer is durable only with on")


def _migrate(connection: Connection, tables: Iterable[type]) -> None:
    """Bring the database to the schema of this program; one process does it at a time."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        connection.execute("CREATE TABLE IF NOT EXISTS sojourn_schema (version bigint NOT NULL)")
        row = connection.execute("SELECT version FROM sojourn_schema").fetchone()
        if row is not None and row[0] > VERSION:
            raise CannotServe(f"the database has schema version {row[0]}, this program knows versions up to {VERSION}")
        for kind in tables:
            for statement in create(shape(kind), DIALECT):
                connection.execute(statement)
            _compare(connection, shape(kind))
        if row is None:
            connection.execute("INSERT INTO sojourn_schema VALUES (%s)", (VERSION,))


def _compare(connection: Connection, of: Shape) -> None:
    """Make sure that a table has the columns of the rows' class."""
    asked = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    found = {row[0] for row in connection.execute(asked, (of.name,))}
    wanted = {column.name for column in of.columns}
    if found != wanted:
        odd = ", ".join(sorted(found ^ wanted))
        raise CannotServe(f"the PostgreSQL database has another table {of.name}: {odd} are not in both")


def _packed(names: Sequence[str], rows: Iterable[Values]) -> str:
    """Return rows as the JSON that `_recordset` reads."""
    return to_json([dict(zip(names, row, strict=False)) for row in rows], bytes_mode="hex").decode()


def _recordset(named: Iterable[Column]) -> str:
    """Return the clause that reads rows from the JSON that `_packed` writes."""
    listed = [f"{one.name} {'text' if one.type is bytes else DIALECT.type_of(one.type)}" for one in named]
    return f"json_to_recordset(%s::json) AS given({', '.join(listed)})"


def _named(of: Shape, names: Iterable[str]) -> list[Column]:
    known = {column.name: column for column in of.columns}
    return [known[name] for name in names]


@lru_cache(maxsize=256)
def _prefetch(kind: type, index: str, given: int) -> str:
    """Return the statement that finds the rows that begin with any of the given values."""
    of = shape(kind)
    named = _named(of, of.orders[index][:given])
    on = [f"t.{one.name} = given.{one.name}" for one in named] + [f"t.{one}" for one in conditions(of, index)]
    listed = ", ".join(f"t.{column.name}" for column in of.columns)
    return f"SELECT {listed} FROM {_recordset(named)} JOIN {of.name} t ON {' AND '.join(on)}"  # noqa: S608 - names


@lru_cache(maxsize=256)
def _upsert(kind: type) -> str:
    """Return the statement that inserts rows or replaces those that have their keys."""
    of = shape(kind)
    taken = [f"decode({one.name}, 'hex')" if one.type is bytes else one.name for one in of.columns]
    changed = [f"{one.name} = excluded.{one.name}" for one in of.columns if one.name not in of.key]
    conflict = f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING"
    rows = f"SELECT {', '.join(taken)} FROM {_recordset(of.columns)}"  # noqa: S608 - names of a declaration
    return f"INSERT INTO {of.name} ({columns(of)}) {rows} ON CONFLICT ({', '.join(of.key)}) DO {conflict}"


@lru_cache(maxsize=256)
def _delete(kind: type) -> str:
    """Return the statement that deletes rows by their keys."""
    of = shape(kind)
    on = " AND ".join(f"t.{name} = given.{name}" for name in of.key)
    return f"DELETE FROM {of.name} t USING {_recordset(_named(of, of.key))} WHERE {on}"  # noqa: S608 - names


def _sentence(error: BaseException) -> str:
    """Return what an error says, in one line; libpq names hosts and users there, but no password."""
    return " ".join(str(error).split())
