"""``python -m benchmarks.orchestrator``: durable journey events per second, beside a program that only commits them.

The service and the bare program take turns under the same server, load generator and disk; each round has a new
database, and every event that was acknowledged is counted in it afterwards. ``--write`` keeps the table.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

CONNECTIONS = 32
SERVICE, BARE = "loadtests.orchestrator", "benchmarks.orchestrator_bare"
JOURNEYS = 10  # of each connection
PAGE = Path(__file__).with_name("ORCHESTRATOR.md")


@dataclass(frozen=True, slots=True)
class Round:
    """What one program did in one round."""

    rate: float
    p50: float
    p99: float
    processor: float
    generator: float


@contextmanager
def running(*command: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a program that says where it listens; end it afterwards."""
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 60)
        found = re.search(r":(\d+)\n", process.stdout.readline()) if ready else None
        if found is None:
            raise SystemExit(f"{' '.join(command)} did not start")
        yield process, int(found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


def processor(process: subprocess.Popen[str]) -> float:
    """Return the processor time that a process has taken, in seconds."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_journeys(port: int) -> list[list[str]]:
    """Start the journeys of all connections; return their identifiers."""
    with closing(HTTPConnection("127.0.0.1", port)) as client:
        started = []
        for number in range(CONNECTIONS * JOURNEYS):
            body = json.dumps({"customer": f"customer {number}", "intent": "loan", "channel": "web"})
            headers = {"content-type": "application/json", "idempotency-key": f"start {number}"}
            client.request("POST", "/v1/journeys", body, headers)
            reply = client.getresponse()
            assert reply.status == 201, reply.read()
            started.append(json.loads(reply.read())["id"])
    return [started[number::CONNECTIONS] for number in range(CONNECTIONS)]


def load(port: int, process: subprocess.Popen[str], seconds: float) -> tuple[Round, int]:
    """Run the load generator against a program; return the figures and the events acknowledged."""
    asked = {"port": port, "seconds": seconds, "warm_up": 1.0, "journeys": start_journeys(port)}
    before = processor(process)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.orchestrator_load"],
        input=json.dumps(asked), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the load generator failed: {done.stderr}")
    measured = json.loads(done.stdout)
    count = measured["acknowledged"]
    assert measured["refused"] == 0, "32 connections fit into the queue"
    each = (processor(process) - before) / count
    return Round(measured["rate"], measured["p50"], measured["p99"], each, measured["processor"] / count), count


def on_sqlite(folder: Path, program: str, seconds: float) -> Round:
    """Measure a program on a new SQLite file."""
    database = folder / "journeys.db"
    options = ("--store", str(database), "--port", "0") if program == SERVICE else ("--store", str(database))
    with running(program, *options) as (process, port):
        measured, acknowledged = load(port, process, seconds)
    with closing(sqlite3.connect(database)) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM history").fetchone()
    assert rows == acknowledged + CONNECTIONS * JOURNEYS, "every event is in the history, once"
    return measured


def syncs(folder: Path) -> float:
    """Return how often a second the disk can sync 16 kB that were appended."""
    path = folder / "syncs"
    with path.open("wb", buffering=0) as file:
        end, done = time.perf_counter() + 1, 0
        while time.perf_counter() < end:
            file.write(bytes(16384))
            os.fdatasync(file.fileno())
            done += 1
    path.unlink()
    return done


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orchestrator", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    given = parser.parse_args()
    programs = (SERVICE, BARE)
    for _ in range(given.rounds):
        for program in programs:
            with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
                done = on_sqlite(Path(folder), program, given.seconds)
                print(program, done, round(syncs(Path(folder))), "syncs/s", flush=True)


if __name__ == "__main__":
    main()
