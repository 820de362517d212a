"""Stores that cannot be used: a sentence with what is there and what to do, an exit code, and nothing left behind."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.postgres import Postgres, free_port
from orchestrator import CannotServe, open_database
from orchestrator.admin import backup, commands
from orchestrator.admin.serving import serve
from orchestrator.store.errors import StoreDamaged, StoreFull, StoreUnreachable
from orchestrator.store.open import file_of
from orchestrator.store.sqlite import refused
from orchestrator.store.store_file import check_store
from tests.support.command_line import sojourn
from tests.support.store_faults import frozen

pytestmark = pytest.mark.attack

LONG = "x" * 300
NOT_FILES = {
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "pipe": (os.mkfifo, "is a pipe"),
    "text": (
        lambda path: path.write_text("This is a text, and longer than a database's first line.\n" * 9),
        "is not a",
    ),
    "link to a device": (lambda path: path.symlink_to(os.devnull), "is a device"),
    "below a file": (Path.touch, "its folder does not exist"),
}
NAMES = {"folder": "s", "pipe": "s", "text": "s", "link to a device": "s", "below a file": "s/t"}


def contents(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


@pytest.fixture(params=NOT_FILES)
def not_a_file(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A path at which there is no store, and what is said about it."""
    make, sentence = NOT_FILES[request.param]
    make(tmp_path / "s")
    return tmp_path / NAMES[request.param], sentence


def commands_on(store: str, folder: Path) -> list[Callable[[], Any]]:
    """Return all that an operator can do with a store."""
    return [
        lambda: serve("127.0.0.1", 0, store),
        lambda: serve("0.0.0.0", 0, store),
        lambda: commands.listing(store),
        lambda: commands.add(store, "acme"),
        lambda: commands.forget(store, 1),
        lambda: commands.back_up(store, folder / "copy"),
    ]


def test_what_is_no_store_is_said_by_every_command(not_a_file: tuple[Path, str], tmp_path: Path) -> None:
    path, sentence = not_a_file
    before = contents(tmp_path)
    for command in commands_on(str(path), tmp_path):
        with pytest.raises(CannotServe, match=sentence) as refused:
            command()
        assert refused.value.exit_code == 2
        assert str(refused.value).startswith(f"{path}: ")
    assert contents(tmp_path) == before
    assert not Path(f"{os.devnull}-journal").exists()


@pytest.mark.parametrize("name", [LONG, "x" * 250])
def test_a_name_that_is_too_long_is_said_in_a_short_sentence(tmp_path: Path, name: str) -> None:
    for command in commands_on(str(tmp_path / name), tmp_path):
        with pytest.raises(CannotServe, match="its name is too long") as refused:
            command()
        assert len(str(refused.value)) < 250
    assert contents(tmp_path) == []


@pytest.mark.parametrize("store", ["mysql://anna:secret-word@127.0.0.1/x", "sqlite:x.db", "file:x.db", "postgresql:x"])
def test_other_addresses_are_said_by_every_command(tmp_path: Path, store: str) -> None:
    for command in commands_on(store, tmp_path):
        with pytest.raises(CannotServe, match="is no store that is known") as refused:
            command()
        assert "secret-word" not in str(refused.value)
    assert file_of(str(tmp_path / "a:b.db")).name == "a:b.db"


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="the permissions are those of Unix")
def test_without_permissions_it_is_said_what_cannot_be_written() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "file").touch(0o444)
        (folder / "open").mkdir(0o777)
        (folder / "open").chmod(0o777)
        (folder / "open" / "file").touch(0o444)
        sentences = {
            "file": "file: cannot be written to",
            "new": "new: its folder cannot be written to",
            "open/file": "file: cannot be written to",
            "open/new": "",
        }
        for path, sentence in sentences.items():
            assert sentence in (refusal := as_nobody(lambda path=path: check_store(folder / path))), path
            assert bool(sentence) == bool(refusal)


def as_nobody(check: Callable[[], None]) -> str:
    """Return what is said when another user than the superuser, who may do everything, calls a function."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            check()
        except CannotServe as error:
            os.write(writing, str(error).encode())
        except BaseException as error:  # noqa: BLE001 - the parent reports it
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        return pipe.read()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with rows."""
    path = tmp_path / "journeys.db"
    commands.add(str(path), "acme")
    return path


def damage(path: Path, first: int) -> None:
    """Overwrite all pages of a file from one on."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = path.read_bytes()
    path.write_bytes(content[: first * size] + b"\xff" * (len(content) - first * size))


@pytest.mark.command
def test_a_damaged_store_has_an_exit_code_of_its_own(store: Path) -> None:
    damage(store, 1)
    for words in (("serve", "--port", "0"), ("tenant", "list"), ("store", "backup", "copy.db")):
        done = sojourn(*words, "--store", "journeys.db", cwd=store.parent)
        assert (done.code, done.out, done.err.count("\n")) == (4, "", 1), done.err
        assert "malformed" in done.err or "damaged" in done.err
        assert "restore" in done.err
    assert not (store.parent / "copy.db").exists()


@pytest.mark.command
def test_a_locked_store_has_an_exit_code_of_its_own(store: Path) -> None:
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for words in (("serve", "--port", "0"), ("tenant", "rotate", "acme"), ("store", "forget")):
            done = sojourn(*words, "--store", "journeys.db", cwd=store.parent)
            assert (done.code, done.out, done.err.count("\n")) == (3, "", 1), done.err
            assert "locked" in done.err


def test_a_full_disk_has_the_exit_code_of_one(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError) as full:
            connection.execute("CREATE TABLE t (a)")
    error = refused(tmp_path / "x.db", full.value)
    assert (type(error), error.exit_code) == (StoreFull, 1)
    assert "make room" in str(error)


# Backups


def test_a_backup_is_not_kept_if_it_is_damaged(store: Path) -> None:
    """The last page alone is damaged, so that copying finds nothing wrong."""
    with closing(sqlite3.connect(store)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    damage(store, pages - 1)
    before = contents(store.parent)
    with pytest.raises(StoreDamaged, match="no backup was written"):
        commands.back_up(str(store), store.parent / "copy.db")
    assert contents(store.parent) == before


def test_the_target_of_a_backup_is_checked(store: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    before = contents(tmp_path)
    for target, sentence in (
        ("folder", "exists already"), ("pipe", "exists already"), ("link", "exists already"), ("", "exists already"),
        (LONG, "its name is too long"), ("x" * 240, "its name is too long"), ("no/copy", "its folder does not exist"),
        ("journeys.db/copy", "its folder does not exist"),
    ):  # fmt: skip
        with pytest.raises(CannotServe, match=sentence):
            commands.back_up(str(store), tmp_path / target)
        assert contents(tmp_path) == before


def test_a_backup_needs_a_store_of_the_endpoint(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
    with pytest.raises(CannotServe, match="is no store of the endpoint"):
        commands.back_up(str(tmp_path / "other.db"), tmp_path / "copy.db")
    assert contents(tmp_path) == ["other.db"]


def test_a_backup_ends_although_another_process_never_stops_writing(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two steps of the copy there is a commit; a copy that begins anew each time would never end."""
    monkeypatch.setattr(backup, "PAGES", 1)
    with closing(sqlite3.connect(store, isolation_level=None, check_same_thread=False)) as other:
        steps = 0

        def write(*_: int) -> None:
            nonlocal steps
            steps += 1
            assert steps < 10_000, "the copy begins anew after each write"
            other.execute("UPDATE tokens SET made = made + 1")

        monkeypatch.setattr(backup, "_heed_interrupts", write)
        commands.back_up(str(store), store.parent / "copy.db")
    assert steps > 10
    with closing(sqlite3.connect(store.parent / "copy.db")) as copy:
        assert len(copy.execute("SELECT DISTINCT made FROM tokens WHERE of = 'acme'").fetchall()) == 1


def test_names_with_signs_of_addresses_are_backed_up(tmp_path: Path) -> None:
    path = tmp_path / "50 %?mode=x#y.db"
    commands.add(str(path), "acme")
    commands.back_up(str(path), tmp_path / "copy?.db")
    assert commands.listing(str(tmp_path / "copy?.db")) == "acme: 1 token"


# PostgreSQL


@pytest.mark.postgres
def test_a_database_that_cannot_be_used_is_said_with_its_cause(postgres: Postgres) -> None:
    import psycopg

    here = f"127.0.0.1:{postgres.port}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE anna LOGIN PASSWORD 'right'")
    settings = postgres.folder / "data" / "pg_hba.conf"
    trusted = settings.read_text(encoding="utf-8")
    settings.write_text("host all anna 127.0.0.1/32 scram-sha-256\n" + trusted, encoding="utf-8")
    try:
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")
        for address, error, sentence in (
            (f"postgresql://anna:secret-word@{here}/postgres", CannotServe, "password authentication failed"),
            (f"postgresql://postgres@{here}/nowhere", CannotServe, 'database "nowhere" does not exist'),
            (f"postgresql://postgres@127.0.0.1:{free_port()}/postgres", StoreUnreachable, "refused"),
            ("postgresql://anna:secret-word@nowhere.invalid/postgres", StoreUnreachable, "nowhere.invalid"),
            ("postgresql://anna:secret%zz-word@127.0.0.1/postgres", CannotServe, "cannot be read"),
            ("postgresql://anna:se:secret-word@127.0.0.1:1/x", StoreUnreachable, "refused"),
        ):
            with pytest.raises(CannotServe, match=sentence) as refused:
                open_database(address)
            assert type(refused.value) is error, refused.value
            assert "secret" not in str(refused.value)
            assert "\n" not in str(refused.value)
    finally:
        settings.write_text(trusted, encoding="utf-8")
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("DROP ROLE anna")


@pytest.mark.postgres
@pytest.mark.load
def test_a_frozen_server_is_said_when_the_endpoint_starts(postgres: Postgres, postgres_url: str) -> None:
    with frozen(postgres), pytest.raises(StoreUnreachable, match="timeout"):
        open_database(f"{postgres_url}?connect_timeout=2")
