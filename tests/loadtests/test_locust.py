"""Load tests by Locust itself, and by the function behind `sojourn load`."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from socket import create_server
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pyarrow.parquet as pq
import pytest

from loadtests.contract import REFERENCE, AnswerClass, Verb, read_contract
from loadtests.ledger import read_ledger
from loadtests.run.run import check_host, run_load
from loadtests.trace.model import save_trace
from loadtests.verification.verification import verify
from sim.core.errors import CannotWrite, InvalidInput, Unreachable
from tests.support.certificates import self_signed
from tests.support.conductor_runs import busy_queue, drive, even_trace, fake_endpoint, hopeless, trace_from
from tests.support.stalls import again_after_a_stall

LOCUSTFILE = Path(__file__).parents[2] / "loadtests" / "locustfile.py"
LATE = 30.0
"""A lag limit for tests of other things: the machine that runs them may be busy."""


def locust(*options: Any) -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), *map(str, options)]


def run(*options: Any) -> subprocess.CompletedProcess[str]:
    command = locust(*options)
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def url_of(endpoint: Any) -> str:
    return f"http://127.0.0.1:{endpoint.port}"


@pytest.mark.load
def test_a_load_is_run_verified_and_written_down(start: Any, out: Path) -> None:
    trace = even_trace(30, 6, 300.0)
    shares: list[float] = []
    result = run_load(trace, host=url_of(start()), out=out, speed=2.0, lag_limit=LATE, progress=shares.append)
    assert result.valid, result.why
    assert result.verification is not None
    assert result.verification.ok
    assert (result.requests, result.acknowledged, result.error_rate) == (len(trace), len(trace), 0.0)
    assert result.by_verb["resume"] == {"ok": 10}
    assert shares == sorted(shares)
    assert shares[-1] <= 1.0
    written = json.loads((out / "load.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(result.as_json()))
    assert written["verification"]["ok"] is True
    assert pq.read_table(out / "ledger.parquet").num_rows == len(trace)
    assert sorted(path.name for path in out.iterdir()) == ["ledger.parquet", "load.json", "locust.log"]


@pytest.mark.load
@again_after_a_stall
def test_several_workers_share_the_trace(start: Any, tmp_path: Path) -> None:
    trace = even_trace(30, 3, 200.0)
    result = run_load(trace, host=url_of(start()), out=tmp_path, speed=1.0, workers=2, lag_limit=LATE)
    assert result.valid, result.why
    assert result.verification is not None
    assert result.verification.ok
    assert result.requests == len(trace)


@pytest.mark.load
def test_a_verb_that_is_not_offered_is_reported_and_a_run_can_be_bounded(start: Any, out: Path, tmp_path: Path) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    contract = tmp_path / "poor.yaml"
    contract.write_text(re.sub(r"\n  pause:.*?\n\n(?=  \w)", "\n", text, flags=re.DOTALL), encoding="utf-8")
    assert "pause" not in read_contract(contract).verbs
    trace = trace_from([[(0.0, Verb.START), (0.1, Verb.PAUSE), (60.0, Verb.COMPLETE)]] * 4)
    result = run_load(
        trace, contract, url_of(start()), out=out, speed=1.0, duration=1.0, max_requests=3, lag_limit=LATE
    )
    assert result.not_offered == {"pause": 4}
    assert result.by_verb == {"start": {"ok": 3}}


@pytest.mark.load
def test_nothing_is_lost_when_the_endpoint_is_killed_and_restarted(start: Any, out: Path, tmp_path: Path) -> None:
    database = tmp_path / "journeys.db"
    endpoint = start(database=database)
    trace = even_trace(60, 10, 250.0)

    def kill_and_restart() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and sent_in(out) < 200:
            time.sleep(0.05)
        endpoint.stop(signal.SIGKILL)
        command = [sys.executable, "-m", "orchestrator", "--database", str(database)]
        restarted.append(subprocess.Popen([*command, "--port", str(endpoint.port)], stdout=subprocess.DEVNULL))

    restarted: list[subprocess.Popen[bytes]] = []
    murder = threading.Thread(target=kill_and_restart)
    murder.start()
    try:
        result = run_load(trace, host=url_of(endpoint), out=out, speed=1.0, lag_limit=LATE)
        murder.join()
    finally:
        for process in restarted:
            process.kill()
            process.wait()
    assert result.by_class.get("refused", 0) > 0  # it was killed while requests were being sent
    assert result.verification is not None
    assert result.verification.ok, result.verification.as_json()
    assert result.acknowledged == len(trace)


@pytest.mark.load
@again_after_a_stall
def test_an_endpoint_that_answers_before_it_commits_is_caught(start: Any, tmp_path: Path) -> None:
    endpoint = start(broken="answers_before_commit")
    driven = drive(even_trace(20, 4, 300.0), url_of(endpoint), tmp_path, stop_after=0.4)
    acknowledged = int(driven.ledger.acknowledged.sum())
    assert acknowledged > 20
    endpoint.stop(signal.SIGKILL)
    again = start(database=endpoint.database)
    verification = verify(driven.trace, read_contract(), url_of(again), driven.ledger, driven.run)
    assert verification.counts["lost"] > 0
    assert not verification.ok


def sent_in(out: Path) -> int:
    """The attempts so far."""
    return sum(len(read_ledger(folder)) for folder in out.glob("ledger/*"))


def interrupted_later(host: str, out: Path) -> subprocess.Popen[str]:
    """Start a load that lasts 25 s, and return when some of it was sent."""
    program = f"""
from pathlib import Path
from loadtests.run.run import run_load
from tests.support.conductor_runs import even_trace
from tests.support.stalls import again_after_a_stall
r = run_load(even_trace(100, 8, 40.0), host={host!r}, out=Path({str(out)!r}), speed=1.0)
print(r.valid, r.why)
"""
    root = LOCUSTFILE.parents[1]
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root)
    deadline = time.monotonic() + 30
    while sent_in(out) < 20:
        assert time.monotonic() < deadline, "nothing was sent"
        time.sleep(0.05)
    return process


@pytest.mark.load
def test_an_interrupt_keeps_what_was_sent(start: Any, out: Path) -> None:
    process = interrupted_later(url_of(start()), out)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert re.fullmatch(r"False interrupted after \d+ of \d+ requests(; the generator was late: .*)?\n", output)
    written = json.loads((out / "load.json").read_text(encoding="utf-8"))
    assert 0 < written["requests"] < written["planned"]
    assert written["verification"]["ok"]
    assert (out / "ledger.parquet").exists()


@pytest.mark.load
def test_the_generator_ends_when_whoever_started_it_is_killed(start: Any, out: Path) -> None:
    process = interrupted_later(url_of(start()), out)
    process.kill()
    process.communicate()
    time.sleep(4.0)  # Locust asks once a second; requests on their way have two more
    before = sent_in(out)
    time.sleep(1.0)
    assert 0 < sent_in(out) == before < 1000


@pytest.mark.load
def test_an_endpoint_with_tls_is_loaded_and_its_certificate_checked(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, tls = self_signed(tmp_path)
    trace = trace_from([[(0.0, Verb.START), (0.1, Verb.COMPLETE)]])
    options: dict[str, Any] = {"out": out, "speed": 1.0, "lag_limit": LATE, "verified": False}
    with fake_endpoint(tls=tls) as fake:
        strangers = drive(trace_from([[(0.0, Verb.START)]]), fake.url, tmp_path, contract=hopeless()).ledger
        assert strangers["kind"].tolist() == [AnswerClass.REFUSED]  # nobody we trust has signed it
        assert not fake.came
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert run_load(trace, host=fake.url, **options).by_class == {"ok": 2}


@pytest.mark.load
@again_after_a_stall
def test_a_generator_that_is_killed_leaves_its_ledger(start: Any, tmp_path: Path) -> None:
    save_trace(even_trace(50, 4, 50.0), tmp_path / "trace.npz")
    live = tmp_path / "live"
    host = url_of(start())
    options = ["--headless", "--host", host, "--trace", tmp_path / "trace.npz", "--speed", 1, "--ledger", live]
    process = subprocess.Popen(locust(*options, "--run", "r"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not (list(live.glob("r/*.bin")) and len(read_ledger(live / "r")) > 20) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    ledger = read_ledger(live / "r")
    assert ledger.acknowledged.sum() > 10
    verification = verify(even_trace(50, 4, 50.0), read_contract(), host, ledger, "r")
    assert verification.ok, verification.as_json()  # what was sent last is unknown at worst, never a phantom


@pytest.mark.load
def test_headless_with_csv_and_a_run_time_as_locust_users_expect(start: Any, tmp_path: Path) -> None:
    save_trace(even_trace(100, 8, 20.0), tmp_path / "trace.npz")
    options = ["--headless", "--host", url_of(start()), "--trace", tmp_path / "trace.npz", "--speed", 1, "-t", "2s"]
    done = run(*options, "--csv", tmp_path / "stats", "--ledger", tmp_path / "live", "--lag-limit", LATE)
    assert done.returncode == 0, done.stderr
    assert "Type     Name" in done.stdout + done.stderr
    lines = (tmp_path / "stats_stats.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("Type,Name,Request Count,Failure Count")
    assert any(line.startswith("POST,start,") for line in lines)


@pytest.mark.load
def test_locusts_exit_code_tells_of_failures_and_ours_of_a_late_generator(start: Any, tmp_path: Path) -> None:
    save_trace(trace_from([[(0.0, Verb.START), (0.0, Verb.RESUME)]]), tmp_path / "trace.npz")  # active: a 409
    options = ["--headless", "--host", url_of(start()), "--trace", tmp_path / "trace.npz", "--ledger", tmp_path / "l"]
    assert run(*options, "--lag-limit", LATE).returncode == 1
    late = run(*options, "--lag-limit", 0)
    assert late.returncode == 4
    assert "invalid run: the generator was late" in late.stderr


@pytest.mark.load
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--host", "http://127.0.0.1:9"], "--scenario: is missing"),
        (["--host", "http://127.0.0.1:9", "--scenario", "none.yaml"], "none.yaml"),
        (["--scenario", "x.yaml"], "--host: is missing"),
    ],
)
def test_what_is_missing_is_a_sentence_and_no_traceback(tmp_path: Path, options: list[str], says: str) -> None:
    done = run("--headless", "--ledger", tmp_path, *options)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.load
def test_a_run_that_cannot_be_set_up_sends_nothing(start: Any, tmp_path: Path) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    contract = tmp_path / "odd.yaml"
    contract.write_text(text.replace("capacity: $inputs.capacity", "capacities: $inputs.capacity"), encoding="utf-8")
    save_trace(busy_queue(2, 0.1), tmp_path / "trace.npz")
    host = url_of(start())
    options = ["--headless", "--host", host, "--trace", tmp_path / "trace.npz", "--contract", contract]
    done = run(*options, "--ledger", tmp_path / "live")
    assert done.returncode == 2
    assert "setup.agent.0: PUT /v1/agents/" in done.stderr
    assert "/capacities is not known" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path).glob("live/*"))
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(InvalidInput, match=r"setup\.agent\.0"):
        run_load(busy_queue(2, 0.1), contract, host, out=out)


@pytest.mark.load
def test_the_web_ui_starts_stops_and_shows_a_run(start: Any, tmp_path: Path) -> None:
    save_trace(even_trace(10, 3, 100.0), tmp_path / "trace.npz")
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    host = url_of(start())
    options = ["--trace", tmp_path / "trace.npz", "--speed", 9, "--ledger", tmp_path / "live"]
    process = subprocess.Popen(
        locust(*options, "--web-host", "127.0.0.1", "--web-port", port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    ui = f"http://127.0.0.1:{port}"

    def get(path: str, data: bytes | None = None) -> str:
        deadline = time.monotonic() + 30
        while True:
            try:
                with urlopen(ui + path, data=data, timeout=5) as answer:
                    return answer.read().decode()
            except OSError:
                assert time.monotonic() < deadline, f"{path} does not answer"
                time.sleep(0.1)

    try:
        assert "speed" in get("/")  # our options are in the form
        assert json.loads(get("/swarm", urlencode({"host": host, "speed": 1.0}).encode()))["success"]
        deadline = time.monotonic() + 30
        stats: dict[str, Any] = {}
        while stats.get("state") != "stopped" and time.monotonic() < deadline:
            time.sleep(0.2)
            stats = json.loads(get("/stats/requests"))
        assert stats["state"] == "stopped"  # by itself, when the trace is sent
        counts = {line["name"]: line["num_requests"] for line in stats["stats"]}
        assert counts["Aggregated"] == len(even_trace(10, 3, 100.0))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def test_an_endpoint_that_is_not_there_is_a_sentence(out: Path) -> None:
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unreachable, match="nothing answers there"):
        run_load(even_trace(1, 1, 1.0), host=f"http://127.0.0.1:{port}", out=out)
    assert not list(out.iterdir())


@pytest.mark.parametrize(
    "host", ["localhost:80", "ftp://h", "http://", "http://h:99999", "http://h/path", "http://[::"]
)
def test_what_is_not_a_host_is_refused(host: str) -> None:
    with pytest.raises(InvalidInput, match="--host"):
        check_host(host)


@pytest.mark.parametrize(
    "wrong", [{"speed": 0.0}, {"speed": float("nan")}, {"workers": 0}, {"max_requests": 0}, {"duration": -1.0}]
)
def test_settings_that_make_no_sense_are_refused(out: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="--" + next(iter(wrong)).replace("_", "-")):
        run_load(even_trace(1, 1, 1.0), host="http://127.0.0.1:9", out=out, **wrong)


@pytest.mark.load
def test_a_folder_that_is_a_file_cannot_be_written(start: Any, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("", encoding="utf-8")
    with pytest.raises(CannotWrite):
        run_load(even_trace(1, 1, 1.0), host=url_of(start()), out=path)
