"""Hostile requests: no answer reports an internal error, nothing is logged, and the service goes on."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.postgres import Postgres
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.http.connection import GONE
from orchestrator.http.openapi import document
from orchestrator.service.service import Service
from orchestrator.store.memory import MemoryDatabase
from tests.support.attacks import ATTACKS
from tests.support.hostile_requests import NAMES, Maker
from tests.support.http_connection import Wire
from tests.support.service_process import launching

pytestmark = [pytest.mark.load, pytest.mark.attack]

REQUESTS = int(os.environ.get("SOJOURN_REQUESTS", 20_000 * ATTACKS))
CONNECTIONS = 8
PIPELINED = 24
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r]*\r\n(.*?)\r\n\r\n", re.DOTALL)
IDENTIFIER = re.compile(rb'"id":"([0-9a-f-]{36})"')


@dataclass
class Fuzz:
    """Connections that come and go, each with some requests at once and maybe something wild after them."""

    port: int
    described: Any
    left: int
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[tuple[bytes, bytes]] = field(default_factory=list)
    silent: int = 0

    async def connection(self, seed: int) -> None:
        maker = Maker(self.described, random.Random(seed), f"k{seed} ")
        while self.left > 0 and not self.failures:
            number = maker.rng.randrange(1, PIPELINED)
            requests = [maker.request() for _ in range(number)]
            wild = maker.wild() if maker.rng.random() < 0.3 else b""
            self.left -= number + bool(wild)
            got = await self._exchange(requests, wild)
            self._judge(requests, wild, got)
            known = [identifier.decode() for identifier in IDENTIFIER.findall(got)]
            maker.names = [*NAMES, *[*maker.names[len(NAMES) :], *known][-30:]]

    async def _exchange(self, requests: list[bytes], wild: bytes) -> bytes:
        """Send requests; return everything that came back."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        got = b""
        with suppress(OSError, TimeoutError):
            writer.write(b"".join(requests))
            while len(STATUS.findall(got)) < len(requests):
                more = await asyncio.wait_for(reader.read(1 << 20), 20)
                if not more:
                    break
                got += more
            if wild:
                writer.write(wild)
                got += await asyncio.wait_for(reader.read(1 << 20), 0.02)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return got

    def _judge(self, requests: list[bytes], wild: bytes, got: bytes) -> None:
        answers = STATUS.findall(got)
        self.statuses.update(int(status) for status, _ in answers)
        if not answers:
            self.silent += 1
        for index, (status, head) in enumerate(answers):
            if status >= b"500" and not (status == b"503" and b"retry-after" in head.lower()):
                sent = requests[index] if index < len(requests) else wild
                self.failures.append((sent, got))


async def fuzz(port: int, total: int) -> Fuzz:
    made = Fuzz(port, document(FEATURES), total)
    await asyncio.gather(*(made.connection(seed) for seed in range(CONNECTIONS)))
    async with Wire(port) as wire:
        assert (await wire.send("GET", "/health/live")).status == 200
    return made


def fuzzed(store: str, total: int) -> None:
    """Fuzz the service on a store; nothing may have failed."""
    with launching() as launch:
        service = launch("--store", store)
        made = asyncio.run(fuzz(service.port, total))
        assert made.failures == []
        assert service.error_output() == ""
        assert service.stop(signal.SIGTERM) == 0
    answers = sum(made.statuses.values())
    accepted = sum(number for status, number in made.statuses.items() if status < 300)
    summary = f"{answers} answers: {dict(sorted(made.statuses.items()))}, {made.silent} exchanges without one\n"
    sys.stdout.write(summary)
    assert answers > 0.5 * total, summary
    assert accepted > 0.05 * answers, summary


@pytest.mark.timeout(7200)
def test_hostile_requests_are_refused_and_nothing_fails(tmp_path: Path) -> None:
    fuzzed(str(tmp_path / "journeys.db"), REQUESTS)


@pytest.mark.timeout(7200)
def test_hostile_requests_do_not_come_through_to_postgresql(postgres: Postgres) -> None:
    fuzzed(postgres.create("hostile"), REQUESTS // 5)


async def answered(app: App, trouble: str) -> list[str]:
    """Ask for something when sending fails; return what the server was told of the client."""
    messages: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        raise RuntimeError(trouble)

    scope = {"type": "http", "method": "GET", "path": "/health/live", "query_string": b"", "headers": []}
    await app({**scope, GONE: lambda: messages.append("gone")}, receive, send)
    return messages


def test_a_client_that_has_gone_away_is_no_fault() -> None:
    with Service(MemoryDatabase(), FEATURES) as service:
        trouble = "unable to perform operation on <TCPTransport>; the handler is closed"
        assert asyncio.run(answered(App(service), trouble)) == ["gone"]
        with pytest.raises(RuntimeError, match="too short"):
            asyncio.run(answered(App(service), "the body is too short"))
