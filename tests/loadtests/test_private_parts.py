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

from loadtests.conductor.connection import Answer, Pool
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


def test_an_answer_keeps_its_body_in_the_buffer_that_is_read() -> None:
    answer = Answer("GET")
    answer.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    assert (answer.headers_complete, answer.message_complete, answer.size) == (True, False, 0)
    answer.feed(b"hello")
    assert answer.message_complete
    assert (answer.body, answer.size) == (b"hello", 5), "`HTTPResponse._body_buffer` no longer holds the body"
    assert not answer.should_close()


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
