"""Workers: each due request is sent once, two tests on one machine do not meet, and a lost worker is named."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from configargparse import ArgumentParser

from loadtests.conductor.options import add_worker_options
from loadtests.contract import Verb
from loadtests.ledger import read_ledger
from loadtests.run.result import LoadResult
from loadtests.run.run import run_load
from loadtests.trace.model import Trace, save_trace
from tests.support.conductor_runs import acknowledge, fake_endpoint, trace_from
from tests.support.stalls import again_after_a_stall

LOCUSTFILE = Path(__file__).parents[2] / "loadtests" / "locustfile.py"
LATE = 30.0
ALL = bool(os.environ.get("SOJOURN_WORKERS"))


def starts(number: int, rate: float) -> Trace:
    return trace_from([[(i / rate, Verb.START)] for i in range(number)])


def load(url: str, out: Path, workers: int, *, number: int = 120, rate: float = 60.0) -> LoadResult:
    out.mkdir()
    return run_load(starts(number, rate), host=url, out=out, speed=1.0, workers=workers, lag_limit=LATE, verified=False)


def counting(customers: Counter[str]) -> Any:
    """An endpoint that counts its customers."""

    def answer(path: str, body: dict[str, Any]) -> Any:
        customers[body["customer"]] += 1
        return acknowledge(path, body)

    return answer


@pytest.mark.load
@pytest.mark.slow
@pytest.mark.skipif(not ALL, reason="SOJOURN_WORKERS=1 runs it")
def test_each_request_is_sent_once_by_four_workers(tmp_path: Path) -> None:
    customers: Counter[str] = Counter()
    with fake_endpoint(counting(customers)) as fake:
        result = load(fake.url, tmp_path / "out", 4)
    assert result.valid, result.why
    assert (len(customers), set(customers.values())) == (120, {1})


@pytest.mark.load
@again_after_a_stall
def test_two_tests_side_by_side_with_two_workers_each_are_both_valid(tmp_path: Path) -> None:
    customers: list[Counter[str]] = [Counter(), Counter()]
    with (
        fake_endpoint(counting(customers[0])) as first,
        fake_endpoint(counting(customers[1])) as second,
        ThreadPoolExecutor(2) as threads,
    ):
        results = list(threads.map(load, (first.url, second.url), (tmp_path / "a", tmp_path / "b"), (2, 2)))
    assert [result.why for result in results] == [None, None]
    assert [(len(each), set(each.values())) for each in customers] == [(120, {1})] * 2
    tokens = {result.run.token for result in results}
    assert len({customer.partition("-")[0] for each in customers for customer in each} & tokens) == 2


def workers_of(out: Path) -> list[int]:
    """The processes whose parent is the Locust of a run."""
    stats = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(out).encode() in _read(path)]
    parents = {
        int(path.parent.name): int(_read(path.with_name("stat")).rpartition(b")")[2].split()[1]) for path in stats
    }
    return sorted(process for process, parent in parents.items() if parent in parents)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended
        return b""


@pytest.mark.load
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the workers in /proc")
@again_after_a_stall
def test_a_worker_that_is_killed_makes_the_run_invalid_by_name(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def kill() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and sum(len(read_ledger(path)) for path in out.glob("ledger/*")) < 20:
            time.sleep(0.05)
        os.kill(workers_of(out)[0], signal.SIGKILL)

    murder = Thread(target=kill)
    with fake_endpoint() as fake:
        murder.start()
        result = load(fake.url, out, 2, number=240, rate=40.0)
        murder.join()
    assert not result.valid
    assert result.why is not None
    assert result.why.startswith("worker ")
    assert " of 2 was lost after " in result.why
    assert " of its 120 requests (journeys and agents " in result.why
    assert 120 < result.requests < 240  # the other one sent its part


@pytest.mark.load
@pytest.mark.slow
@pytest.mark.skipif(not ALL, reason="SOJOURN_WORKERS=1 runs it")
def test_a_worker_without_the_token_is_sent_away(tmp_path: Path) -> None:
    """It would get a part of the trace, and with it the endpoint's address and data."""
    save_trace(starts(20, 20.0), tmp_path / "trace.npz")
    customers: Counter[str] = Counter()
    environment = {**os.environ, "SOJOURN_WORKER_TOKEN": "right"}
    with fake_endpoint(counting(customers)) as fake:
        options = ["--host", fake.url, "--trace", tmp_path / "trace.npz", "--ledger", tmp_path / "live", "--speed", 1]
        port = add_free_port()
        both = [sys.executable, "-m", "locust", "-f", LOCUSTFILE, *options, "--headless", "--no-setup"]
        common = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "stdin": subprocess.DEVNULL}
        ends = ["--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--expect-workers", 1]
        master = subprocess.Popen(words(both, "--master", *ends, "--lag-limit", LATE), env=environment, **common)
        worker = words(both, "--worker", "--master-host", "127.0.0.1", "--master-port", port)
        stranger = subprocess.Popen(worker, env={**environment, "SOJOURN_WORKER_TOKEN": "wrong"}, **common)
        stranger.wait(60)
        right = subprocess.Popen(worker, env=environment, **common)
        output, _ = master.communicate(timeout=60)
        right.communicate(timeout=60)
        refused, _ = stranger.communicate()
    assert "its --worker-token is not that of the run" in refused
    assert stranger.returncode == 2
    assert "a worker without this run's --worker-token was sent away" in output
    assert master.returncode == 0, output
    assert (len(customers), set(customers.values())) == (20, {1})


def words(*parts: Any) -> list[str]:
    first, *rest = parts
    return [*map(str, first), *map(str, rest)]


class _Parser(ArgumentParser):
    """Knows Locust's own arguments of an option."""

    def add_argument(self, *names: str, **more: Any) -> Any:
        return super().add_argument(
            *names, **{k: v for k, v in more.items() if k not in {"is_secret", "include_in_web_ui"}}
        )


def options_of(line: str) -> Any:
    """The options of Locust's parser that matter to workers, after a command line."""
    parser = _Parser()
    for name in ("--master-port", "--master-bind-port"):
        parser.add_argument(name, type=int, default=5557)
    for name in ("--master-host", "--master-bind-host", "--processes"):
        parser.add_argument(name)
    parser.add_argument("--worker", action="store_true")
    add_worker_options(parser, line.split())
    return parser.parse_args(line.split())


def add_free_port() -> int:
    return int(options_of("--processes 2").master_port)


def test_processes_have_a_free_port_and_a_token_of_their_own() -> None:
    first, second = options_of("--processes 2"), options_of("--processes=2")
    for options in (first, second):
        assert options.master_port == options.master_bind_port != 5557
        assert (options.master_host, options.master_bind_host) == ("127.0.0.1", "127.0.0.1")
        assert len(options.worker_token) == 32
    assert first.worker_token != second.worker_token


@pytest.mark.parametrize("line", ["", "--processes 2 --master-bind-port 7000", "--processes 2 --worker"])
def test_ports_that_the_user_chose_stay(line: str) -> None:
    options = options_of(line)
    assert options.master_port == 5557
    assert options.worker_token == ""
