"""Faults on request: the proxy, the endpoint that is killed, and a correct endpoint that passes under all of them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from socket import create_server
from time import perf_counter
from typing import Any

import pytest

from loadtests.contract import Verb
from loadtests.faults.endpoint import EndpointProcess, started
from loadtests.faults.proxy import FaultProxy
from loadtests.faults.schema import Faults, read_faults
from loadtests.run.page import summary_rows
from loadtests.run.result import LoadResult
from loadtests.run.run import run_load
from loadtests.trace.model import Trace
from sim.core.errors import InvalidInput, Unreachable
from tests.support.conductor_runs import Story, trace_from

RUNS = int(os.environ.get("SOJOURN_FAULTS", "1"))
BROKEN = Path(__file__).parents[1] / "support" / "broken_endpoint.py"


def written(folder: Path, text: str) -> Path:
    file = folder / "faults.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_all_problems_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    text = """\
faults:
  - {kind: stall, at: 1 s}
  - {kind: flood, at: 1 s}
  - {kind: slow, at: 1 s, for: 1 s}
  - {kind: reset, at: -1 s, hard: yes}
"""
    with pytest.raises(InvalidInput) as error:
        read_faults(written(tmp_path, text), 1)
    problems = {problem.path: problem.message for problem in error.value.problems}
    assert problems["faults.0.for"] == "is missing"
    assert problems["faults.1"] == "kind is one of stall, slow, reset, kill, kill_worker"
    assert "give delay, rate or both" in problems["faults.2"]
    assert "faults.3.at" in problems
    assert '"hard" is not known here' in problems["faults.3.hard"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("faults: [{kind: kill, at: 1 s, for: 1 s}]", "a kill needs command"),
        (
            "{command: x, faults: [{kind: kill, at: 1 s, for: 2 s}, {kind: kill, at: 2 s, for: 1 s}]}",
            "two kills overlap",
        ),
        ("faults: [{kind: kill_worker, at: 1 s, worker: 3}]", "there is no worker 3 of 2"),
        ("faults: []", "at least 1 item"),
    ],
)
def test_faults_that_cannot_come_about_are_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read_faults(written(tmp_path, text), 2)


@asynccontextmanager
async def echoing() -> AsyncIterator[tuple[FaultProxy, Callable[[], Coroutine[Any, Any, Any]]]]:
    """Yield a proxy before a server that sends back what it gets, and a function that connects to the proxy."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.write(b"end")
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        proxy = FaultProxy("127.0.0.1", server.sockets[0].getsockname()[1])
        port = await proxy.listen()
        try:
            yield proxy, lambda: asyncio.open_connection("127.0.0.1", port)
        finally:
            await proxy.close()


def test_bytes_and_the_end_pass_in_both_directions() -> None:
    async def story() -> bytes:
        async with echoing() as (_, connect):
            reader, writer = await connect()
            writer.write(b"hello ")
            writer.write_eof()
            answer: bytes = await reader.read()
            writer.close()
            return answer

    assert asyncio.run(story()) == b"hello end"


def test_nothing_passes_in_a_stall_and_everything_after_it() -> None:
    async def story() -> bytes:
        async with echoing() as (proxy, connect):
            reader, writer = await connect()
            writer.write(b"a")
            assert await reader.readexactly(1) == b"a"
            with proxy.stalled(), proxy.stalled():
                writer.write(b"b")
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(reader.read(1), 0.1)
            answer: bytes = await reader.readexactly(1)
            writer.close()
            return answer

    assert asyncio.run(story()) == b"b"


def test_a_slow_link_delays_each_direction_and_keeps_to_its_rate() -> None:
    async def story() -> float:
        async with echoing() as (proxy, connect):
            reader, writer = await connect()
            with proxy.slowed(0.05, 1000.0):
                began = perf_counter()
                writer.write(b"x" * 50)
                await reader.readexactly(50)
                took = perf_counter() - began
            writer.close()
            return took

    assert asyncio.run(story()) >= 2 * (0.05 + 0.05)


def test_a_reset_reaches_the_client_as_a_reset() -> None:
    async def story() -> int:
        async with echoing() as (proxy, connect):
            reader, writer = await connect()
            writer.write(b"a")
            await reader.readexactly(1)
            count = proxy.reset()
            with pytest.raises(ConnectionResetError):
                await reader.readexactly(1)
            writer.close()
            return count

    assert asyncio.run(story()) == 1


def test_an_endpoint_that_is_not_there_resets_its_clients() -> None:
    async def story() -> None:
        with create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        proxy = FaultProxy("127.0.0.1", port)
        reader, writer = await asyncio.open_connection("127.0.0.1", await proxy.listen())
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()
        await proxy.close()

    asyncio.run(story())


def test_a_command_that_does_not_start_an_endpoint_is_named(tmp_path: Path) -> None:
    free = free_port()
    log = tmp_path / "endpoint.log"
    command = [sys.executable, "-c", "print('out of luck'); raise SystemExit(3)"]
    with pytest.raises(Unreachable, match="ended with exit code 3: out of luck"):
        EndpointProcess(command, ("127.0.0.1", free), log).start()
    with pytest.raises(InvalidInput, match="no-such-program cannot be run"):
        EndpointProcess(["no-such-program"], ("127.0.0.1", free), log).start()
    with create_server(("127.0.0.1", 0)) as server, pytest.raises(InvalidInput, match=r"listens on .* already"):
        EndpointProcess(command, ("127.0.0.1", server.getsockname()[1]), log).start()


def test_an_endpoint_ends_with_its_context(tmp_path: Path) -> None:
    host = f"http://127.0.0.1:{free_port()}"
    serve = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"
    with started([sys.executable, "-c", serve, host.rpartition(":")[2]], host, tmp_path / "log") as endpoint:
        assert endpoint is not None
        first = endpoint.pid
        assert first is not None
        endpoint.kill()
        assert endpoint.pid is None
        endpoint.restart()
        second = endpoint.pid
        assert second is not None
    for process in (first, second):
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def customers(number: int) -> Trace:
    """A trace of customers who start, send four events and complete, over three seconds."""

    def story(customer: int) -> Story:
        come = 2.0 * customer / number
        events = [(come + 0.2 * event, Verb.EVENT) for event in range(1, 5)]
        return [(come, Verb.START), *events, (come + 1.0, Verb.COMPLETE)]

    return trace_from([story(customer) for customer in range(number)])


FAULTS = """\
command: {python} {program} --database {folder}/journeys.db --port {port}
faults:
  - {{kind: stall, at: 300 ms, for: 300 ms}}
  - {{kind: reset, at: 800 ms}}
  - {{kind: slow, at: 900 ms, for: 300 ms, delay: 20 ms, rate: 100000}}
  - {{kind: kill, at: 1.3 s, for: 200 ms}}
  - {{kind: reset, at: 1.6 s}}
"""


def run_under_faults(folder: Path, program: str = "-m orchestrator") -> LoadResult:
    """Send customers to an endpoint of its own, which is killed and started again meanwhile."""
    port = free_port()
    text = FAULTS.format(python=sys.executable, program=program, folder=folder, port=port)
    faults = read_faults(written(folder, text), 1)
    return run_load(customers(100), host=f"http://127.0.0.1:{port}", out=folder, speed=1.0, faults=faults)


@pytest.mark.load
@pytest.mark.slow
@pytest.mark.timeout(120 + 60 * RUNS)
def test_a_correct_endpoint_passes_the_verification_under_faults(tmp_path: Path) -> None:
    """`SOJOURN_FAULTS=20` runs it twenty times in a row."""
    for number in range(RUNS):
        folder = tmp_path / str(number)
        folder.mkdir()
        result = run_under_faults(folder)
        assert result.verification is not None
        assert result.verification.ok, result.verification
        assert result.acknowledged == result.requests == 600, result.by_class
        kinds = [record.kind for record in result.faults]
        assert sorted(kinds) == sorted(["stall", "reset", "slow", "kill", "reset"])
        assert "endpoint killed, down from 1." in summary_rows(result)["faults on request"]
        assert result.retries > 0  # what the kill cut off was sent again
        assert result.endpoint is not None
        assert result.endpoint.cpu_seconds > 0


@pytest.mark.load
@pytest.mark.slow
@pytest.mark.skipif(RUNS == 1, reason="SOJOURN_FAULTS=20 runs it")
def test_an_endpoint_that_answers_before_it_commits_loses_what_it_acknowledged(tmp_path: Path) -> None:
    result = run_under_faults(tmp_path, f"{BROKEN} answers_before_commit")
    assert result.verification is not None
    assert result.verification.counts["lost"] > 0


@pytest.mark.load
@pytest.mark.slow
@pytest.mark.skipif(RUNS == 1, reason="SOJOURN_FAULTS=20 runs it")
def test_a_worker_that_is_killed_on_request_makes_the_run_invalid_by_name(tmp_path: Path) -> None:
    port = free_port()
    command = (sys.executable, "-m", "orchestrator", "--database", f"{tmp_path}/journeys.db", "--port", str(port))
    faults = Faults.model_validate({"command": command, "faults": [{"kind": "kill_worker", "at": "1 s", "worker": 2}]})
    host = f"http://127.0.0.1:{port}"
    result = run_load(customers(100), host=host, out=tmp_path, speed=1.0, workers=2, faults=faults)
    assert [record.detail for record in result.faults] == ["worker 2 killed"]
    assert not result.valid
    assert "worker 2 of 2 was lost" in str(result.why)
