"""Locust's options: each is tried here, or refused with a sentence, as the page says."""

import json
import os
import re
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from socket import create_server
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import pytest

from loadtests.conductor.options import REFUSED, refusals
from loadtests.conductor.request_reporter import failure_name
from loadtests.contract import REFERENCE, AnswerClass, Verb
from loadtests.ledger import Attempt
from loadtests.run.provenance import load_provenance
from loadtests.trace.model import Trace, of_intents
from loadtests.verdict import read_result
from sim.core.errors import InvalidInput
from tests.support.certificates import self_signed
from tests.support.command_line import BUSY, desk, plain_environment
from tests.support.conductor_runs import trace_from
from tests.support.documentation import ROOT
from tests.support.service_process import launching

LOCUSTFILE = Path(__file__).parents[2] / "loadtests" / "locustfile.py"
ALL = bool(os.environ.get("SOJOURN_WORKERS"))
LATE = 30

LOCAL = (
    "--headless --tags question --exclude-tags --run-time 2s --csv stats --csv-full-history --html page.html "
    "--json-file stats --logfile log --loglevel INFO --only-summary --reset-stats --stop-timeout 5 "
    "--exit-code-on-error 7 --profile p --otel"
)
JSON = "--headless --run-time 1s --json --skip-log-setup --processes 2 --config locust.conf --only-summary"
PAGE = "--autostart --autoquit 1 --run-time 1s --web-host 127.0.0.1 --web-base-path /l --print-stats"
MASTER = (
    "--master --master-bind-host 127.0.0.1 --expect-workers 1 --expect-workers-max-wait 60 --headless --run-time 1s"
)
WORKER = "--worker --master-host 127.0.0.1"
ENDS_AT_ONCE = ("--help", "--version", "--list", "--show-task-ratio", "--show-task-ratio-json")
ELSEWHERE = {"--locustfile", "--host", "--web-port", "--tls-cert", "--tls-key", "--master-port", "--master-bind-port"}
"""Whose values are chosen by the tests below."""


def words(line: str) -> set[str]:
    return {word for word in line.split() if word.startswith("--")}


def command(*options: Any) -> list[str]:
    return [sys.executable, "-m", "locust", "--locustfile", str(LOCUSTFILE), *map(str, options)]


def locust(folder: Path, *options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*options),
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env=plain_environment(),
    )


@cache
def help_of_locust() -> frozenset[str]:
    """The long options that Locust itself lists."""
    done = subprocess.run([sys.executable, "-m", "locust", "--help"], check=True, capture_output=True, text=True)
    return frozenset(re.findall(r"^ {2}(?:-\w,? ?(?:<[^>]*>|\[[^]]*\])?,? )?(--[\w-]+)", done.stdout, re.MULTILINE))


def table() -> dict[str, str]:
    """The page's table: option to what becomes of it."""
    text = (ROOT / "docs" / "locust.md").read_text(encoding="utf-8").split("## Locust's options")[1]
    rows = re.findall(r"^\| (`--.*?) \| (.*) \|$", text, re.MULTILINE)
    return {option: here for options, here in rows for option in re.findall(r"`(--[\w-]+)`", options)}


@pytest.mark.load
def test_the_page_names_each_option_of_locust() -> None:
    assert len(help_of_locust()) > 45
    assert set(table()) == help_of_locust()


def test_the_page_says_of_each_refused_option_what_the_refusal_says() -> None:
    assert {option: here for option, here in table().items() if not here.startswith("works")} == {
        option: f"refused: {sentence}" for option, sentence in REFUSED.items()
    }


def test_each_option_that_works_is_tried_here() -> None:
    tried = words(f"{LOCAL} {JSON} {PAGE} {MASTER} {WORKER}") | {*ENDS_AT_ONCE, *ELSEWHERE}
    assert tried == {option for option, here in table().items() if here.startswith("works")}


def test_all_refused_options_are_refused_at_once() -> None:
    names = {"--users": "num_users"}
    options = Namespace(**{names.get(name, name[2:].replace("-", "_")): 1 for name in REFUSED})
    assert [(problem.file, problem.message) for problem in refusals(options)] == list(REFUSED.items())
    assert refusals(Namespace()) == []


def intents_trace() -> Trace:
    trace = trace_from([[(0.0, Verb.START)] for _ in range(3)] + [[(0.0, Verb.READY)]], agents=1)
    return replace(trace, intents=("loan", "card"), intent=np.array([0, 1, 0], np.int32))


@pytest.mark.parametrize(
    ("only", "without", "journeys"),
    [([], [], [0, 1, 2, 3]), (["loan"], [], [0, 2, 3]), ([], ["loan"], [1, 3]), (["card"], ["card"], [3])],
)
def test_tags_are_intents_and_agents_stay(only: list[str], without: list[str], journeys: list[int]) -> None:
    assert of_intents(intents_trace(), only, without).journey.tolist() == journeys


def test_other_tags_are_other_customers_and_so_is_their_hash() -> None:
    hashes = [
        load_provenance(of_intents(intents_trace(), only, []), REFERENCE)["trace_hash"]
        for only in ([], ["loan"], ["card"])
    ]
    assert len(set(hashes)) == 3
    whole = load_provenance(intents_trace(), REFERENCE)["trace_hash"]
    assert hashes[0] == whole  # as that of sojourn load


def test_locust_names_the_status_of_a_failure() -> None:
    failed = Attempt(0.0, 0.0, 0, 1, Verb.START, 1, 0.0, 0.1, AnswerClass.CLIENT_ERROR, 401)
    assert failure_name(failed) == "client_error 401"
    assert failure_name(replace(failed, answer_class=AnswerClass.REFUSED, status=0)) == "refused"


def test_an_unknown_tag_is_refused_with_the_intents() -> None:
    with pytest.raises(InvalidInput, match=r'(?s)--tags: "lone" is no intent.*loan.*--exclude-tags: "x"'):
        of_intents(intents_trace(), ["lone"], ["x"])


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with launching() as launch:
        yield f"http://127.0.0.1:{launch('--database', str(tmp_path_factory.mktemp('db') / 'j.db')).port}"


def options_of_run(host: str) -> list[Any]:
    return ["--host", host, "--scenario", "desk.yaml", "--speed", 600, "--lag-limit", LATE, "--out", "result"]


@pytest.mark.load
def test_a_run_of_locust_is_verified_and_leaves_a_result_that_check_reads(tmp_path: Path, endpoint: str) -> None:
    folder = desk(tmp_path, BUSY)
    done = locust(folder, *options_of_run(endpoint), *LOCAL.split())
    log = (folder / "log").read_text(encoding="utf-8")
    assert done.returncode == 0, log
    result = read_result(folder / "result")
    assert result.load is not None
    assert (result.load["valid"], result.load["verification"]["ok"]) == (True, True)
    assert 0 < result.load["requests"] <= result.load["planned"]
    assert result.manifest["command"][0] == "locust"
    stats = json.loads((folder / "stats.json").read_text(encoding="utf-8"))
    assert sum(row["num_requests"] for row in stats) == result.load["attempts"]
    written = {path.name for path in folder.iterdir()}
    assert written >= {"stats_stats.csv", "stats_stats_history.csv", "stats_failures.csv", "page.html"}
    assert "judge it with sojourn check result" in log
    assert "requests were acknowledged, 99 % within" in log
    assert (result.manifest["tags"], result.manifest["exclude_tags"]) == (["question"], [])
    assert result.manifest["duration"] == 2


@pytest.mark.load
def test_what_means_nothing_is_refused_at_once_and_an_unknown_option_too(tmp_path: Path) -> None:
    done = locust(tmp_path, "--headless", "--host", "http://127.0.0.1:9", "-u", 5, "-r", 2, "--equal-weights")
    assert done.returncode == 2
    for name in ("--users", "--spawn-rate", "--equal-weights"):
        assert f"{name}: {REFUSED[name]}" in done.stderr
    assert "Traceback" not in done.stderr
    assert locust(tmp_path, "--headless", "--wat").returncode == 2


more = pytest.mark.skipif(not ALL, reason="SOJOURN_WORKERS=1 runs it")


@pytest.mark.load
@pytest.mark.slow
@more
@pytest.mark.parametrize("option", ENDS_AT_ONCE)
def test_what_only_shows_something_works(tmp_path: Path, option: str) -> None:
    assert locust(tmp_path, option).returncode == 0


@pytest.mark.load
@pytest.mark.slow
@more
def test_processes_leave_one_result_and_json(tmp_path: Path, endpoint: str) -> None:
    folder = desk(tmp_path, BUSY)
    (folder / "locust.conf").write_text("headless = true\n", encoding="utf-8")
    done = locust(folder, *options_of_run(endpoint), *JSON.split())
    assert done.returncode == 0, done.stderr
    result = read_result(folder / "result")
    assert result.load is not None
    assert (result.load["valid"], result.load["run"]["workers"]) == (True, 2)
    assert result.load["verification"]["ok"]
    lists = [json.loads(part) for part in re.split(r"(?<=\])\n(?=\[)", done.stdout)]  # one of each process
    assert sum(row["num_requests"] for rows in lists for row in rows) == result.load["attempts"]


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.mark.load
@pytest.mark.slow
@more
def test_the_page_starts_by_itself_with_tls_and_quits(tmp_path: Path, endpoint: str) -> None:
    folder = desk(tmp_path, BUSY)
    certificate, _ = self_signed(tmp_path)
    tls = ["--tls-cert", certificate, "--tls-key", tmp_path / "key.pem"]
    done = locust(folder, *options_of_run(endpoint), *PAGE.split(), "--web-port", free_port(), *tls)
    assert done.returncode == 0, done.stderr
    assert read_result(folder / "result").load is not None


@pytest.mark.load
@pytest.mark.slow
@more
def test_a_master_and_a_worker_that_were_started_apart_leave_a_result(tmp_path: Path, endpoint: str) -> None:
    folder = desk(tmp_path, BUSY)
    port = free_port()
    options = options_of_run(endpoint)
    worker = subprocess.Popen(
        command(*options, *WORKER.split(), "--master-port", port),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=plain_environment(),
    )
    done = locust(folder, *options, *MASTER.split(), "--master-bind-port", port)
    worker.wait(30)
    assert done.returncode == 0, done.stderr
    assert read_result(folder / "result").load is not None


@pytest.mark.load
@pytest.mark.slow
@more
def test_the_page_starts_stops_and_starts_again(tmp_path: Path, endpoint: str) -> None:
    folder = desk(tmp_path, BUSY)
    port = free_port()
    options = [*options_of_run(endpoint), "--web-host", "127.0.0.1", "--web-port", port]
    process = subprocess.Popen(
        command(*options),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=plain_environment(),
    )
    url = f"http://127.0.0.1:{port}"

    def get(path: str, data: bytes | None = None) -> Any:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urlopen(url + path, data=data, timeout=30) as answer:
                    return answer.read().decode()
            except OSError:
                assert time.monotonic() < deadline, f"{path} does not answer"
                time.sleep(0.1)

    def until(state: str) -> None:
        deadline = time.monotonic() + 60
        while json.loads(get("/stats/requests"))["state"] != state:
            assert time.monotonic() < deadline, state
            time.sleep(0.2)

    def result() -> dict[str, Any]:
        content: dict[str, Any] = json.loads((folder / "result" / "load.json").read_text(encoding="utf-8"))
        return content

    try:
        assert json.loads(get("/swarm", urlencode({"host": endpoint, "speed": 60}).encode()))["success"]
        time.sleep(4)
        get("/stop", b"")
        until("stopped")
        stopped = result()
        assert not stopped["valid"]
        assert stopped["why"].startswith("interrupted after ")
        assert json.loads(get("/swarm", urlencode({"host": endpoint, "speed": 3600}).encode()))["success"]
        until("running")
        until("stopped")
        deadline = time.monotonic() + 60  # the journeys are read back after the end
        while (again := result())["run"]["token"] == stopped["run"]["token"]:
            assert time.monotonic() < deadline, "no second result"
            time.sleep(0.2)
        assert again["requests"] > stopped["requests"]
        assert again["verification"]["ok"]
    finally:
        process.terminate()
        process.wait(20)
