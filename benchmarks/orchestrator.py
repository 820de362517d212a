"""``python -m benchmarks.orchestrator``: durable journey events per second, next to a program that only commits.

The service and the bare program take turns under the same server, load generator and disk, SQLite and PostgreSQL; each
round has a new database, and every event that was acknowledged is counted in it afterwards. Then come the
costs of much data: a restart with a million events, and paused journeys. The results go to ORCHESTRATOR.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from importlib.metadata import version
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.orchestrator_programs import BARE, GENERATOR, SERVICE, processor, running, syncs
from benchmarks.orchestrator_sizes import Paused, Restart, paused, restart
from benchmarks.postgres import NEEDED, Postgres, binaries

CONNECTIONS = 32
JOURNEYS = 10  # of each connection
PAGE = Path(__file__).with_name("ORCHESTRATOR.md")
HEADING = "## Measured"
RULES = [
    {"name": "third page", "when": "journey.context.page % 7 == 3", "action": "steer", "with": {"step": "help"}},
    {"name": "large", "when": "journey.context.amount > 5000 && journey.channel == 'chat'", "action": "steer",
     "with": {"step": "adviser"}},
    {"name": "no German", "when": "journey.context.language != 'de'", "action": "steer", "with": {"step": "translate"}},
]  # fmt: skip
BARS = {"SQLite": (5000, 20.0, 0.6), "PostgreSQL": (4000, inf, 0.0)}
"""Events a second at least, milliseconds of p99 at most, and the least share of the bare program's events."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one program: events per second, milliseconds, and microseconds of processor time per event."""

    rate: float
    p50: float
    p99: float
    processor: float
    generator: float
    syncs: float


def ask(port: int, method: str, path: str, body: Any, key: str = "") -> Any:
    """Send one request that must succeed; return its answer."""
    headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
    with closing(HTTPConnection("127.0.0.1", port)) as client:
        client.request(method, path, json.dumps(body), headers)
        reply = client.getresponse()
        answer = reply.read()
        if reply.status not in {200, 201}:
            raise SystemExit(f"{method} {path} was answered {reply.status}: {answer!r}")
        return json.loads(answer)


def start_journeys(port: int) -> list[list[str]]:
    """Start the journeys of all connections; return their identifiers."""
    started = []
    for number in range(CONNECTIONS * JOURNEYS):
        body = {"customer": f"customer {number}", "intent": "loan", "channel": "web"}
        started.append(ask(port, "POST", "/v1/journeys", body, f"start {number}")["id"])
    return [started[number::CONNECTIONS] for number in range(CONNECTIONS)]


def load(program: str, store: str, seconds: float, count: Callable[[str], int], folder: Path) -> Round:
    """Run the load generator against a program on an empty store; return the measurements."""
    options = ("--port", "0") if program == SERVICE else ()
    with running(program, "--store", store, *options) as (process, port):
        if program == SERVICE:
            made = ask(port, "POST", "/v1/rules", {"rules": RULES})
            ask(port, "PUT", "/v1/active-rules", {"version": made["version"]})
        asked = {"port": port, "seconds": seconds, "warm_up": 1.0, "journeys": start_journeys(port)}
        before = processor(process)
        done = subprocess.run(
            [sys.executable, "-m", GENERATOR], input=json.dumps(asked), capture_output=True, text=True, check=False
        )
        took = processor(process) - before
    if done.returncode:
        raise SystemExit(f"the load generator failed: {done.stderr}")
    measured = json.loads(done.stdout)
    events = measured["acknowledged"]
    assert measured["refused"] == 0, "32 requests fit into the queue"
    assert count(store) == events + CONNECTIONS * JOURNEYS, "every event is in the history, once"
    return Round(
        measured["rate"], measured["p50"], measured["p99"], took / events * 1e6, measured["processor"] / events * 1e6,
        syncs(folder),
    )  # fmt: skip


def count_sqlite(store: str) -> int:
    """Return the entries of all histories in a file."""
    with closing(sqlite3.connect(store)) as connection:
        return int(connection.execute("SELECT count(*) FROM history").fetchone()[0])


def count_postgresql(store: str) -> int:
    """Return the entries of all histories in a database."""
    import psycopg

    with psycopg.connect(store) as connection:
        row = connection.execute("SELECT count(*) FROM history").fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def stores(folder: Path, wanted: str) -> Iterator[dict[str, tuple[Callable[[str], str], Callable[[str], int]]]]:
    """Yield the databases: a function that creates an empty one, and one that counts its entries."""
    databases: dict[str, tuple[Callable[[str], str], Callable[[str], int]]] = {}
    if wanted != "postgresql":
        databases["SQLite"] = (lambda name: str(folder / f"{name}.db"), count_sqlite)
    if wanted == "sqlite":
        yield databases
        return
    if binaries() is None:
        raise SystemExit(f"{NEEDED}, or give --store sqlite")
    server = Postgres(folder / "server")
    try:
        yield databases | {"PostgreSQL": (server.create, count_postgresql)}
    finally:
        server.stop()


def rates(folder: Path, wanted: str, rounds: int, seconds: float) -> dict[str, dict[str, list[Round]]]:
    """Let the programs take turns on each database; return their rounds."""
    rounds_of: dict[str, dict[str, list[Round]]] = {}
    with stores(folder, wanted) as databases:
        for number in range(rounds):
            for database, (make, count) in databases.items():
                for program in (SERVICE, BARE):
                    store = make(f"round_{number}_{program.rpartition('.')[2]}")
                    measured = load(program, store, seconds, count, folder)
                    rounds_of.setdefault(database, {}).setdefault(program, []).append(measured)
                    print(f"{database}, {program}: {measured}", flush=True)
    return rounds_of


def table(rounds_of: dict[str, dict[str, list[Round]]]) -> list[str]:
    """Return the table of the medians, with ratios and bars for each database."""
    lines = [
        "| store | program | events/s | p50 ms | p99 ms | processor us/event | generator us/event | syncs/s |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    verdicts = []
    for database, programs in rounds_of.items():
        for program, rounds in programs.items():
            middle = [median(getattr(entry, name) for entry in rounds) for name in Round.__slots__]
            cells = [f"{value:,.1f}" if 1 <= column <= 2 else f"{value:,.0f}" for column, value in enumerate(middle)]
            lines.append(f"| {database} | {'the service' if program == SERVICE else 'bare'} | {' | '.join(cells)} |")
        pairs = list(zip(programs[SERVICE], programs[BARE], strict=True))
        ratios, work = ([getattr(a, name) / getattr(b, name) for a, b in pairs] for name in ("rate", "processor"))
        rate, p99 = (median(getattr(entry, name) for entry in programs[SERVICE]) for name in ("rate", "p99"))
        least, slowest, share = BARS[database]
        met = rate >= least and p99 <= slowest and median(ratios) >= share
        more = f", p99 {slowest:g} ms, {share:.0%}" if share else ""
        verdicts.append(
            f"{database}: {median(ratios):.0%} of the bare program's events ({min(ratios):.0%} to {max(ratios):.0%}), "
            f"with {median(work):.2f} times its processor time. Bar: {least:,} events/s{more}: "
            f"{'met' if met else 'not met in this run'}."
        )
    return [*lines, "", *verdicts]


def sizes(restarted: Restart, slept: Paused) -> list[str]:
    """Return the costs of much data."""
    each = slept.size / slept.number
    first = (
        f"Restart after SIGKILL with {restarted.events:,} events ({restarted.size / 1e6:,.0f} MB): "
        f"{restarted.seconds:.2f} s from the start of the process to the first answer with a journey (bar: 2 s)."
    )
    second = (
        f"{slept.number:,} paused journeys of 3 entries: {slept.memory / 1e6:,.1f} MB more process memory than with "
        f"one, and {each:,.0f} bytes of the database each."
    )
    return [first, "", second]


def yardstick() -> float:
    """Return the microseconds that this machine takes for `sum(range(1000))`, by which others can be compared."""
    return min(timeit.repeat("sum(range(1000))", number=1000, repeat=20)) * 1e3


def machine(options: argparse.Namespace) -> str:
    """Return the machine, the versions and the sizes of the measurement."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("uvicorn", "httptools", "uvloop", "psycopg"))
    load_average = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}; {os.cpu_count()} cores, "
        f"{platform.machine()}, {platform.system()} {platform.release()}; {options.rounds} rounds of "
        f"{options.seconds:g} s, {CONNECTIONS} connections; load average as it began {load_average:.1f}; "
        f"`sum(range(1000))` takes {yardstick():.1f} us."
    )


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orchestrator", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each program (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="of a turn (default: %(default)s)")
    parser.add_argument("--store", choices=("both", "sqlite", "postgresql"), default="both")
    parser.add_argument("--events", type=int, default=1_000_000, help="of the restart (default: %(default)s)")
    parser.add_argument("--paused", type=int, default=100_000, help="journeys (default: %(default)s)")
    parser.add_argument("--print", action="store_true", dest="only_print", help=f"leave {PAGE.name} as it is")
    options = parser.parse_args()
    lines = [machine(options), ""]
    with tempfile.TemporaryDirectory(prefix="sojourn-benchmark-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)  # PostgreSQL's user has to come in
        lines += table(rates(folder, options.store, options.rounds, options.seconds))
        lines += ["", *sizes(restart(folder, options.events), paused(folder, options.paused))]
    print("\n".join(lines))
    if not options.only_print:
        head = PAGE.read_text(encoding="utf-8").partition(HEADING)[0]
        PAGE.write_text(f"{head}{HEADING}\n\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
