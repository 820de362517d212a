"""Failures by cause: conditions, samples without secrets, outages, and an endpoint that is gone."""

import json
import time
from pathlib import Path
from socket import create_server
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.conductor.conductor import Settings
from loadtests.contract import AnswerClass, Verb, read_contract
from loadtests.failures import Cause, FailureLog, Mask, merge
from loadtests.generators import GeneratorReport, Silence, read_reports, write_report
from loadtests.ledger import Attempt, Ledger, LedgerWriter, read_ledger
from loadtests.run.outages import outages
from loadtests.run.result import LoadResult, Run, measure
from loadtests.run.run import check_host
from sim.core.errors import Unreachable
from tests.support.certificates import self_signed
from tests.support.conductor_runs import Driven, acknowledge, drive, fake_endpoint, hopeless, trace_from
from tests.support.stalls import again_after_a_stall

RUN = Run("r", "http://h", "c", 1.0, 1, lag_limit=30.0, give_up=0.5)
SECRET = 'pa/ss "word" & more'


def result_of(driven: Driven) -> LoadResult:
    return measure(driven.trace, driven.ledger, RUN, {}, driven.reports)


@pytest.mark.load
def test_a_failure_names_its_status_and_the_condition_that_failed(tmp_path: Path) -> None:
    trace = trace_from([[(0.0, Verb.START), (0.05, Verb.EVENT)] for _ in range(4)])

    def answer(path: str, body: dict[str, Any]) -> Any:
        return (422, {"X-Why": "odd"}, b'{"title": "no"}') if path.endswith("/events") else acknowledge(path, body)

    with fake_endpoint(answer) as fake:
        result = result_of(drive(trace, fake.url, tmp_path))
    (failure,) = result.failures
    assert (failure.verb, failure.answer_class, failure.status, failure.count) == ("event", "client_error", 422, 4)
    assert failure.reason == f"does not meet {read_contract().verbs['event'].success_criteria[0].condition}"
    assert len(failure.samples) == 3
    assert failure.samples[0].request.startswith("POST /v1/journeys/")
    assert failure.samples[0].answer.startswith("422\n")
    assert failure.samples[0].answer.endswith('{"title": "no"}')
    assert result.by_status == {"201": 4, "422": 4}
    assert result.as_json()["failures"][0]["samples"][0]["answer"]


@pytest.mark.load
def test_no_secret_is_in_a_sample_even_if_the_answer_repeats_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "s3cr3t-value")
    contract = hopeless().model_copy(update={"headers": {"X-Plain": "v ${env:KEY}"}})

    def answer(_path: str, _body: dict[str, Any]) -> Any:
        return 500, {"Set-Cookie": "session=abc"}, b'{"seen": "v s3cr3t-value", "access_token": "xyz"}'

    with fake_endpoint(answer) as fake:
        driven = drive(trace_from([[(0.0, Verb.START)]]), fake.url, tmp_path, contract=contract)
    text = json.dumps(result_of(driven).as_json()["failures"])
    assert "X-Plain: v ***" in text
    assert not [secret for secret in ("s3cr3t", "session=abc", "xyz") if secret in text]


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        json.dumps({"a": SECRET}),
        "GET /x?key=pa/ss%20%22word%22%20%26%20more",
        "GET /x?key=pa%2Fss%20%22word%22%20%26%20more",
        "<p>pa/ss &quot;word&quot; &amp; more</p>",
        "Cookie: word\r\nX: 1",
        "proxy-authorization: word",
        "X-Api-Key: word",
        '{"client_secret": "wo\\"rd word", "b": 1}',
        '{"Password" : "word',
    ],
)
def test_a_secret_is_masked_in_every_form(text: str) -> None:
    masked = Mask([SECRET, ""])(text)
    assert "***" in masked
    assert "word" not in masked.replace("Password", "").replace("password", "")
    assert Mask([SECRET])(text.encode()) == masked


def test_what_is_no_secret_is_shown() -> None:
    text = 'POST /v1/journeys HTTP/1.1\r\nAccept: x\r\n\r\n{"customer": "c", "intent": "lost_card"}'
    assert Mask([])(text) == text


@given(st.text(min_size=1, max_size=20), st.integers(0, 70_000))
def test_a_secret_is_masked_before_the_text_is_cut(secret: str, before: int) -> None:
    """Otherwise half of one could be shown, which nobody recognises."""
    masked = Mask([secret])("\n" * before + secret)
    shown = masked.removesuffix(" ...").replace("*", "").replace("\n", "")
    assert not shown or "*" in secret or "\n" in secret


def test_a_flood_of_causes_takes_bounded_memory_and_counts_each() -> None:
    log = FailureLog(Mask([]))
    for i in range(1000):
        log.note(Cause("event", "wrong_answer", 200, f"reason {i} {'x' * 1000}"), float(i), b"r" * 10_000, b"a")
    failures = log.failures()
    assert len(failures) == 101
    assert sum(failure.count for failure in failures) == 1000
    others = next(failure for failure in failures if failure.reason == "others")
    assert (others.count, others.first, others.last, len(others.samples)) == (900, 100.0, 999.0, 3)
    assert max(len(sample.request) for failure in failures for sample in failure.samples) < 1010


def test_failures_of_several_workers_are_added_up(tmp_path: Path) -> None:
    for shard in range(2):
        log = FailureLog(Mask([]))
        for at in range(2 + shard):
            log.note(Cause("start", "refused", 0, "connection refused"), float(at), b"r", None)
        log.note(Cause("start", "timeout", 0, "late"), 9.0 - shard, b"r", None)
        silence = Silence(1.0, 2.0) if shard else None
        write_report(tmp_path, GeneratorReport(shard, gave_up=silence, failures=log.failures()))
    reports = read_reports(tmp_path)
    assert [report.gave_up for report in reports] == [None, Silence(1.0, 2.0)]
    refused, late = merge(report.failures for report in reports)
    assert (refused.count, refused.first, refused.last, len(refused.samples)) == (5, 0.0, 2.0, 3)
    assert (late.count, late.first, late.last) == (2, 8.0, 9.0)
    assert str(refused) == "5 times start: refused, connection refused"


@pytest.mark.load
def test_errors_of_tls_are_named(tmp_path: Path) -> None:
    _, tls = self_signed(tmp_path)
    with fake_endpoint(tls=tls) as fake:
        driven = drive(trace_from([[(0.0, Verb.START)]]), fake.url, tmp_path, contract=hopeless())
        with pytest.raises(Unreachable, match=r"TLS fails there.*self.signed.*SSL_CERT_FILE"):
            check_host(fake.url)
    (failure,) = result_of(driven).failures
    assert failure.reason.lower().startswith("tls: the certificate is not accepted: self")


@pytest.mark.load
def test_plain_http_behind_https_is_an_error_of_tls(tmp_path: Path) -> None:
    with fake_endpoint() as fake:
        url = fake.url.replace("http", "https")
        driven = drive(trace_from([[(0.0, Verb.START)]]), url, tmp_path, contract=hopeless())
        with pytest.raises(Unreachable, match="TLS fails there"):
            check_host(url)
    assert result_of(driven).failures[0].reason.startswith("TLS: ")


@pytest.mark.load
@again_after_a_stall
def test_a_run_ends_when_the_endpoint_is_gone(tmp_path: Path) -> None:
    """A minute's requests to a port where nobody listens any more."""
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    trace = trace_from([[(0.1 * i, Verb.START)] for i in range(600)])
    began = time.monotonic()
    driven = drive(trace, f"http://127.0.0.1:{port}", tmp_path, settings=Settings("r", give_up=0.5))
    assert time.monotonic() - began < 20.0
    result = result_of(driven)
    assert not result.valid
    assert result.why is not None
    assert "the endpoint gave no answer from 0." in result.why
    assert "longer than --give-up 0.5 s, so the run was ended after" in result.why
    assert result.failures[0].reason == "Connection refused"
    (outage,) = result.outages
    assert (outage.end, outage.longest_latency) == (None, None)
    assert outage.not_acknowledged == outage.due > 0


@pytest.mark.load
@again_after_a_stall
def test_an_endpoint_that_answers_with_errors_is_not_gone(tmp_path: Path) -> None:
    trace = trace_from([[(0.02 * i, Verb.START)] for i in range(60)])
    with fake_endpoint(lambda _path, _body: (500, {}, b"")) as fake:
        driven = drive(trace, fake.url, tmp_path, contract=hopeless(), settings=Settings("r", give_up=0.2))
    assert driven.reports[0].gave_up is None
    assert len(driven.ledger) == 60


def ledger_of(folder: Path, *attempts: tuple[float, float, AnswerClass]) -> tuple[Ledger, np.ndarray]:
    """A ledger of one attempt each: when it was due and began, when it ended, and how."""
    writer = LedgerWriter(folder, 0)
    for journey, (began, ended, answer_class) in enumerate(attempts):
        writer.note(Attempt(began, began, journey, 1, Verb.START, 1, began, ended, answer_class))
    writer.close()
    ledger = read_ledger(folder)
    return ledger, np.ones(len(ledger), bool)


def test_an_outage_is_named_with_its_time_and_cost(tmp_path: Path) -> None:
    ok = [(i / 10, i / 10 + 0.01, AnswerClass.OK) for i in range(20)]
    gone = [(2.0 + i / 10, 2.01 + i / 10, AnswerClass.REFUSED) for i in range(8)]
    hung = [(2.05, 2.75, AnswerClass.TIMEOUT), (2.5, 3.4, AnswerClass.OK)]
    after = [(3.0 + i / 10, 3.1 + i / 10, AnswerClass.OK) for i in range(5)]
    (outage,) = outages(*ledger_of(tmp_path, *ok, *gone, *hung, *after))
    assert (outage.begin, outage.end) == (pytest.approx(2.0), pytest.approx(3.1))
    assert outage.failed == {"refused": 8, "timeout": 1}
    assert (outage.due, outage.not_acknowledged) == (12, 9)  # two of them came back: due at 2.5, 3.0 and 3.1
    assert outage.longest_latency == pytest.approx(0.9)
    assert str(outage).startswith("outage from 2.0 s to 3.1 s (1.1 s): attempts that failed: ")


@pytest.mark.parametrize(
    "attempts",
    [
        [(i / 10, i / 10 + 0.01, AnswerClass.SERVER_ERROR) for i in range(4)],  # too few
        [(i / 100, i / 100 + 0.01, AnswerClass.SERVER_ERROR) for i in range(10)],  # too short
        [(i / 10, i / 10 + 0.01, AnswerClass.CLIENT_ERROR) for i in range(50)],  # it is there, and says no
        [(i / 10, i / 10 + 0.01, AnswerClass.OK if i % 5 == 0 else AnswerClass.TIMEOUT) for i in range(50)],
    ],
)
def test_a_few_failures_or_refusals_by_an_endpoint_that_is_there_are_no_outage(tmp_path: Path, attempts: Any) -> None:
    assert outages(*ledger_of(tmp_path, *attempts)) == ()
