"""Migration of a scenario's file from an earlier version."""

from __future__ import annotations

from pathlib import Path

from sim.core.files import write_text
from sim.scenario.migration import Migration, migrate_scenario

__all__ = ["migrate"]


def migrate(scenario: Path | str, *, write: bool = False, days_from_0: bool = False) -> Migration:
    """Rewrite a scenario of an earlier version, so that it says today what it said then.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it.
    write
        Whether to replace the file; its comments, order and line ends stay.
    days_from_0
        Whether the days of shifts count from 0, as they did. Where one of them is 0 they do anyway.

    Returns
    -------
    Migration
        The text before and after, what is changed, and what is still wrong.

    Raises
    ------
    InvalidInput, CannotWrite
        Nothing was changed.
    """
    migration = migrate_scenario(scenario, days_from_0=days_from_0)
    if write and migration.after != migration.before:
        raw = migration.file.read_bytes()
        text = migration.after.replace("\n", "\r\n") if b"\r\n" in raw else migration.after
        write_text(migration.file, text)
    return migration
