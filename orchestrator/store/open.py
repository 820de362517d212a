"""Opening of a store by its name: a SQLite file, or the address of a PostgreSQL database."""

from collections.abc import Iterable
from pathlib import Path

from orchestrator.store.database import Database
from orchestrator.store.errors import CannotServe
from orchestrator.store.sqlite import SqliteDatabase

__all__ = ["is_postgres", "open_database"]


def is_postgres(store: str) -> bool:
    """Tell whether a name is the address of a PostgreSQL database."""
    return store.startswith(("postgresql://", "postgres://"))


def open_database(store: str | Path, tables: Iterable[type]) -> Database:
    """Open a database.

    Parameters
    ----------
    store
        The path of a SQLite file, made when it is not there, or a ``postgresql://`` address.
    tables
        The classes of its rows.

    Raises
    ------
    CannotServe
        When it cannot be used.
    """
    name = str(store)
    if is_postgres(name):
        try:
            from orchestrator.store.postgres import PostgresDatabase
        except ImportError as error:
            raise CannotServe(f'PostgreSQL needs psycopg: pip install "sojourn[serve]" ({error})') from error
        return PostgresDatabase(name, tables)
    if "://" in name:
        scheme = name.partition("://")[0]
        raise CannotServe(f"{scheme}:// is no store that is known; give a file for SQLite, or postgresql://...")
    return SqliteDatabase(Path(store), tables)
