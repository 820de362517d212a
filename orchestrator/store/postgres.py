"""PostgreSQL store: rows in a database that several service processes share.

A batch is two round trips. The first begins it, waits for its turn, and fetches the rows that the commands need. The
second writes all rows, with one statement for each table, and commits. Values travel as one JSON parameter, which both
ends read and write in C.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row
from pydantic_core import to_json

from orchestrator.store.errors import (
    CannotServe,
    Damaged,
    Full,
    NotApplied,
    StoreUnreachable,
    Unavailable,
    Unsure,
    refusal,
)
from orchestrator.store.migrations import VERSION
from orchestrator.store.overlay import Changes, Overlay, grouped, written
from orchestrator.store.sql import Dialect, Selection, columns, conditions, create, maker, select
from orchestrator.store.unit import Column, Need, TableSchema, Unit, schema_of

__all__ = ["DIALECT", "PostgresDatabase"]

# What it logs of a batch that has failed, it also raises; the log would have it once for each request.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)

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
"""Seconds for which query plans are kept. A plan that was made while a table was small may read all of a tenant's rows
instead of looking one up, and the server keeps it until it analyses the table, minutes later."""

IDLE = 30
"""Seconds after which the server ends a transaction whose process says nothing more, because others wait for its lock:
that process is stopped, or its machine is gone."""

NETWORK: Mapping[str, int] = {
    "connect_timeout": 10, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}  # fmt: skip
"""Parameters of a connection, unless its address has others (seconds; the last in ms): a server whose machine or
network is gone is noticed within 11 s, not after hours."""

_FULL = "53100"
_DAMAGED = ("XX001", "XX002")
_UNUSABLE = ("08", "25006", "40", "53", "55P03", "57", "58", "XX")
"""Beginnings of SQLSTATE that do not come from what was asked: connections, a standby server, locks, memory, disk,
operators, the system, and damage."""

_SETTINGS = (
    # A plan made while a table was small must not be kept when it is large; by index is right for both.
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; "
    "SET plan_cache_mode = force_generic_plan; SET lock_timeout = '10s'; SET client_min_messages = warning; "
    f"SET idle_in_transaction_session_timeout = '{IDLE}s'; "
    # Kept as it is checked, even if the server's configuration is changed and read again.
    "SELECT set_config('synchronous_commit', current_setting('synchronous_commit'), false)"
)


class _Rows:
    """The rows of a connection, for an `Overlay`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, row_type: type, key: Values) -> Any:
        """Return the row with a key, or ``None``."""
        values = self._ask(Selection(row_type, "key", len(key)), key).fetchone()
        return None if values is None else maker(row_type)(values)

    def find(
        self, row_type: type, index: str, values: Values, after: Values, limit: int | None, descending: bool
    ) -> list[Any]:
        """Return rows in the order of an index."""
        selection = Selection(row_type, index, len(values), len(after), limit is not None, descending)
        parameters = (*values, *after) if limit is None else (*values, *after, limit)
        return list(map(maker(row_type), self._ask(selection, parameters).fetchall()))

    def count(self, row_type: type, index: str, values: Values) -> int:
        """Return how many rows begin with values."""
        row = self._ask(Selection(row_type, index, len(values), counted=True), values).fetchone()
        return int(row[0]) if row else 0

    def _ask(self, selection: Selection, values: Values) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run a query."""
        try:
            return self._connection.execute(select(selection, "%s"), values, prepare=True)
        except psycopg.Error as error:
            raise _failure(error) from error


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
        When it cannot be reached, is not set up to be durable, or has the schema of a later version.
    """

    in_memory = False
    courtesy = 0.0  # most of the time the thread waits for the server

    def __init__(self, address: str, tables: Iterable[type]) -> None:
        self._address = address
        self._writer: Connection | None = None
        self._reader: Connection | None = None
        self._reading = Lock()
        self._planned: dict[Connection, float] = {}
        try:
            self._writer = _checked(address)
            _migrate(self._writer, tables)
        except psycopg.Error as error:
            self.close()
            raise _refused(address, error) from error
        except CannotServe:
            self.close()
            raise
        self._unit = Overlay(_Rows(self._writer))
        self._changes: Sequence[Changes] = ()

    def begin(self, needs: Sequence[Need]) -> Unit:
        """Begin a transaction when it is this writer's turn, and fetch the needed rows."""
        while True:
            kept = self._writer is not None and not self._writer.closed
            try:
                self._begin(needs)
            except (psycopg.Error, CannotServe) as error:
                # That a connection has been lost since the last batch is noticed only now; nothing has been done yet.
                if not kept or self._writer is None or not self._writer.closed:
                    raise Unavailable(_sentence(error)) from error
            else:
                return self._unit

    def _begin(self, needs: Sequence[Need]) -> None:
        """Begin a transaction, on a new connection if there is none."""
        if self._writer is None or self._writer.closed:
            self._writer = _checked(self._address)
        self._unit = Overlay(_Rows(self._writer))
        with self._writer.pipeline() as pipeline:
            self._writer.execute("BEGIN")
            self._plan_anew(self._writer)
            self._writer.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            fetches = [(group, self._fetch(*group)) for group in grouped(needs)]
            pipeline.sync()
            for (row_type, index, values), cursor in fetches:
                self._unit.learn(row_type, index, values, map(maker(row_type), cursor.fetchall()))

    def flush(self) -> None:
        """Collect the changes, which go to the server with the commit."""
        self._changes = self._unit.changes()

    def commit(self) -> Mapping[type, Sequence[Any]]:
        """Write the rows and make them durable; they are on the server's disk when this returns."""
        assert self._writer is not None
        try:
            with self._writer.pipeline():
                for row_type, put, kept, gone in self._changes:
                    if gone:
                        self._writer.execute(_delete(row_type), (_packed(schema_of(row_type).key, gone),), prepare=True)
                    if put or kept:
                        names = [column.name for column in schema_of(row_type).columns]
                        values = map(schema_of(row_type).values, [*put, *kept])
                        self._writer.execute(_upsert(row_type), (_packed(names, values),), prepare=True)
                self._writer.execute("COMMIT")  # skipped by the server if it has refused another statement
        except psycopg.Error as error:
            # A server that gives a reason and goes on has applied nothing. After a lost connection nobody can tell.
            refused = error.sqlstate is not None and not self._writer.closed
            raise (_failure(error) if refused else Unsure(_sentence(error))) from error
        return written(self._changes)

    def rollback(self) -> None:
        """Undo the transaction, if one is open; close a connection that fails to."""
        if self._writer is None or self._writer.closed:
            return
        try:
            if self._writer.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                self._writer.execute("ROLLBACK")
        except psycopg.Error:
            self._writer.close()

    def look(self, query: Callable[[Unit], T]) -> T:
        """Return the result of a query; all its reads are of one instant."""
        with self._reading:
            while True:
                kept = self._reader is not None and not self._reader.closed
                try:
                    return self._look(query)
                except (psycopg.Error, NotApplied) as error:
                    lost = self._reader is not None and self._reader.closed
                    if self._reader is not None:
                        self._reader.close()
                    if not (kept and lost):  # else the connection was lost since the last read
                        raise _failure(error) from error

    def _look(self, query: Callable[[Unit], T]) -> T:
        """Return the result of a query, on a new connection if there is none."""
        if self._reader is None or self._reader.closed:
            self._reader = _connect(self._address)
        reader = self._reader
        self._plan_anew(reader)
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            return query(Overlay(_Rows(reader)))
        finally:
            if not reader.closed:
                reader.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connections."""
        for connection in (self._writer, self._reader):
            if connection is not None:
                with suppress(psycopg.Error):
                    connection.close()

    def _plan_anew(self, connection: Connection) -> None:
        """Discard a connection's query plans if they are too old."""
        now = time.monotonic()
        if now - self._planned.get(connection, now - PLANS_LAST) >= PLANS_LAST:
            connection.execute("DISCARD PLANS")
            self._planned = {kept: at for kept, at in self._planned.items() if not kept.closed} | {connection: now}

    def _fetch(self, row_type: type, index: str, values: list[Values]) -> psycopg.Cursor[tuple[Any, ...]]:
        """Fetch the rows that begin with any of some values."""
        assert self._writer is not None
        schema = schema_of(row_type)
        prefix = len(values[0])
        return self._writer.execute(
            _prefetch(row_type, index, prefix), (_packed(schema.orders[index][:prefix], values),), prepare=True
        )


def _connect(address: str) -> Connection:
    """Open a connection whose transactions are begun and ended explicitly."""
    own: dict[str, Any] = {name: value for name, value in NETWORK.items() if name not in conninfo_to_dict(address)}
    connection = psycopg.connect(address, autocommit=True, row_factory=tuple_row, **own)
    try:
        connection.execute(_SETTINGS)
    except BaseException:
        connection.close()
        raise
    return connection


def _checked(address: str) -> Connection:
    """Open a connection to a server whose commits are durable; any other one is closed again."""
    connection = _connect(address)
    try:
        _check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: Connection) -> None:
    """Check that the server's commits are durable."""
    encoding = connection.execute("SHOW server_encoding").fetchone()
    if encoding is None or encoding[0] != "UTF8":
        raise CannotServe(f"the PostgreSQL database has encoding {encoding and encoding[0]}; UTF8 is needed")
    for name, accepted in DURABLE.items():
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
        if row is None or row[0] not in ((accepted,) if isinstance(accepted, str) else accepted):
            value = row and row[0]
            raise CannotServe(f"the PostgreSQL server has {name} = {value}, but an answer is durable only with on")


def _migrate(connection: Connection, tables: Iterable[type]) -> None:
    """Bring the database to the schema of this program; one process does it at a time."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        connection.execute("CREATE TABLE IF NOT EXISTS sojourn_schema (version bigint NOT NULL)")
        row = connection.execute("SELECT version FROM sojourn_schema").fetchone()
        if row is not None and row[0] > VERSION:
            raise CannotServe(f"the database has schema version {row[0]}, this program knows versions up to {VERSION}")
        for row_type in tables:
            for statement in create(schema_of(row_type), DIALECT):
                connection.execute(statement)
            _compare(connection, schema_of(row_type))
        if row is None:
            connection.execute("INSERT INTO sojourn_schema VALUES (%s)", (VERSION,))


def _compare(connection: Connection, schema: TableSchema) -> None:
    """Check that a table has the columns of its rows' class."""
    statement = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    names = {row[0] for row in connection.execute(statement, (schema.name,))}
    wanted = {column.name for column in schema.columns}
    if names != wanted:
        odd = ", ".join(sorted(names ^ wanted))
        raise CannotServe(f"the PostgreSQL database has another table {schema.name}: {odd} are not in both")


def _packed(names: Sequence[str], rows: Iterable[Values]) -> str:
    """Return rows as the JSON that `_recordset` reads."""
    return to_json([dict(zip(names, row, strict=False)) for row in rows], bytes_mode="hex").decode()


def _recordset(named: Iterable[Column]) -> str:
    """Return the clause that reads rows from the JSON that `_packed` writes."""
    listed = [f"{column.name} {'text' if column.type is bytes else DIALECT.type_of(column.type)}" for column in named]
    return f"json_to_recordset(%s::json) AS given({', '.join(listed)})"


def _named(schema: TableSchema, names: Iterable[str]) -> list[Column]:
    known = {column.name: column for column in schema.columns}
    return [known[name] for name in names]


@lru_cache(maxsize=256)
def _prefetch(row_type: type, index: str, prefix: int) -> str:
    """Return the statement that finds the rows that begin with any of the given values."""
    schema = schema_of(row_type)
    named = _named(schema, schema.orders[index][:prefix])
    on = [f"t.{column.name} = given.{column.name}" for column in named]
    on += [f"t.{condition}" for condition in conditions(schema, index)]
    listed = ", ".join(f"t.{column.name}" for column in schema.columns)
    return f"SELECT {listed} FROM {_recordset(named)} JOIN {schema.name} t ON {' AND '.join(on)}"  # noqa: S608 - names


@lru_cache(maxsize=256)
def _upsert(row_type: type) -> str:
    """Return the statement that inserts rows or replaces those that have their keys."""
    schema = schema_of(row_type)
    taken = [f"decode({column.name}, 'hex')" if column.type is bytes else column.name for column in schema.columns]
    changed = [f"{column.name} = excluded.{column.name}" for column in schema.columns if column.name not in schema.key]
    conflict = f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING"
    rows = f"SELECT {', '.join(taken)} FROM {_recordset(schema.columns)}"  # noqa: S608 - names of a declaration
    return f"INSERT INTO {schema.name} ({columns(schema)}) {rows} ON CONFLICT ({', '.join(schema.key)}) DO {conflict}"


@lru_cache(maxsize=256)
def _delete(row_type: type) -> str:
    """Return the statement that deletes rows by their keys."""
    schema = schema_of(row_type)
    on = " AND ".join(f"t.{name} = given.{name}" for name in schema.key)
    return f"DELETE FROM {schema.name} t USING {_recordset(_named(schema, schema.key))} WHERE {on}"  # noqa: S608 - names


def _failure(error: psycopg.Error | NotApplied) -> NotApplied:
    """Return the error to raise for one of PostgreSQL; nothing of the transaction is kept."""
    if isinstance(error, NotApplied):
        return error
    state = error.sqlstate or ("08" if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else "")
    if state == _FULL:
        return Full(_sentence(error))
    if state in _DAMAGED:
        return Damaged(_sentence(error))
    return (Unavailable if state.startswith(_UNUSABLE) else NotApplied)(_sentence(error))


def _refused(address: str, error: psycopg.Error) -> CannotServe:
    """Return the sentence for a database that cannot be used; libpq repeats parts of an address that it cannot read."""
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return CannotServe(
            "the address of the PostgreSQL database cannot be read; give postgresql://USER:PASSWORD@HOST:PORT/DATABASE "
            "with special characters as %XX"
        )
    sentence = f"the PostgreSQL database cannot be used: {_without_password(address, _sentence(error))}"
    if error.sqlstate is not None:
        return refusal(_failure(error), sentence)
    final = "FATAL" in sentence and not _LATER.search(sentence)
    return (CannotServe if final else StoreUnreachable)(sentence)


_LATER = re.compile(r"the database system is|too many|connection limit|connection slots")
"""Words with which a server that answers may take the same connection later."""


def _without_password(address: str, sentence: str) -> str:
    """Return a sentence without the password of an address, or any part of it."""
    password = address.partition("://")[2].rpartition("@")[0].partition(":")[2]
    for part in sorted({password, unquote(password), *re.split("[@:/?#]", password)}, key=len, reverse=True):
        if len(part) > 3:
            sentence = sentence.replace(part, "***")
    return sentence


def _sentence(error: BaseException) -> str:
    """Return the message of an error in one line; libpq names hosts and users there, but no password."""
    return " ".join(str(error).split())
