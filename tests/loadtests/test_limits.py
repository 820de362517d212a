"""Whose fault a delay is: the endpoint's, for want of connections, or the generator's own."""

import os
import re
import time
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import gevent
import numpy as np
import pytest

from loadtests.conductor.conductor import Settings
from loadtests.conductor.heartbeat import Heartbeat
from loadtests.contract import AnswerClass, Verb, compile_calls
from loadtests.generators import Connections, GeneratorReport, read_reports, write_report
from loadtests.ledger import Attempt, LedgerWriter, read_ledger
from loadtests.run.limits import Backlog, combine
from loadtests.run.page import summary_rows
from loadtests.run.quantiles import quantiles
from loadtests.run.result import LoadResult, Run, measure
from loadtests.run.run import run_load
from loadtests.trace.model import Trace
from loadtests.trace.request_inputs import inputs_of
from sim.core.errors import SojournError
from tests.support.conductor_runs import acknowledge, drive, fake_endpoint, hopeless, trace_from
from tests.support.raw_endpoint import Reply, raw_endpoint
from tests.support.stalling_endpoint import stalling_endpoint
from tests.support.stalls import again_after_a_stall

RUN = Run("r", "http://h", "c", 1.0, 1, lag_limit=0.05)
BARS = bool(os.environ.get("SOJOURN_STALLS"))


def starts(number: int, rate: float) -> Trace:
    """A trace of one request per customer, evenly in time."""
    return trace_from([[(i / rate, Verb.START)] for i in range(number)])


def result_of(folder: Path, latencies: np.ndarray, rate: float, *, lag: float = 0.0, run: Run = RUN) -> LoadResult:
    """The result of a run whose requests took so long; infinity = never answered."""
    writer = LedgerWriter(folder, 0)
    for i, latency in enumerate(latencies.tolist()):
        due = i / rate
        answered = np.isfinite(latency)
        writer.note(
            Attempt(
                due=due,
                ready=due,
                journey=i,
                seq=1,
                verb=Verb.START,
                began=due + lag,
                ended=due + lag + latency if answered else float("nan"),
                answer_class=AnswerClass.OK if answered else AnswerClass.UNKNOWN,
            )
        )
    writer.close()
    return measure(starts(len(latencies), rate), read_ledger(folder), run, {}, read_reports(folder))


def test_past_its_knee_the_endpoint_was_the_limit(tmp_path: Path) -> None:
    """A queue that serves 80 of 100 requests a second: the backlog grows by 20 a second, to 200 after 10 s."""
    number, rate, capacity = 1000, 100.0, 80.0
    due = np.arange(number) / rate
    result = result_of(tmp_path, (np.arange(number) + 1) / capacity - due, rate)
    assert result.valid
    assert result.due_rate == pytest.approx(rate, rel=0.01)
    assert result.answered_rate == pytest.approx(capacity, rel=0.01)
    assert result.backlog is not None
    assert result.backlog.most_open == pytest.approx(200, abs=3)
    assert "the endpoint was the limit: from " in result.remarks[0]


@pytest.mark.parametrize("seconds", [0.01, 2.0])
def test_an_endpoint_that_is_slow_and_keeps_pace_was_no_limit(tmp_path: Path, seconds: float) -> None:
    result = result_of(tmp_path, np.full(1000, seconds), 100.0)
    assert (result.backlog, result.remarks) == (None, ())


def test_a_stall_is_named_with_its_time(tmp_path: Path) -> None:
    """From 3 s to 5 s nothing is answered; then all 200 at once."""
    due = np.arange(1000) / 100.0
    result = result_of(tmp_path, np.where((due >= 3.0) & (due < 5.0), 5.0 - due, 0.002), 100.0)
    assert result.backlog is not None
    assert (round(result.backlog.begin, 1), round(result.backlog.end, 1)) == (3.0, 5.0)
    assert result.backlog.due == pytest.approx(200, abs=5)
    assert result.backlog.answered <= 5


def test_requests_without_an_answer_are_behind(tmp_path: Path) -> None:
    result = result_of(tmp_path, np.where(np.arange(1000) < 600, 0.01, np.inf), 100.0)
    assert result.backlog is not None
    assert result.backlog.most_open == 400


def test_the_generators_own_lag_is_not_the_endpoints(tmp_path: Path) -> None:
    """Each request is sent late by up to 5 s, and answered at once: the endpoint was not behind."""
    writer = LedgerWriter(tmp_path, 0)
    for i in range(1000):
        due = i / 100.0
        began = due + i / 200.0
        writer.note(Attempt(due, due, i, 1, Verb.START, 1, began, began + 0.01, AnswerClass.OK, 201))
    writer.close()
    result = measure(starts(1000, 100.0), read_ledger(tmp_path), RUN, {})
    assert result.backlog is None
    assert not result.valid
    assert "the generator was late" in str(result.why)


@pytest.mark.parametrize(("wanted", "precise"), [(0.05, True), (0.04, False), (0.01, False), (None, None)])
def test_the_own_lag_is_judged_by_the_wanted_latency(
    tmp_path: Path, wanted: float | None, precise: bool | None
) -> None:
    """At a p95 of 4.9 ms, 50 ms can be judged, and 40 ms cannot."""
    write_report(tmp_path, GeneratorReport(0, complete=True, own_lag=np.full(100, 0.0049, np.float32)))
    run = Run("r", "http://h", "c", 1.0, 1, lag_limit=0.05, wanted_p95=wanted)
    result = result_of(tmp_path, np.full(100, 0.01), 100.0, run=run)
    assert result.precise is precise
    assert any("a tenth or more of the wanted p95" in text for text in result.remarks) is (precise is False)
    assert result.as_json()["own_lag"]["p95"] == pytest.approx(0.0049)


def test_what_no_generator_reported_is_not_measured(tmp_path: Path) -> None:
    result = result_of(tmp_path, np.full(10, 0.01), 100.0)
    assert (result.own_lag.p95, result.connections) == (None, None)
    assert summary_rows(result)["findings"] == "not measured"  # it was not read back


def test_reports_survive_a_round_trip_and_damage_is_a_sentence(tmp_path: Path) -> None:
    report = GeneratorReport(
        1,
        complete=True,
        connections=Connections(10, 7, 2, 0.5),
        cpu_seconds=1.5,
        peak_memory=1000,
        own_lag=np.array([0.25], np.float32),
    )
    write_report(tmp_path, report)
    write_report(tmp_path, GeneratorReport(0))
    begun, ended = read_reports(tmp_path)
    assert (begun.complete, begun.connections, begun.cpu_seconds) == (False, None, None)
    assert ended.as_json() == report.as_json()
    assert ended.own_lag.tolist() == [0.25]
    assert combine([begun, ended]) == report.connections
    (tmp_path / "generator-1.json").write_text("{", encoding="utf-8")
    with pytest.raises(SojournError, match="is not what a generator writes"):
        read_reports(tmp_path)


@again_after_a_stall
def test_a_pause_counts_once_for_each_beat_that_it_hides() -> None:
    """Half a second without the loop is fifty beats, from 490 ms late downwards; not one of them."""
    heart = Heartbeat()
    beating = gevent.spawn(heart.beat)
    gevent.sleep(0.1)
    before = len(heart.late)
    time.sleep(0.5)
    gevent.sleep(0.0)
    gevent.sleep(0.02)
    beating.kill()
    late = np.array(heart.late[before:])
    assert (late > 0.245).sum() >= 24
    assert (late > 0.005).sum() >= 48


@pytest.mark.load
@again_after_a_stall
def test_what_waits_for_a_connection_is_the_endpoints_and_a_finding(tmp_path: Path) -> None:
    trace = starts(40, 400.0)

    def answer(path: str, body: dict[str, Any]) -> Any:
        time.sleep(0.1)
        return acknowledge(path, body)

    with fake_endpoint(answer) as fake:
        driven = drive(trace, fake.url, tmp_path, settings=Settings("r", connections=4))
    ledger = driven.ledger
    assert ledger.acknowledged.all()
    waited = ledger["ready"] - ledger["due"]
    assert (waited > 0.05).sum() >= 30  # 40 requests over 4 connections of .1 s each: the last waits .8 s
    assert np.median(ledger["began"] - ledger["ready"]) < 0.05  # which is no lag
    result = measure(trace, ledger, RUN, {}, driven.reports)
    assert result.connections is not None
    assert (result.connections.limit, result.connections.most) == (4, 4)
    assert result.connections.waited >= 30
    assert any("all 4 connections were busy" in text for text in result.remarks)


@pytest.mark.load
@again_after_a_stall
def test_a_server_that_stalls_one_second_in_four_has_a_p95_of_point_eight(tmp_path: Path) -> None:
    """A quarter of the requests waits up to 1 s, evenly: .25 (1 - p95) = .05. A busy machine makes it longer only."""
    with stalling_endpoint(4.0, 2.0, 1.0) as url:
        driven = drive(starts(800, 200.0), url, tmp_path)
    result = measure(driven.trace, driven.ledger, RUN, {}, driven.reports)
    assert result.latency.p95 is not None
    assert 0.79 <= result.latency.p95 <= (0.85 if BARS else 2.0)
    assert result.backlog is not None
    assert result.connections is not None
    assert result.connections.waited == 0


@pytest.mark.load
@pytest.mark.slow
@pytest.mark.skipif(not BARS, reason="SOJOURN_STALLS=1 runs it, on a quiet machine")
def test_a_stall_of_five_seconds_at_500_per_second_is_the_endpoints_and_the_run_valid(tmp_path: Path) -> None:
    with stalling_endpoint(100.0, 4.0, 5.0) as url:
        result = run_load(starts(7500, 500.0), host=url, out=tmp_path, speed=1.0, verified=False)
    assert result.valid, result.why
    assert result.connections is not None
    assert (result.connections.most > 2000, result.connections.waited) == (True, 0)
    assert isinstance(result.backlog, Backlog)
    assert result.backlog.most_open > 2000
    assert result.latency.p95 is not None
    expected = 5.0 - 0.05 * 15.0  # a third waits up to 5 s, evenly; 2,500 answers come at once, at 250 us each at most
    assert expected - 0.05 <= result.latency.p95 <= expected + 2500 * 250e-6


@pytest.mark.load
@pytest.mark.slow
@pytest.mark.skipif(not BARS, reason="SOJOURN_STALLS=1 runs it, on a quiet machine")
def test_a_closed_loop_does_not_see_the_stall() -> None:
    """Ten users who wait for each answer, 20 requests a second each: ten of some 610 requests meet the stall."""
    took: list[float] = []

    def user(address: str) -> None:
        connection = HTTPConnection(address)
        until = time.perf_counter() + 4.0
        while (began := time.perf_counter()) < until:
            connection.request("POST", "/v1/journeys", b'{"customer": "c"}')
            connection.getresponse().read()
            took.append(time.perf_counter() - began)
            time.sleep(max(began + 0.05 - time.perf_counter(), 0.0))
        connection.close()

    with stalling_endpoint(4.0, 2.0, 1.0) as url:
        users = [Thread(target=user, args=(urlsplit(url).netloc,)) for _ in range(10)]
        for thread in users:
            thread.start()
        for thread in users:
            thread.join()
    assert float(np.quantile(took, 0.95)) < 0.1


def test_high_quantiles_need_requests_enough() -> None:
    """Of 999 requests the p99.9 would be the longest one."""
    few, thousand, many = (quantiles(np.arange(1.0, number + 1.0)) for number in (999, 1000, 10_000))
    assert (few.p999, thousand.p999, many.p999) == (None, 999.0, 9990.0)
    assert (thousand.p9999, many.p9999) == (None, 9999.0)


@pytest.mark.load
def test_a_journey_is_one_trace_and_an_attempt_one_span(tmp_path: Path) -> None:
    contract = hopeless()
    with raw_endpoint(Reply(b"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n")) as endpoint:
        drive(trace_from([[(0.0, Verb.START)], [(0.0, Verb.START)]]), endpoint.url, tmp_path, contract=contract)
    lines = re.findall(rb"\r\ntraceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})-01\r\n", b"".join(endpoint.requests))
    assert len(lines) == 2
    assert len({trace for trace, _ in lines}) == 2
    assert {span for _, span in lines} == {b"000000000001" + b"0001"}


def test_a_traceparent_of_the_contract_stays() -> None:
    contract = hopeless().model_copy(update={"headers": {"TraceParent": "own"}})
    call = compile_calls(contract, "h")[Verb.START]
    inputs = inputs_of(trace_from([[(0.0, Verb.START)]]), "r", 0)
    content = call.request(inputs, {}, "00-a-b-01").content
    assert content.lower().count(b"traceparent") == 1
    assert b"TraceParent: own" in content
