"""Floods: endless requests and thousands of connections keep no memory, and others are answered meanwhile."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator import open_database
from orchestrator.service.tenants import add_token
from tests.support.attacks import ATTACKS, connections, exchange, many_files, quantile
from tests.support.process_samples import sample_of
from tests.support.service_client import Client
from tests.support.service_process import ServiceProcess, launching

pytestmark = [pytest.mark.load, pytest.mark.attack]

CONNECTIONS = 2000
ROOM = 8_000_000
"""Bytes by which the resident memory of a process may differ without a cause: arenas of Python and of libc."""

LEFT = 1000
"""Bytes for each connection that has gone: one whose protocol is kept leaves 3,700."""

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
LINE = b"POST /v1/journeys HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nidempotency-key: k\r\n"
CHUNKED = LINE + b"transfer-encoding: chunked\r\n\r\n"
BODY = b'{"customer": "anna", "intent": "loan", "channel": "web"}'
MEGABYTES = 4 << 20

FLOODS = {
    "trailers": CHUNKED
    + b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY)
    + b"".join(b"x-%d: y\r\n" % i for i in range(400_000)),
    "one endless trailer": CHUNKED + b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY) + b"z" * MEGABYTES,
    "headers": LINE + b"".join(b"x-%d: y\r\n" % number for number in range(400_000)),
    "one endless header": LINE + b"x-endless: " + b"x" * MEGABYTES,
    "an endless target": b"GET /" + b"x" * MEGABYTES,
    "chunks of one byte": CHUNKED + b"1\r\nx\r\n" * (MEGABYTES // 6),
    "a large body": LINE + b"content-length: %d\r\n\r\n" % MEGABYTES + b"x" * MEGABYTES,
    "bodies without an end": (LINE + b"content-length: 60000\r\n\r\n" + b"[" * 60_000) * 64,
    "tokens that are none": b"".join(
        b"GET /v1/journeys HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer %d%s\r\n\r\n" % (number, b"t" * 8000)
        for number in range(500)
    ),
    "paths that are none": b"".join(
        b"GET /v1/%d/%s HTTP/1.1\r\nhost: localhost\r\n\r\n" % (number, b"p" * 8000) for number in range(500)
    ),
    "no HTTP": b"\x16\x03\x01" + b"\x00" * MEGABYTES,
}


@dataclass(frozen=True, slots=True)
class Attacked:
    """A service with a tenant, whose token the attackers do not have."""

    service: ServiceProcess
    token: str

    def read(self) -> float:
        """Read as the tenant over a new connection, as one that is not used is closed; return how long that took."""
        client = Client(self.service.port)
        began = time.perf_counter()
        assert client.send("GET", "/v1/journeys", authorization=f"Bearer {self.token}").status == 200
        client.connection.close()
        return time.perf_counter() - began

    def flood(self, data: bytes) -> bytes:
        """Send a flood without a token, and again with one; return the answers."""
        token = b"host: localhost\r\nauthorization: Bearer %s\r\n" % self.token.encode()
        with_token = data.replace(b"host: localhost\r\n", token, 1)
        return exchange(self.service.port, data) + exchange(self.service.port, with_token)

    def memory(self) -> int:
        return sample_of(self.service.process.pid).memory

    def peak(self) -> int:
        """Return the largest resident memory since the last call."""
        folder = Path(f"/proc/{self.service.process.pid}")
        lines = (folder / "status").read_text(encoding="utf-8").splitlines()
        (folder / "clear_refs").write_text("5", encoding="utf-8")
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@pytest.fixture(scope="module")
def attacked(module_store: Callable[[], str]) -> Iterator[Attacked]:
    store = module_store()
    with closing(open_database(store)) as database:
        token = add_token(database, "acme", time.time())
    with many_files(CONNECTIONS + 500), launching() as launch:
        yield Attacked(launch("--store", store), token)


def test_after_any_flood_the_memory_is_what_it_was(attacked: Attacked) -> None:
    for flood in FLOODS.values():  # once, so that what is loaded and cached is there
        attacked.flood(flood)
    attacked.read()
    before = attacked.memory()
    attacked.peak()
    kept = {}
    for name, flood in FLOODS.items():
        for _ in range(4 * ATTACKS):
            statuses = {int(status) for status in STATUS.findall(attacked.flood(flood))}
            assert statuses <= {201, 400, 401, 404, 408, 413, 414, 422, 431}, (name, statuses)
        attacked.read()
        kept[name] = (attacked.memory() - before, attacked.peak() - before)
    assert max(peak for _, peak in kept.values()) < 2 * ROOM, kept
    assert attacked.memory() - before < ROOM, kept
    assert attacked.service.error_output() == ""


def gone(attacked: Attacked) -> None:
    """Wait until all connections are closed."""
    deadline = time.monotonic() + 20
    while sample_of(attacked.service.process.pid).descriptors > 100:
        assert time.monotonic() < deadline, "the connections are still there"
        time.sleep(0.05)


def silent_connections(attacked: Attacked) -> int:
    """Open thousands of connections, close them, and return the memory afterwards."""
    with many_files(CONNECTIONS + 500) as allowed, connections(attacked.service.port, min(CONNECTIONS, allowed - 400)):
        attacked.read()
    gone(attacked)
    attacked.read()
    return attacked.memory()


def test_thousands_more_connections_need_no_more_memory(attacked: Attacked) -> None:
    """No object of a closed connection stays; the allocators keep the room of the first ones for the next ones."""
    silent_connections(attacked)
    second = silent_connections(attacked)
    last = [silent_connections(attacked) for _ in range(3 * ATTACKS)][-1]
    sys.stdout.write(f"{(last - second) / 1e6:.2f} MB more after {3 * ATTACKS * CONNECTIONS:,} more connections\n")
    assert last - second < LEFT * 3 * ATTACKS * CONNECTIONS


def test_thousands_of_silent_and_of_dripping_connections_keep_nobody_waiting(attacked: Attacked) -> None:
    """Some memory stays after the first so many connections; the next ones use it again."""
    before = silent_connections(attacked)
    alone = [attacked.read() for _ in range(100 * ATTACKS)]
    with (
        many_files(CONNECTIONS + 500) as allowed,
        connections(attacked.service.port, min(CONNECTIONS, allowed - 400)) as opened,
    ):
        dripping = opened[::10]
        beside = []
        for number in range(100 * ATTACKS):
            for sock in dripping[number % 10 :: 10]:
                sock.settimeout(0)
                try:
                    sock.send(LINE[number // 10 : number // 10 + 1] or b"x")
                except OSError:  # it was cut off, after 10 s
                    dripping.remove(sock)
            beside.append(attacked.read())
        during = attacked.memory()
    figures = f"95 % of reads: {quantile(alone, 0.95) * 1e3:.1f} ms alone, {quantile(beside, 0.95) * 1e3:.1f} ms beside"
    sys.stdout.write(f"{figures} {len(opened)} connections, {(during - before) / len(opened) / 1e3:.1f} kB each\n")
    assert quantile(beside, 0.95) < 0.05 + 4 * quantile(alone, 0.95)
    gone(attacked)
    attacked.read()
    assert attacked.memory() - before < ROOM, "what a connection takes is given back, or used for the next"
    assert attacked.service.error_output() == ""
