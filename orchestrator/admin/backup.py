"""Backup of a SQLite store."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from orchestrator.store.errors import CannotServe, StoreDamaged, refusal
from orchestrator.store.open import file_of, is_postgres
from orchestrator.store.sqlite import failure, refused
from orchestrator.store.store_file import PARTIAL, check_new, check_store, shown

__all__ = ["back_up"]

PAGES = 1000
"""Pages that are copied before an interrupt is looked for."""


def back_up(store: str, target: Path) -> int:
    """Copy a store while it is served; the copy is of one instant.

    The copy gets its name when it is whole and checked, so that nothing else ever has that name.

    Parameters
    ----------
    store
        A SQLite file.
    target
        The file to write; it must not exist.

    Returns
    -------
    int
        Bytes written.

    Raises
    ------
    CannotServe
        When the store is no SQLite file of the endpoint or is damaged, or the target exists or cannot be written.
    """
    if is_postgres(store):
        raise CannotServe('the database server makes its own backups: pg_dump --format=custom --file=FILE "$STORE"')
    path = file_of(store)
    check_store(path)
    if not path.exists():
        raise CannotServe(f"{shown(path)}: does not exist, so there is nothing to back up")
    check_new(target)
    partial = target.with_name(target.name + PARTIAL)
    try:
        _copy(path, partial)
        check_new(target)
        partial.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise CannotServe(f"{shown(target)}: cannot be written: {error.strerror}") from error
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                partial.with_name(partial.name + suffix).unlink(missing_ok=True)
    return target.stat().st_size


def _copy(path: Path, partial: Path) -> None:
    """Copy a store, and check the copy."""
    partial.unlink(missing_ok=True)  # of a backup that was killed
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
            # While this transaction lasts, what others write does not make the copy begin anew.
            source.execute("BEGIN")
            if not source.execute("SELECT count(*) FROM sqlite_master WHERE name = 'journeys'").fetchone()[0]:
                raise CannotServe(f"{shown(path)}: is no store of the endpoint")
            problem = _copied(source, path, partial)
    except sqlite3.Error as error:
        raise refused(path, error) from error
    if problem != "ok":
        raise StoreDamaged(f"{shown(path)}: is damaged, so no backup was written: {problem}; restore an earlier one")


def _copied(source: sqlite3.Connection, path: Path, partial: Path) -> str:
    """Copy a database; return what is wrong with the copy, or ``ok``."""
    with closing(sqlite3.connect(partial)) as copy:
        try:
            source.backup(copy, pages=PAGES, progress=_heed_interrupts)
            return str(copy.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.Error as error:
            raise refusal(failure(error), f"{shown(path)}: cannot be backed up: {error}") from error


def _heed_interrupts(*_: int) -> None:
    """Let Python handle signals."""


def _sync(folder: Path) -> None:
    """Make the names of files in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
