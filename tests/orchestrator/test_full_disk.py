"""A disk that is really full, under either store: refused with a status of its own, and over when there is room."""

from __future__ import annotations

import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from benchmarks.postgres import NEEDED, Postgres, binaries
from tests.support.service_client import Client
from tests.support.service_process import Start

pytestmark = [pytest.mark.load, pytest.mark.attack]


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Mount a disk in memory."""
    with tempfile.TemporaryDirectory(prefix="sojourn-disk-") as name:
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "none", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"a small disk cannot be mounted, which the superuser of Linux may do: {done.stderr.strip()}")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)  # services of a failed test still run


def fill(disk: Path) -> Path:
    """Fill a disk; return the file to delete."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


def ready_again(client: Client) -> None:
    """Wait until the endpoint says that it is ready."""
    deadline = time.monotonic() + 60
    while client.send("GET", "/health/ready").status != 200:
        assert time.monotonic() < deadline, "the endpoint is not ready, although there is room"
        time.sleep(0.1)


def fill_and_go_on(disk: Path, start: Start, store: str) -> None:
    """Fill a disk under a service, make room again, kill the service, and compare what is kept."""
    service = start("--store", store)
    client = service.client()
    journey = client.start("anna").json["id"]
    texts, kept, refused = random.Random(1), dict[str, int](), 0

    def send(name: str) -> int:
        reply = client.event(journey, name, text=texts.randbytes(4000).hex())
        if reply.status == 201:
            kept[name] = reply.json["version"]
        else:
            assert (reply.status, reply.json["type"]) == (507, "/problems/no-room"), reply.body
            assert "retry-after" in reply.headers
            assert str(disk) not in reply.body.decode()
        return reply.status

    assert send("before") == 201
    filler = fill(disk)
    for number in range(300):  # files that are there already have some room
        refused += send(str(number)) == 507
        if refused == 20:
            break
    assert refused == 20
    assert client.send("GET", f"/v1/journeys/{journey}").status == 200, "reads need no room"
    assert client.send("GET", "/health/ready").status == 503
    assert client.send("GET", "/health/live").status == 200
    filler.unlink()
    ready_again(client)
    assert send("room again") == 201
    log = service.error_output()
    assert log.count("can be written to again") == 1, log
    assert 1 <= log.count("cannot be written to") <= 5, "once for each cause, not for each of 20 requests"
    service.process.kill()
    again = start("--store", store)
    history = again.client().history(journey)
    again.stop()
    assert {entry["id"]: entry["version"] for entry in history[1:]} == kept, "507 promises that nothing was done"


def test_a_full_disk_under_sqlite(start: Start) -> None:
    with small_disk(3) as disk:
        fill_and_go_on(disk, start, str(disk / "journeys.db"))


@pytest.mark.postgres
def test_a_full_disk_under_postgresql(start: Start) -> None:
    if binaries() is None:
        pytest.skip(NEEDED)
    with small_disk(100) as disk:
        server = Postgres(disk / "server")
        try:
            fill_and_go_on(disk, start, server.create("full"))
        finally:
            server.stop()
