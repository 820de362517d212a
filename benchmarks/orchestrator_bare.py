"""``python -m benchmarks.orchestrator_bare``: the bare program with which the orchestrator is compared.

An ASGI application under the same server that does no more than it must to make the same rows durable: it reads an
event, puts its row and its journey's row into the transaction that all waiting requests share, and answers when that is
committed. It checks nothing, knows no states, no rules, no tenants, and would apply a repeated event twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvicorn

from orchestrator.journeys.rows import Entry, Journey
from orchestrator.service.group_commit import TURNS
from orchestrator.store.sql import create
from orchestrator.store.sqlite import DIALECT
from orchestrator.store.unit import schema_of

Message = MutableMapping[str, Any]
Row = tuple[Any, ...]
TENANT = "default"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one commit."""

    new: list[Row]
    changed: list[Row]
    entries: list[Row]


Keep = Callable[[Rows], None]


class Bare:
    """The application.

    Parameters
    ----------
    keep
        Commits new journeys, changed journeys, and entries, each a list of rows.
    """

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._versions: dict[str, int] = {}
        self._waiting: list[tuple[str, bytes, asyncio.Future[bytes]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1)

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Answer one request."""
        body = (await receive()).get("body", b"")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        self._waiting.append((scope["path"], body, answer))
        if self._writing is None:
            self._writing = loop.create_task(self._write())
        text = await answer
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(text))]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    async def _write(self) -> None:
        """Commit the waiting requests until none is left."""
        while self._waiting:
            batch, self._waiting = self._waiting, []
            rows = Rows([], [], [])
            answers = [self._read(path, body, rows) for path, body, _ in batch]
            await asyncio.get_running_loop().run_in_executor(self._thread, self._keep, rows)
            for (_, _, waiting), answer in zip(batch, answers, strict=True):
                waiting.set_result(answer)
            for _ in range(TURNS):  # as the service does
                await asyncio.sleep(0)
        self._writing = None

    def _read(self, path: str, body: bytes, rows: Rows) -> bytes:
        """Make the rows of one request."""
        event = json.loads(body)
        now = time.time()
        if path == "/v1/journeys":
            journey = str(uuid4())
            self._versions[journey] = 1
            rows.new.append(
                (
                    TENANT,
                    journey,
                    event["customer"],
                    event["intent"],
                    "active",
                    event["channel"],
                    1,
                    "{}",
                    None,
                    now,
                    now,
                )
            )
            rows.entries.append(
                (TENANT, journey, 1, journey, "bare", "started", str(now), now, event["channel"], "{}", None)
            )
            return json.dumps({"id": journey}).encode()
        journey = path.split("/")[3]
        self._versions[journey] = version = self._versions[journey] + 1
        data = event["data"]
        rows.changed.append((data["channel"], version, json.dumps(data["context"]), now, TENANT, journey))
        rows.entries.append(
            (TENANT, journey, version, event["id"], event["source"], event["type"], f'"{event["time"]}"', now,
             data["channel"], json.dumps(data), None)
        )  # fmt: skip
        return b'{"journey":"%s","version":%d,"applied":true}' % (journey.encode(), version)


CHANGE = "UPDATE journeys SET channel = ?, version = ?, context = ?, updated = ? WHERE tenant = ? AND id = ?"
INSERT = "INSERT INTO {} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def on_sqlite(path: Path) -> Keep:
    """Create the service's tables in a file; return a function that commits rows to them."""
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    assert database.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    database.execute("PRAGMA synchronous = FULL")
    for row_class in (Journey, Entry):
        for statement in create(schema_of(row_class), DIALECT):
            database.execute(statement)

    def keep(rows: Rows) -> None:
        database.execute("BEGIN IMMEDIATE")
        database.executemany(INSERT.format("journeys"), rows.new)
        database.executemany(CHANGE, rows.changed)
        database.executemany(INSERT.format("history"), rows.entries)
        database.execute("COMMIT")

    return keep


def on_postgresql(address: str) -> Keep:
    """Create the service's tables in a database; return a function that commits rows, one statement per table."""
    import psycopg

    from orchestrator.store.postgres_statements import DIALECT as POSTGRESQL

    database = psycopg.connect(address, autocommit=True)
    for row_class in (Journey, Entry):
        for statement in create(schema_of(row_class), POSTGRESQL):
            database.execute(statement)
    insert = "INSERT INTO {0} SELECT * FROM json_populate_recordset(NULL::{0}, %s::json)"
    change = (
        "UPDATE journeys j SET channel = g.channel, version = g.version, context = g.context, updated = g.updated "
        "FROM json_populate_recordset(NULL::journeys, %s::json) g WHERE j.tenant = g.tenant AND j.id = g.id"
    )

    def packed(names: list[str], rows: list[Row]) -> tuple[str]:
        return (json.dumps([dict(zip(names, row, strict=True)) for row in rows]),)

    journeys, history = ([column.name for column in schema_of(row_class).columns] for row_class in (Journey, Entry))
    changed = ["channel", "version", "context", "updated", "tenant", "id"]

    def keep(rows: Rows) -> None:
        with database.pipeline():
            database.execute("BEGIN")
            if rows.new:
                database.execute(insert.format("journeys"), packed(journeys, rows.new), prepare=True)
            if rows.changed:
                database.execute(change, packed(changed, rows.changed), prepare=True)
            database.execute(insert.format("history"), packed(history, rows.entries), prepare=True)
            database.execute("COMMIT")

    return keep


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orchestrator_bare", description=__doc__)
    parser.add_argument("--store", required=True, help="a file, or postgresql://...")
    store = parser.parse_args().store
    keep = on_postgresql(store) if "://" in store else on_sqlite(Path(store))
    config = uvicorn.Config(
        Bare(keep), http="httptools", ws="none", lifespan="off", access_log=False, log_level="error",
        server_header=False, proxy_headers=False,
    )  # fmt: skip
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(128)
        sys.stdout.write(f"listening on http://127.0.0.1:{sock.getsockname()[1]}\n")
        sys.stdout.flush()
        uvicorn.Server(config).run(sockets=[sock])


if __name__ == "__main__":
    main()
