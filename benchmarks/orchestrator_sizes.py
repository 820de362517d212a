"""Cost of a large database for the orchestrator: time of a restart, memory and bytes of paused journeys."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from uuid import UUID

from benchmarks.orchestrator_programs import SERVICE, memory, running
from orchestrator import open_database
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.service.tenants import DEFAULT
from orchestrator.store.database import Database

CONTEXT = json.dumps({"page": 4, "amount": 1200, "basket": ["a", "b"], "language": "de", "note": "x" * 200})
BATCH = 20_000
AT = 1_772_000_000.0


def name_of(number: int) -> str:
    """Return the identifier of a journey; they ascend, as the service's own do."""
    return str(UUID(int=int(AT * 1000) << 80 | 7 << 76 | 2 << 62 | number))


def journeys(number: int, events: int, state: str) -> Iterator[Journey | Entry]:
    """Yield journeys with a number of entries each."""
    for customer in range(number):
        journey = name_of(customer)
        for version in range(1, events + 1):
            event_type = "sojourn.journey.started" if version == 1 else "step.entered"
            data = f'{{"channel":"web","context":{CONTEXT}}}'
            name = f"{customer}-{version}"
            yield Entry(DEFAULT, journey, version, name, "size", event_type, f"{AT}", AT, "web", data, None)
        yield Journey(DEFAULT, journey, f"customer {customer}", "loan", state, "web", events, CONTEXT, None, AT, AT)


def fill(database: Database, rows: Iterator[Journey | Entry]) -> None:
    """Write rows through the store, many per commit."""
    while True:
        unit = database.begin(())
        for done, row in enumerate(rows, 1):
            unit.put(row)
            if done == BATCH:
                break
        else:
            database.flush()
            database.commit()
            return
        database.flush()
        database.commit()


def size_of(path: Path) -> int:
    """Return the bytes of a SQLite database, its log included."""
    return sum(file.stat().st_size for file in path.parent.glob(path.name + "*"))


@dataclass(frozen=True, slots=True)
class Restart:
    """Seconds from the start of the process, after SIGKILL, to the first answer that shows a journey."""

    events: int
    size: int
    seconds: float


def restart(folder: Path, events: int) -> Restart:
    """Measure restarts on a database with a number of events."""
    path = folder / "events.db"
    with closing(open_database(path)) as database:
        fill(database, journeys(events // 100, 100, "active"))
    times = []
    for _ in range(5):
        began = time.perf_counter()
        with running(SERVICE, "--store", str(path), "--port", "0", end=signal.SIGKILL) as (_, port):
            assert show(port, name_of(7))["version"] >= 100
            times.append(time.perf_counter() - began)
            for number in range(20):
                write(port, name_of(7), f"{began}-{number}")
    return Restart(events, size_of(path), median(times))


@dataclass(frozen=True, slots=True)
class Paused:
    """Cost of paused journeys: bytes of process memory and of the database."""

    number: int
    memory: int
    size: int


def paused(folder: Path, number: int) -> Paused:
    """Measure the cost of paused journeys, relative to a service with one."""
    used = []
    for count in (1, number):
        path = folder / f"paused {count}.db"
        with closing(open_database(path)) as database:
            fill(database, journeys(count, 3, "paused"))
        with running(SERVICE, "--store", str(path), "--port", "0") as (process, port):
            for read in range(2000):
                assert show(port, name_of(read * 7919 % count))["state"] == "paused"
            used.append((memory(process), size_of(path)))
    (before, empty), (after, full) = used
    return Paused(number, after - before, full - empty)


def show(port: int, journey: str) -> dict[str, object]:
    """Return a journey from the service."""
    with closing(HTTPConnection("127.0.0.1", port)) as client:
        client.request("GET", f"/v1/journeys/{journey}")
        shown: dict[str, object] = json.loads(client.getresponse().read())
        return shown


def write(port: int, journey: str, name: str) -> None:
    """Record an event."""
    event = {"specversion": "1.0", "id": name, "source": "size", "type": "step.entered"}
    with closing(HTTPConnection("127.0.0.1", port)) as client:
        headers = {"content-type": "application/cloudevents+json"}
        client.request("POST", f"/v1/journeys/{journey}/events", json.dumps(event), headers)
        assert client.getresponse().status == 201
