"""Backup of a SQLite store."""

import sqlite3
from contextlib import closing
from pathlib import Path

from orchestrator.store.errors import CannotServe

__all__ = ["back_up"]


def back_up(store: str, target: Path) -> int:
    """Copy a store while it is served; the copy is of one instant.

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
        When the store is no SQLite file, or the target exists already.
    """
    if "://" in store:
        raise CannotServe('the database server makes its own backups: pg_dump --format=custom --file=FILE "$STORE"')
    if not Path(store).is_file():
        raise CannotServe(f"{store}: does not exist, so there is nothing to back up")
    if target.exists():
        raise CannotServe(f"{target}: exists already; a backup never overwrites a file")
    try:
        with (
            closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy, pages=1000)
            problem = copy.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise CannotServe(f"{store}: cannot be backed up to {target}: {error}") from error
    if problem != "ok":
        raise CannotServe(f"{target}: the copy is damaged: {problem}")
    return target.stat().st_size
