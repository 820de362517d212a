"""Power cuts at random moments: no acknowledged change is lost from what SQLite had synced.

Clients change journeys through the whole application while everything that SQLite does to its files is recorded. Then
the power goes at many instants of that record, with every fate of what was not synced, and the service starts on what
is left. One of those disks is where the next round of work, recorded too, begins.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from orchestrator.features import FEATURES, open_database
from orchestrator.http.app import App
from orchestrator.service.service import Service
from orchestrator.store.sqlite import SqliteDatabase
from tests.support.asgi_requests import request
from tests.support.client_ledger import Change, Ledger
from tests.support.forgetful_disk import Disk, Fate, Note, Operation
from tests.support.journey_clients import Send, Writer
from tests.support.sqlite_recorder import recording

pytestmark = pytest.mark.load

WRITERS = 16
REQUESTS = 600  # of a round
CUTS = int(os.environ.get("SOJOURN_POWER_CUTS", "300"))
CUTS_OF_ROUND = 50
FATES = (
    Fate(keep=0),
    Fate(keep=0, torn=1),
    Fate(keep=0.5),
    Fate(keep=0.5, sector=4096),
    Fate(keep=0.9, torn=0.5),
    Fate(keep=1),
)
"""All is lost, or arrives in part: sectors old and new, in any order, some torn."""


@dataclass(slots=True)
class NotingLedger(Ledger):
    """A ledger that writes into the record of operations what it is told, so that it can be told again."""

    record: list[Operation] = field(default_factory=list)

    def start(self, name: str, patch: Mapping[str, Any]) -> None:
        self.record.append(Note(partial(Ledger.start, name=name, patch=patch)))
        Ledger.start(self, name, patch)

    def send(self, change: Change) -> None:
        self.record.append(Note(partial(Ledger.send, change=change)))
        Ledger.send(self, change)

    def acknowledge(self, change: Change, version: int) -> None:
        self.record.append(Note(partial(Ledger.acknowledge, change=change, version=version)))
        Ledger.acknowledge(self, change, version)


@contextmanager
def opened(database: Path, synchronous: str = "") -> Iterator[Send]:
    """Open the service on a database; yield what sends requests to it."""
    opened_database = open_database(database)
    assert isinstance(opened_database, SqliteDatabase)
    with Service(opened_database, FEATURES) as service:
        if synchronous:
            opened_database._writer.execute(f"PRAGMA synchronous = {synchronous}")
        yield partial(request, App(service))


async def work(send: Send, ledger: Ledger, rng: random.Random) -> None:
    """Change journeys with many clients at once."""
    left = iter(range(REQUESTS))
    writers = [Writer(f"round {len(ledger.sent)} w{number}", ledger, rng) for number in range(WRITERS)]
    await asyncio.gather(*(writer.run(send, lambda: next(left, None) is None) for writer in writers))


async def read_back(send: Send, ledger: Ledger) -> list[str]:
    """Read everything; return what is wrong."""
    wrong = []
    journeys = (await send("GET", "/v1/journeys?limit=1000")).json["items"]
    for shown in journeys:
        history = (await send("GET", f"/v1/journeys/{shown['id']}/history?limit=1000")).json["items"]
        wrong += ledger.read(shown, history)
    for missing in ledger.acknowledged.keys() - {shown["id"] for shown in journeys}:
        wrong.append(f"lost: journey {missing}")
    return wrong


@dataclass(frozen=True, slots=True)
class Cut:
    """A disk after a power loss, and what its clients knew at that instant."""

    files: Mapping[str, bytes]
    ledger: Ledger

    def examine(self, folder: Path) -> list[str]:
        """Start the service on the disk; return what is wrong with what it shows."""
        folder.mkdir()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        database = folder / "journeys.db"
        try:
            with opened(database) as send:
                wrong = asyncio.run(read_back(send, self.ledger))
            with closing(sqlite3.connect(database)) as connection:
                (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        except Exception as error:  # noqa: BLE001 - a broken database may do anything
            return [f"broken: {type(error).__name__}: {error}"]
        return wrong if verdict == "ok" else [*wrong, f"corrupt: {verdict}"]


def cuts(before: Mapping[str, bytes], operations: list[Operation], base: Ledger, rng: random.Random) -> Iterator[Cut]:
    """Cut the power at instants of a record."""
    instants = sorted(rng.choices(range(len(operations) + 1), k=CUTS_OF_ROUND))
    disk, ledger, done = Disk(before), copied(base), 0
    for number, instant in enumerate(instants):
        for operation in operations[done:instant]:
            disk.apply(operation)
            if isinstance(operation, Note):
                operation.what(ledger)
        done = instant
        yield Cut(disk.after_power_loss(FATES[number % len(FATES)], rng), copied(ledger))


def copied(ledger: Ledger) -> Ledger:
    """Return a ledger that knows the same and has read nothing."""
    acknowledged = {journey: dict(names) for journey, names in ledger.acknowledged.items()}
    return Ledger(ledger.tenant, dict(ledger.starts), dict(ledger.sent), acknowledged, set(ledger.unknown))


def power_cuts(folder: Path, total: int, synchronous: str = "") -> tuple[int, list[str]]:
    """Work and cut the power, round by round; return the requests acknowledged, and what was wrong after all cuts."""
    rng = random.Random(f"{synchronous} {total}")
    numbers = count()
    disk: Mapping[str, bytes] = {}
    ledger = Ledger("default")
    acknowledged, wrong = 0, []
    for _ in range(0, total, CUTS_OF_ROUND):
        live = folder / f"live {next(numbers)}"
        live.mkdir()
        for name, content in disk.items():
            (live / name).write_bytes(content)
        noting = NotingLedger("default", sent=dict(ledger.sent))
        with recording(live) as operations, opened(live / "journeys.db", synchronous) as send:
            noting.record = operations
            asyncio.run(work(send, noting, rng))
        acknowledged += sum(len(names) for names in noting.acknowledged.values())
        right = []
        for cut in cuts(disk, operations, ledger, rng):
            left = folder / f"left {next(numbers)}"
            faults = cut.examine(left)
            shutil.rmtree(left)
            wrong += faults
            if not faults:
                right.append(cut)
        going_on = rng.choice(right)
        disk, ledger = going_on.files, going_on.ledger.afresh()
        shutil.rmtree(live)
    return acknowledged, wrong


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what the real disk syncs is not what is tried here."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as made:
        yield Path(made)


def test_power_cuts_lose_nothing_that_was_acknowledged(folder: Path) -> None:
    acknowledged, wrong = power_cuts(folder, CUTS)
    assert wrong == []
    assert acknowledged > CUTS, "there was something to lose"


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_the_loss_is_seen_when_less_is_synced(folder: Path, synchronous: str) -> None:
    _, wrong = power_cuts(folder, CUTS_OF_ROUND, synchronous)
    assert any(sentence.startswith("lost:") for sentence in wrong)
