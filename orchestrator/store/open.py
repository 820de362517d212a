"""Opening of a store by its name: a SQLite file, or the address of a PostgreSQL database."""

from collections.abc import Iterable
from pathlib import Path

from orchestrator.store.database import Database
from orchestrator.store.errors import CannotServe
from orchestrator.store.sqlite import SqliteDatabase

__all__ = ["file_of", "is_postgres", "open_database"]

_SCHEMES = ("postgresql", "postgres", "mysql", "mariadb", "sqlite", "file")
"""Beginnings of addresses that are taken for such although ``//`` is missing."""


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
    return SqliteDatabase(file_of(name), tables)


def file_of(store: str) -> Path:
    """Return the file of a SQLite store.

    Raises
    ------
    CannotServe
        When the name is an address.
    """
    scheme, colon, rest = store.partition(":")
    if colon and (rest.startswith("//") or scheme in _SCHEMES):
        address = f"{scheme[:40]}://" if rest.startswith("//") else f"{scheme}:"
        raise CannotServe(
            f"{address} is no store that is known; give a file for SQLite, or postgresql://USER@HOST/DATABASE"
        )
    return Path(store)
