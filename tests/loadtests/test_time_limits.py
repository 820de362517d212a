"""Set-up and read-back end although an endpoint answers, but slowly; what was not read then is unknown."""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from loadtests.contract import Verb, read_contract
from loadtests.http_client import HttpClient, time_limit
from loadtests.run.page import summary_rows
from loadtests.run.run import run_load
from loadtests.run.setup import set_up
from loadtests.verdict.judgement import judge_result
from loadtests.verdict.results import Result
from loadtests.verification.findings import CHECKS
from loadtests.verification.read_back import Reader, UnreadableError
from loadtests.verification.verification import verify
from sim.core import interrupts
from sim.core.errors import InvalidInput, Unreachable
from tests.support.conductor_runs import busy_queue, drive, even_trace, fake_endpoint, trace_from
from tests.support.raw_endpoint import Reply, raw_endpoint
from tests.support.stalls import again_after_a_stall

JOURNEYS = 40
PAGE = b'{"items": [], "next": null, "context": {}, "state": "active"}'


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail if something takes longer."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def test_the_limit_grows_with_what_there_is_to_read() -> None:
    assert time_limit(30.0, 0) == 60.0
    assert time_limit(30.0, 10_000) == 560.0
    assert time_limit(300.0, 0) == 600.0


@pytest.mark.load
@again_after_a_stall
def test_an_endpoint_that_reads_slowly_is_right_if_there_is_time_and_unknown_if_not(start: Any, tmp_path: Path) -> None:
    """Each read takes .2 s, and four go on at a time: all journeys need 4 s."""
    endpoint = start(broken="reads_slowly")
    driven = drive(even_trace(JOURNEYS, 2, 600.0), f"http://127.0.0.1:{endpoint.port}", tmp_path)
    contract = read_contract()
    with at_most(1.0 + 2.0):
        late = verify(driven.trace, contract, driven.url, driven.ledger, driven.run, limit=1.0).as_json()
    assert 0 < late["checked"] < JOURNEYS
    assert late["not_read"] == {"journeys": JOURNEYS - late["checked"], "contacts": 0, "queues": 0, "lists": 1}
    assert late["unread"] == JOURNEYS - late["checked"] + 1
    assert (late["ok"], late["in_time"], late["limit"], late["lost"]) == (False, False, 1.0, 0)
    whole = verify(driven.trace, contract, driven.url, driven.ledger, driven.run).as_json()
    assert (whole["ok"], whole["in_time"], whole["checked"], whole["limit"]) == (True, True, JOURNEYS, 62.0)


@pytest.mark.load
@again_after_a_stall
def test_nothing_is_0_where_nothing_was_read(start: Any, tmp_path: Path) -> None:
    endpoint = start(broken="reads_slowly")
    driven = drive(busy_queue(5, 0.1), f"http://127.0.0.1:{endpoint.port}", tmp_path)
    verdict = verify(driven.trace, read_contract(), driven.url, driven.ledger, driven.run, limit=0.1).as_json()
    assert verdict["not_read"] == {"journeys": 5, "contacts": 5, "queues": 1, "lists": 1}
    assert {verdict[check] for check in CHECKS} == {None}
    assert (verdict["ok"], verdict["in_time"], verdict["checked"]) == (False, False, 0)


@pytest.mark.load
@again_after_a_stall
def test_a_load_that_was_not_read_back_in_time_is_invalid_and_says_what_is_unknown(start: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    url = f"http://127.0.0.1:{start(broken='reads_slowly').port}"
    result = run_load(even_trace(JOURNEYS, 2, 600.0), host=url, out=out, speed=1.0, lag_limit=30.0, read_limit=1.0)
    assert result.verification is not None
    rest = f"{JOURNEYS - result.verification.checked} journeys, 1 list"
    assert not result.valid
    assert result.why is not None
    assert result.why.startswith(f"reading back was ended after 1 s, without {rest}, which are unknown; give a longer")
    assert summary_rows(result)["read back"].endswith(f"; not read: {rest}")
    written = json.loads((out / "load.json").read_text(encoding="utf-8"))
    assert (written["valid"], written["why"]) == (False, result.why)
    manifest = {"kind": "load", "scenario": "s", "scenario_hash": "c0ffee", "seed": 1, "replications": 1, "wanted": 1}
    verdict = judge_result(Result("out", manifest, {}, None, written), None)
    assert verdict.exit_code == 4
    assert result.why in verdict.failures[0].message


def test_what_a_list_showed_before_it_broke_off_counts(tmp_path: Path) -> None:
    with fake_endpoint() as fake:
        driven = drive(even_trace(2, 2, 600.0), fake.url, tmp_path)

        def first_page(path: str, _body: Any) -> tuple[int, dict[str, str], bytes]:
            if path.endswith("limit=1000"):
                stranger = {"id": "j", "customer": f"{driven.run}-stranger"}
                return 200, {}, json.dumps({"items": [stranger], "next": "2"}).encode()
            return 404, {}, b""  # no second page

        fake.answer = first_page
        verdict = verify(driven.trace, read_contract(), driven.url, driven.ledger, driven.run)
    assert verdict.counts["phantom"] == 1
    assert verdict.not_read["lists"] == 1


@again_after_a_stall
def test_an_interrupt_leaves_at_once_what_is_being_read_and_keeps_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer may take 10 s, by the contract."""
    asked, over = itertools.count(1), Event()
    clients: list[HttpClient] = []

    def connect(*arguments: Any) -> HttpClient:
        clients.append(HttpClient(*arguments))
        return clients[-1]

    def first_ten(_path: str, _body: Any) -> tuple[int, dict[str, str], bytes] | None:
        return (404, {}, b"") if next(asked) <= 10 or over.wait() else None

    with fake_endpoint() as fake:
        driven = drive(even_trace(JOURNEYS, 2, 600.0), fake.url, tmp_path)
        fake.answer, sent = first_ten, len(fake.came)
        monkeypatch.setattr("loadtests.verification.read_back.HttpClient", connect)
        monkeypatch.setattr(interrupts, "watches", lambda: True)
        monkeypatch.setattr(interrupts, "presses", lambda: int(len(fake.came) > sent + 10))
        with at_most(5.0):
            verdict = verify(driven.trace, read_contract(), driven.url, driven.ledger, driven.run)
        over.set()
        clients[0].close()  # a command ends without that
    assert 0 < verdict.checked <= 10
    assert verdict.counts["lost"] >= verdict.checked
    assert verdict.not_read == {"journeys": JOURNEYS - verdict.checked, "contacts": 0, "queues": 0, "lists": 1}
    assert not verdict.ok


@pytest.mark.parametrize("content", [PAGE, b'{"items": ["'])
@again_after_a_stall
def test_an_answer_that_drips_ends_with_the_limit(content: bytes) -> None:
    """Although it goes on, and each byte comes soon."""
    drip = Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n%s" % content.ljust(1000), pause=0.02)
    with raw_endpoint(drip) as endpoint:
        reader = Reader(read_contract(), endpoint.url, "r", {}, limit=1.0)
        with at_most(3.0), pytest.raises(UnreadableError, match="the time to read back is over"):
            reader.view({"start.journey": "j"}, "r-1")
        with at_most(0.5), pytest.raises(UnreadableError, match="the time to read back is over"):
            list(reader.listing())
        reader.close()


@again_after_a_stall
def test_a_list_without_an_end_ends_with_the_limit() -> None:
    numbers = itertools.count()
    with fake_endpoint(
        lambda _path, _body: (200, {}, json.dumps({"items": [], "next": next(numbers)}).encode())
    ) as fake:
        reader = Reader(read_contract(), fake.url, "r", {}, limit=1.0)
        with at_most(3.0), pytest.raises(UnreadableError, match="the time to read back is over"):
            list(reader.listing())
        reader.close()
    assert next(numbers) > 10


def test_a_history_of_long_pages_is_not_kept_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtests.verification.read_back._LONGEST_TEXT", 100_000)
    numbers = itertools.count()

    def page(_path: str, _body: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, json.dumps({"items": [], "next": next(numbers), "rest": "x" * 9_000}).encode()

    with fake_endpoint(page) as fake:
        reader = Reader(read_contract(), fake.url, "r", {}, limit=30.0)
        with pytest.raises(UnreadableError, match="too long to keep"):
            reader.history({"start.journey": "j"}, "r-1")
        reader.close()
    assert next(numbers) == 12


@again_after_a_stall
def test_a_set_up_of_many_agents_by_a_slow_endpoint_ends() -> None:
    """Each request is answered well, but 81 of them would take 6 s at the least."""
    trace = trace_from([[(0.0, Verb.READY)]] * 40, agents=40)

    def slow(_path: str, _body: Any) -> tuple[int, dict[str, str], bytes]:
        time.sleep(0.3)
        return 200, {}, b"{}"

    says = r"the run was not set up within 4\.45 s; give fewer agents, or more --grace"
    with fake_endpoint(slow) as fake, at_most(4.5 + 2.0), pytest.raises(Unreachable, match=says):
        set_up(read_contract(), trace, fake.url, "r", grace=0.2)
    assert len(fake.came) < 81


def test_a_limit_that_is_no_time_is_refused(tmp_path: Path) -> None:
    for limit in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InvalidInput, match="--read-limit"):
            run_load(trace_from([[(0.0, Verb.START)]]), out=tmp_path, read_limit=limit)
