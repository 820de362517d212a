"""Parts of geventhttpclient and Locust that their documentation does not promise, and what breaks without them.

A new version is let in by its bound in ``pyproject.toml`` when these tests pass with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gevent.socket
import pytest
from packaging.requirements import Requirement

from loadtests.conductor.answer import Answer
from loadtests.conductor.connection import Pool
from tests.support.conductor_runs import fake_endpoint

LOCUST_PARTS = {
    "isinstance(WorkerNodes().ready + WorkerNodes().spawning + WorkerNodes().running, list)": (
        "the trace cannot be divided: `_workers` lists the workers that take part"
    ),
    "'vars(self.environment.parsed_options)' in getsource(MasterRunner.start)": (
        "workers do not get the run's token and start: `_prepare_run` writes them into the options"
    ),
    "'custom_args_from_master' in getsource(WorkerRunner)": (
        "workers do not read the run's token and start from the options"
    ),
    "'shape_class.tick()' in getsource(Runner.shape_worker)": (
        "the run does not end by itself: `Schedule.tick` is asked for the number of users"
    ),
    "'process_exit_code' in getsource(main)": "exit code 4, the late generator's, is lost",
    "list(signature(MasterRunner.register_message).parameters)[1:3] == ['msg_type', 'listener']": (
        "the master does not hear that a worker has sent its part"
    ),
    "list(signature(WorkerRunner.send_message).parameters)[1:3] == ['msg_type', 'data']": (
        "a worker cannot say that it has sent its part"
    ),
    "LoadTestShape.use_common_options is False and 'self.start_time' in getsource(LoadTestShape.reset_time)": (
        "--run-time does not end the run"
    ),
}
PROGRAM = f"""
import json
from inspect import getsource, signature
from locust import LoadTestShape
from locust.main import main
from locust.runners import MasterRunner, Runner, WorkerNodes, WorkerRunner
lacking = []
for part in {list(LOCUST_PARTS)!r}:
    try:
        there = eval(part)
    except (AttributeError, OSError, TypeError):
        there = False
    if not there:
        lacking.append(part)
print(json.dumps(lacking))
"""


@pytest.mark.parametrize("package", ["geventhttpclient", "locust"])
def test_the_installed_version_is_within_an_upper_bound(package: str) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = {bound.name: bound for bound in map(Requirement, project["optional-dependencies"]["load"])}
    bound = bounds[package]
    assert version(package) in bound.specifier
    assert any(part.operator == "<" for part in bound.specifier), f"{package} has no upper bound"


def test_locust_has_the_parts_that_the_plug_in_uses() -> None:
    # In a process of its own: importing Locust changes Python's sockets and threads.
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True, timeout=60)
    lacking = json.loads(done.stdout)
    assert not lacking, "; ".join(f"Locust lacks {part}: {LOCUST_PARTS[part]}" for part in lacking)


def test_an_answer_is_told_of_each_piece_by_the_parser() -> None:
    """Pieces are cut anywhere, also within a header's name."""
    answer = Answer("GET")
    for piece in (b"HTTP/1.1 2", b"00 OK\r\nContent-Len", b"gth: ", b"5\r\nX-A:1\r\nx-a: 2\r\nX-E:\r\n\r\n"):
        answer.feed(piece)
    assert (answer.headers_complete, answer.message_complete, answer.size) == (True, False, 0)
    answer.feed(b"he")
    answer.feed(b"llo")
    assert answer.message_complete, "`HTTPResponseParser` no longer calls `_on_message_complete`"
    assert (answer.body, answer.size) == (b"hello", 5), "`HTTPResponseParser` no longer calls `_on_body`"
    headers = [answer.get(name) for name in ("content-length", "x-a", "x-e", "x-none")]
    assert headers == ["5", ["1", "2"], "", None], "`HTTPResponseParser` no longer calls `_on_header_field`"
    assert not answer.should_close()


def test_the_answer_to_a_head_has_no_body() -> None:
    answer = Answer("HEAD")
    answer.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    assert answer.message_complete, "`HTTPResponseParser` no longer asks `_on_headers_complete` whether a body follows"


def test_a_pool_looks_an_address_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lookups: list[Any] = []
    getaddrinfo = gevent.socket.getaddrinfo

    def counted(*address: Any) -> Any:
        lookups.append(address)
        return getaddrinfo(*address)

    monkeypatch.setattr(gevent.socket, "getaddrinfo", counted)
    with fake_endpoint() as fake:
        pool = Pool.to(fake.url, size=2)
        for _ in range(2):
            pool.sockets.release_socket(pool.sockets.get_socket())
    assert len(lookups) == 1, "`ConnectionPool._resolve` is not asked any more: each connection waits for a look-up"
