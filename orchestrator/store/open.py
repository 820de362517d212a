"""Opening the database that a name stands for."""

from pathlib import Path

from orchestrator.features import PARTS
from orchestrator.service.service import tables_of
from orchestrator.store.database import Database
from orchestrator.store.errors import CannotServe
from orchestrator.store.sqlite import SqliteDatabase

__all__ = ["is_postgres", "open_database"]


def is_postgres(store: str) -> bool:
    """Tell whether a name is that of a PostgreSQL database."""
    return store.startswith(("postgresql://", "postgres://"))


def open_database(store: str | Path) -> Database:
    """Open a database with the tables of all parts.

    Parameters
    ----------
    store
        The path of a SQLite file, made when it is not there, or a ``postgresql://`` address.

    Returns
    -------
    Database
        Ready.

    Raises
    ------
    CannotServe
        When it cannot be used.
    """
    tables = tables_of(PARTS)
    name = str(store)
    if is_postgres(name):
        try:
            from orchestrator.store.postgres import PostgresDatabase
        except ImportError as error:
            raise CannotServe(f'PostgreSQL needs psycopg: pip install "sojourn[serve]" ({error})') from error
        return PostgresDatabase(name, tables)
    if "://" in name:
        kind = name.partition("://")[0]
        raise CannotServe(f"{kind}:// is no store that is known; give a file for SQLite, or postgresql://...")
    return SqliteDatabase(Path(store), tables)
