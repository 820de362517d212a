"""Administration of a store: migration, backup, retention, tenants, and a quick start."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orchestrator import CannotServe, Service, open_database
from orchestrator.admin import commands, retention, serving
from orchestrator.admin.retention import forget
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.service.tenants import add_token, needs_tokens, remove_tokens, tenants
from orchestrator.store import Database
from orchestrator.store.errors import Unavailable
from orchestrator.store.migrations import VERSION
from tests.support.asgi_requests import request
from tests.support.journey_requests import history, move, record, run_story, start

VERSION_1 = """
CREATE TABLE journeys (
  id TEXT PRIMARY KEY, customer TEXT NOT NULL, intent TEXT NOT NULL, state TEXT NOT NULL, channel TEXT NOT NULL,
  version INTEGER NOT NULL, context TEXT NOT NULL, started TEXT NOT NULL, updated TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX journeys_of ON journeys (customer, id);
CREATE UNIQUE INDEX journeys_open ON journeys (customer, intent) WHERE state <> 'completed';
CREATE TABLE history (
  journey TEXT NOT NULL, version INTEGER NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL,
  time TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (journey, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX history_once ON history (source, id);
CREATE TABLE answers (
  key TEXT PRIMARY KEY, fingerprint BLOB NOT NULL, status INTEGER NOT NULL, media BLOB NOT NULL, etag BLOB NOT NULL,
  body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO journeys VALUES ('0198f3a0-0000-7000-8000-00000000000a', 'anna', 'loan', 'paused', 'web', 3,
  '{"canary":"anna"}', '2026-03-02T09:30:00.250+00:00', '2026-03-02T09:31:00.500+00:00');
INSERT INTO history VALUES ('0198f3a0-0000-7000-8000-00000000000a', 1, 'k1',
  '/v1/journeys/0198f3a0-0000-7000-8000-00000000000a', 'sojourn.journey.started', '3600.5', '{"channel":"web"}');
INSERT INTO history VALUES ('0198f3a0-0000-7000-8000-00000000000a', 2, 'e1', 'test',
  'step.entered', '"2026-03-02T09:30:30Z"', '{"channel":"app"}');
INSERT INTO history VALUES ('0198f3a0-0000-7000-8000-00000000000a', 3, 'k2',
  '/v1/journeys/0198f3a0-0000-7000-8000-00000000000a', 'sojourn.journey.paused', '"x"', '{}');
INSERT INTO answers VALUES
  ('k2', x'00', 200, CAST('application/json' AS BLOB), CAST('"3"' AS BLOB), CAST('{}' AS BLOB));
PRAGMA user_version = 1;
"""  # fmt: skip


def test_a_database_of_version_1_is_brought_forward_with_all_that_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1)

    async def story(send: Any) -> None:
        shown = (await send("GET", "/v1/journeys/0198f3a0-0000-7000-8000-00000000000a")).json
        assert (shown["state"], shown["version"], shown["context"]) == ("paused", 3, {"canary": "anna"})
        assert (shown["started"], shown["updated"]) == (
            "2026-03-02T09:30:00.250+00:00",
            "2026-03-02T09:31:00.500+00:00",
        )
        entries = await history(send, "0198f3a0-0000-7000-8000-00000000000a")
        assert [(entry["id"], entry["time"], entry["channel"]) for entry in entries] == [
            ("k1", 3600.5, "web"), ("e1", "2026-03-02T09:30:30Z", "app"), ("k2", "x", "web"),
        ]  # fmt: skip
        assert (await record(send, "0198f3a0-0000-7000-8000-00000000000a", "e1")).json == {
            "journey": "0198f3a0-0000-7000-8000-00000000000a",
            "version": 2,
            "applied": False,
        }
        resumed = await start(send, "anna", "new key")
        assert (resumed["id"], resumed["version"]) == ("0198f3a0-0000-7000-8000-00000000000a", 4)

    for _ in range(2):  # and opening it again changes nothing
        with closing(open_database(path)) as database:
            kept = database._writer.execute("PRAGMA user_version").fetchone()
            names = {row[0] for row in database._writer.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert kept == (VERSION,)
    assert not any(name.endswith("_1") for name in names)
    with closing(open_database(path)) as database:
        run_story(database, story)


def test_a_damaged_page_is_a_sentence_when_the_endpoint_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "whole.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1)
    with closing(open_database(path)):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    whole, sentences = path.read_bytes(), []
    monkeypatch.setattr(serving, "listen", lambda *_: None)
    for page in range(1, len(whole) // size):  # the first page has the schema
        damaged = tmp_path / f"{page}.db"
        damaged.write_bytes(whole[: page * size] + b"\xff" * size + whole[(page + 1) * size :])
        try:
            serving.serve("127.0.0.1", 0, damaged)
        except CannotServe as error:
            sentences.append(str(error))
    assert any("malformed" in sentence for sentence in sentences)


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.replace("CREATE INDEX journeys_of ON journeys (customer, id);", ""))
    with pytest.raises(CannotServe, match="journeys_of"):
        open_database(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM history").fetchone() == (3,)


def test_a_later_version_is_refused_on_postgresql_too(postgres_url: str) -> None:
    with closing(open_database(postgres_url)) as database:
        database._writer.execute("UPDATE sojourn_schema SET version = 99")
    with pytest.raises(CannotServe, match="schema version 99"):
        open_database(postgres_url)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_server_that_may_forget_is_refused(postgres: Any, postgres_url: str, setting: str) -> None:
    import psycopg

    change = f"ALTER SYSTEM SET {setting} = off"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for statement, refused in ((change, True), (f"ALTER SYSTEM RESET {setting}", False)):
            connection.execute(statement)
            connection.execute("SELECT pg_reload_conf()")
            wanted = "off" if refused else "on"
            while connection.execute(f"SHOW {setting}").fetchone() != (wanted,):
                connection.execute("SELECT pg_sleep(0.01)")
            if refused:
                with pytest.raises(CannotServe, match=f"{setting} = off"):
                    open_database(postgres_url)
            else:
                open_database(postgres_url).close()


def test_a_server_that_may_forget_since_it_was_connected_is_not_used(postgres: Any, postgres_url: str) -> None:
    import psycopg

    with closing(open_database(postgres_url)) as database, psycopg.connect(postgres_url, autocommit=True) as other:
        store: Any = database
        first = store._writer
        other.execute("ALTER SYSTEM SET synchronous_commit = off")
        try:
            other.execute("SELECT pg_reload_conf()")
            while other.execute("SHOW synchronous_commit").fetchone() != ("off",):
                other.execute("SELECT pg_sleep(0.01)")
            database.begin(())
            assert first.execute("SHOW synchronous_commit").fetchone() == ("on",), (
                "a connection stays as it was checked"
            )
            database.rollback()
            other.execute("SELECT pg_terminate_backend(%s)", (first.info.backend_pid,))
            for _ in range(2):  # nor is the new connection used the second time
                with pytest.raises(Unavailable, match="synchronous_commit = off"):
                    database.begin(())
                database.rollback()
        finally:
            other.execute("ALTER SYSTEM RESET synchronous_commit")
            other.execute("SELECT pg_reload_conf()")
            while other.execute("SHOW synchronous_commit").fetchone() != ("on",):
                other.execute("SELECT pg_sleep(0.01)")
        database.begin(()).put(Journey("t", "j", "anna", "loan", "active", "web", 1, "{}", None, 0.0, 0.0))
        database.flush()
        database.commit()


def test_no_password_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotServe) as refused:
        open_database("postgresql://anna:secret-word@127.0.0.1:1/x")
    assert "secret-word" not in str(refused.value)
    with pytest.raises(CannotServe, match="mysql:// is no store"):
        open_database("mysql://anna:secret-word@127.0.0.1/x")


def test_a_backup_is_whole_while_the_service_writes(tmp_path: Path) -> None:
    path, copy = tmp_path / "journeys.db", tmp_path / "copy.db"

    async def story(send: Any) -> None:
        journey = (await start(send, "anna"))["id"]
        for number in range(20):
            await record(send, journey, str(number), context={"n": number})
            if number == 10:
                report = await asyncio.to_thread(commands.back_up, str(path), copy)
                assert report.startswith(f"{copy}: ")

    with closing(open_database(path)) as database:
        run_story(database, story)
    with closing(open_database(copy)) as database:
        (journey,) = database.look(lambda unit: unit.find(Journey, "key", "default"))
        assert journey.version == 12
    with pytest.raises(CannotServe, match="exists already"):
        commands.back_up(str(path), copy)
    with pytest.raises(CannotServe, match="pg_dump"):
        commands.back_up("postgresql://x", tmp_path / "other.db")
    with pytest.raises(CannotServe, match="nothing to back up"):
        commands.back_up(str(tmp_path / "none.db"), tmp_path / "other.db")


def test_what_is_long_over_is_forgotten_and_nothing_else(database: Database) -> None:
    left: dict[str, str] = {}

    async def story(send: Any) -> None:
        for name in ("done", "open"):
            left[name] = (await start(send, name))["id"]
        await move(send, left["done"], "complete", "c", outcome="resolved")

    run_story(database, story)
    assert forget(database, time.time() - 3600) == 0
    assert forget(database, time.time() + 1) == 1
    assert database.look(lambda unit: unit.get(Journey, "default", left["done"])) is None
    assert database.look(lambda unit: unit.find(Entry, "key", "default", left["done"])) == []
    assert database.look(lambda unit: unit.get(Journey, "default", left["open"])) is not None
    assert forget(database, time.time() + 1) == 0


def test_what_a_tenant_without_tokens_has_left_is_forgotten_too(database: Database) -> None:
    for tenant in ("acme", "birch"):
        add_token(database, tenant, 0.0)
    assert remove_tokens(database, "acme", 0.0) == 1
    unit = database.begin(())
    for tenant in ("acme", "birch", "default"):
        unit.put(Journey(tenant, "j", "anna", "loan", "completed", "web", 1, "{}", None, 0.0, 0.0))
    database.flush()
    database.commit()
    assert database.look(tenants) == {"birch": 1}, "no tenant to list"
    assert forget(database, 1.0) == 3
    add_token(database, "acme", 0.0)
    assert database.look(tenants) == {"acme": 1, "birch": 1}
    assert database.look(needs_tokens)


def test_a_service_forgets_by_itself(open_again: Callable[[], Database]) -> None:
    clock = [1_000_000.0]

    async def run() -> None:
        service = Service(open_again(), (*FEATURES, retention.feature(3600.0)), clock=lambda: clock[0])
        send = partial(request, App(service))
        journey = (await start(send, "anna"))["id"]
        await move(send, journey, "complete", "c", outcome="resolved")
        for seconds, status in ((3000.0, 200), (3700.0, 404)):
            clock[0] = 1_000_000.0 + seconds
            task = asyncio.create_task(retention.keep_forgetting(service, 3600.0))
            while not task.done() and (await send("GET", f"/v1/journeys/{journey}")).status != status:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            task.cancel()
        service._commits.close()

    asyncio.run(asyncio.wait_for(run(), 60))


@pytest.mark.command
def test_tokens_are_given_listed_and_taken_on_the_command_line(tmp_path: Path) -> None:
    def sojourn(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sojourn", *words, "--store", str(tmp_path / "journeys.db")]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    token = sojourn("tenant", "add", "acme").stdout.strip()
    assert len(token) == 43
    assert sojourn("tenant", "list").stdout == "acme: 1 token\n"
    wrong = sojourn("tenant", "add", "Not a name")
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)
    rotated = sojourn("tenant", "rotate", "acme").stdout.strip()
    assert (len(rotated), rotated == token, sojourn("tenant", "list").stdout) == (43, False, "acme: 1 token\n")
    assert "1 token removed" in sojourn("tenant", "remove", "acme").stdout
    assert "no tenant has a token" in sojourn("tenant", "list").stdout
    nobody = sojourn("tenant", "rotate", "acme")
    assert (nobody.returncode, nobody.stdout, nobody.stderr.count("\n")) == (2, "", 1)
    assert (tmp_path / "journeys.db").read_bytes().find(token.encode()) == -1


def test_the_log_begins_anew_however_many_commits_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.store.sqlite.COMMITS", 5)
    monkeypatch.setattr("orchestrator.store.sqlite.LOG", 20)
    path = tmp_path / "journeys.db"
    with closing(open_database(path)) as database:
        for number in range(150):
            database.begin(()).put(Entry("t", "j", number, str(number), "s", "t", "0", 0.0, "web", "{}", None))
            database.flush()
            database.commit()
        written = path.with_name("journeys.db-wal").stat().st_size
    assert written < 150 * 4096, "pages of 150 commits, each of at least two, in a log of 20 or so"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM history").fetchone()[0] == 150
