"""Connections to PostgreSQL: their parameters and settings, the check for durable commits, and the schema."""

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row

from orchestrator.store.errors import CannotServe
from orchestrator.store.migrations import VERSION
from orchestrator.store.postgres_statements import DIALECT
from orchestrator.store.sql import create
from orchestrator.store.unit import TableSchema, schema_of

__all__ = ["IDLE", "LOCK", "NETWORK", "Connection", "connect", "connect_durably", "migrate"]

Connection = psycopg.Connection[tuple[Any, ...]]

LOCK = 0x50_6A_6F_75_72_6E
"""The advisory lock that the writers of one database take in turn."""

DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": ("on", "remote_apply")}

IDLE = 30
"""Seconds after which the server ends a transaction whose process says nothing more, because others wait for its lock:
that process is stopped, or its machine is gone."""

NETWORK: Mapping[str, int] = {
    "connect_timeout": 10, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}  # fmt: skip
"""Parameters of a connection, unless its address has others (seconds; the last in ms): a server whose machine or
network is gone is noticed within 11 s, not after hours."""

_SETTINGS = (
    # A plan made while a table was small must not be kept when it is large; by index is right for both.
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; "
    "SET plan_cache_mode = force_generic_plan; SET lock_timeout = '10s'; SET client_min_messages = warning; "
    f"SET idle_in_transaction_session_timeout = '{IDLE}s'; "
    # Kept as it is checked, even if the server's configuration is changed and read again.
    "SELECT set_config('synchronous_commit', current_setting('synchronous_commit'), false)"
)


def connect(address: str) -> Connection:
    """Open a connection whose transactions are begun and ended explicitly."""
    own: dict[str, Any] = {name: value for name, value in NETWORK.items() if name not in conninfo_to_dict(address)}
    connection = psycopg.connect(address, autocommit=True, row_factory=tuple_row, **own)
    try:
        connection.execute(_SETTINGS)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_durably(address: str) -> Connection:
    """Open a connection to a server whose commits are durable; any other one is closed again."""
    connection = connect(address)
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


def migrate(connection: Connection, tables: Iterable[type]) -> None:
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
