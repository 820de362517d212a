"""The forgetful disk keeps what was synced and may lose the rest; the recorder misses nothing."""

import random
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.forgetful_disk import Create, Disk, Fate, Operation, Remove, Sync, SyncFolder, Truncate, Write
from tests.support.sqlite_recorder import recording

LOST, KEPT, TORN = Fate(keep=0), Fate(keep=1), Fate(keep=0, torn=1)
MIXED = Fate(keep=0.5)


def disk(*operations: Operation) -> Disk:
    """Return a disk with durable, empty files, after some operations."""
    made = Disk({"a": b""})
    for operation in operations:
        made.apply(operation)
    return made


def contents_after(made: Disk, fate: Fate, seed: int = 0) -> dict[str, bytes]:
    return made.after_power_loss(fate, random.Random(seed))


def outcomes(made: Disk, fate: Fate) -> set[bytes | None]:
    """Return the contents of a file after each of 200 power losses."""
    return {contents_after(made, fate, seed).get("a") for seed in range(200)}


def test_what_was_synced_stays_whatever_happens() -> None:
    made = disk(Write("a", 0, b"x" * 2000), Sync("a"))
    for fate in (LOST, KEPT, TORN, MIXED):
        assert outcomes(made, fate) == {b"x" * 2000}


def test_what_was_not_synced_is_undone() -> None:
    made = disk(Write("a", 0, b"old"), Sync("a"), Write("a", 0, b"new"), Write("a", 3, b" and more"))
    assert made.seen() == {"a": b"new and more"}
    assert contents_after(made, LOST) == {"a": b"old"}
    assert contents_after(made, KEPT) == {"a": b"new and more"}


def test_each_sector_has_a_fate_of_its_own() -> None:
    made = disk(Write("a", 0, b"o" * 1024), Sync("a"), Write("a", 500, b"n" * 24))
    sectors = {b"o" * 500 + b"n" * 12, b"o" * 512}, {b"n" * 12 + b"o" * 500, b"o" * 512}
    assert outcomes(made, MIXED) == {first + second for first in sectors[0] for second in sectors[1]}


def test_a_later_write_may_reach_the_disk_before_an_earlier_one() -> None:
    made = disk(Write("a", 0, b"1"), Write("a", 512, b"2"))
    assert outcomes(made, MIXED) == {b"", b"1", bytes(512) + b"2", b"1" + bytes(511) + b"2"}


def test_a_torn_sector_holds_the_beginning_of_what_was_written() -> None:
    made = disk(Write("a", 0, b"oooo"), Sync("a"), Write("a", 0, b"nnnn"))
    assert outcomes(made, TORN) == {b"oooo", b"nooo", b"nnoo", b"nnno"}


def test_a_truncation_may_be_undone_too() -> None:
    made = disk(Write("a", 0, b"content"), Sync("a"), Truncate("a", 3))
    assert outcomes(made, MIXED) == {b"content", b"con"}
    made.apply(Sync("a"))
    assert outcomes(made, LOST) == {b"con"}


def test_a_truncation_can_make_a_file_longer() -> None:
    assert contents_after(disk(Write("a", 0, b"a"), Truncate("a", 3)), KEPT) == {"a": b"a\0\0"}


def test_a_new_file_needs_the_folder_to_be_synced() -> None:
    made = disk(Create("b"), Write("b", 0, b"new"), Sync("b"))
    assert contents_after(made, LOST) == {"a": b""}
    assert contents_after(made, KEPT) == {"a": b"", "b": b"new"}
    made.apply(SyncFolder())
    assert contents_after(made, LOST) == {"a": b"", "b": b"new"}


def test_a_removed_file_may_come_back_as_it_was() -> None:
    made = disk(Write("a", 0, b"old"), Sync("a"), Remove("a"), Create("a"), Write("a", 0, b"new"), Sync("a"))
    assert outcomes(made, MIXED) == {b"old", b"new"}
    made.apply(SyncFolder())
    assert outcomes(made, MIXED) == {b"new"}
    made.apply(Remove("a"))
    made.apply(SyncFolder())
    assert outcomes(made, MIXED) == {None}


def _contents(folder: Path) -> dict[str, bytes]:
    # The index of the WAL is shared memory that any reader makes anew, and is no part of what is kept.
    return {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.endswith("-shm")}


def _fill(database: sqlite3.Connection, numbers: Iterable[int]) -> None:
    for number in numbers:
        database.execute("INSERT INTO t VALUES (?, ?)", (number, f"{number} " * 100))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["wal", "delete", "truncate", "persist"])
def test_the_recorder_misses_nothing(tmp_path: Path, mode: str) -> None:
    made = Disk()
    done = 0
    with recording(tmp_path) as log:
        for step in range(4):
            with closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as database:
                database.execute(f"PRAGMA journal_mode = {mode}")
                database.execute("PRAGMA wal_autocheckpoint = 20")
                database.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, text TEXT)")
                _fill(database, range(50 * step, 50 * step + 50))
                database.execute("BEGIN")
                _fill(database, range(1000, 1050))
                database.execute("ROLLBACK")
                for operation in log[done:]:
                    made.apply(operation)
                done = len(log)
                assert made.seen() == _contents(tmp_path)
            database_closed, done = log[done:], len(log)
            for operation in database_closed:
                made.apply(operation)
            assert made.seen() == _contents(tmp_path)
    assert not any(name.endswith("-shm") for name in made.seen())


def test_only_the_folder_is_recorded_and_only_meanwhile(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with recording(inside) as log:
        for path in (tmp_path / "other.db", inside / "one.db"):
            with closing(sqlite3.connect(path)) as database:
                database.execute("CREATE TABLE t (n)")
        names = {operation.name for operation in log if not isinstance(operation, SyncFolder)}
    with closing(sqlite3.connect(inside / "later.db")) as database:
        database.execute("CREATE TABLE t (n)")
    assert names == {"one.db", "one.db-journal"}
    assert {operation.name for operation in log if not isinstance(operation, SyncFolder)} == names


@pytest.mark.parametrize(("synchronous", "kept"), [("FULL", True), ("NORMAL", False), ("OFF", False)])
def test_it_tells_the_settings_of_sqlite_apart(tmp_path: Path, synchronous: str, kept: bool) -> None:
    folder, left = tmp_path / "on", tmp_path / "left"
    folder.mkdir(), left.mkdir()
    made = Disk()
    with recording(folder) as log, closing(sqlite3.connect(folder / "t.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = wal")
        database.execute(f"PRAGMA synchronous = {synchronous}")
        database.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)")
        _fill(database, range(20))
        for operation in list(log):
            made.apply(operation)
        for name, content in contents_after(made, LOST).items():
            (left / name).write_bytes(content)
    with closing(sqlite3.connect(left / "t.db")) as database:
        table = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 't'").fetchone()[0]
        rows = database.execute("SELECT count(*) FROM t").fetchone()[0] if table else 0
    assert (rows == 20) is kept
