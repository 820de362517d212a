"""PostgreSQL store: rows in a database that several service processes share.

A batch is two round trips. The first begins it, waits for its turn, and fetches the rows that the commands need. The
second writes all rows, with one statement for each table, and commits. Values travel as one JSON parameter, which both
ends read and write in C.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any, TypeVar

import psycopg

from orchestrator.store.errors import CannotServe, NotApplied, Unavailable, Unsure
from orchestrator.store.overlay import Changes, Overlay, grouped, written
from orchestrator.store.postgres_connection import LOCK, Connection, connect, connect_durably, migrate
from orchestrator.store.postgres_errors import failure_of, one_line, refusal_of
from orchestrator.store.postgres_statements import delete, packed, prefetch, upsert
from orchestrator.store.sql import Selection, maker, select
from orchestrator.store.unit import Need, Unit, schema_of

__all__ = ["PostgresDatabase"]

T = TypeVar("T")
Values = tuple[Any, ...]

PLANS_LAST = 1.0
"""Seconds for which query plans are kept. A plan that was made while a table was small may read all of a tenant's rows
instead of looking one up, and the server keeps it until it analyses the table, minutes later."""


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
            raise failure_of(error) from error


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
            self._writer = connect_durably(address)
            migrate(self._writer, tables)
        except psycopg.Error as error:
            self.close()
            raise refusal_of(address, error) from error
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
                    raise Unavailable(one_line(error)) from error
            else:
                return self._unit

    def _begin(self, needs: Sequence[Need]) -> None:
        """Begin a transaction, on a new connection if there is none."""
        if self._writer is None or self._writer.closed:
            self._writer = connect_durably(self._address)
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
                        self._writer.execute(delete(row_type), (packed(schema_of(row_type).key, gone),), prepare=True)
                    if put or kept:
                        names = [column.name for column in schema_of(row_type).columns]
                        values = map(schema_of(row_type).values, [*put, *kept])
                        self._writer.execute(upsert(row_type), (packed(names, values),), prepare=True)
                self._writer.execute("COMMIT")  # skipped by the server if it has refused another statement
        except psycopg.Error as error:
            # A server that gives a reason and goes on has applied nothing. After a lost connection nobody can tell.
            refused = error.sqlstate is not None and not self._writer.closed
            raise (failure_of(error) if refused else Unsure(one_line(error))) from error
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
                        raise failure_of(error) from error

    def _look(self, query: Callable[[Unit], T]) -> T:
        """Return the result of a query, on a new connection if there is none."""
        if self._reader is None or self._reader.closed:
            self._reader = connect(self._address)
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
            prefetch(row_type, index, prefix), (packed(schema.orders[index][:prefix], values),), prepare=True
        )
