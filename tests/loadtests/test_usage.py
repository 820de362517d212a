"""Figures of each verb, and use of CPU and memory by generator and endpoint."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from loadtests.contract import AnswerClass, Verb
from loadtests.failures import Failure, Sample
from loadtests.generators import GeneratorReport, Silence
from loadtests.ledger import Attempt, LedgerWriter, read_ledger, save_ledger
from loadtests.run.outages import Outage
from loadtests.run.page import VERB_COLUMNS, summary_rows, verb_rows, verdict_sentences, write_page
from loadtests.run.process_time import ProcessUsage, UsageWatch
from loadtests.run.result import LoadResult, Run, measure
from loadtests.verification.findings import Finding, Verification
from sojourn.terminal.output import text_table
from tests.support.conductor_runs import trace_from

STORIES = [[(0.0, Verb.START), (1.0, Verb.EVENT)], [(0.5, Verb.START), (2.0, Verb.EVENT)], [(0.0, Verb.READY)]]


def attempt(due: float, journey: int, seq: int, verb: Verb, number: int, ended: float, answer: AnswerClass) -> Attempt:
    """An attempt that took .1 s."""
    return Attempt(due, due, journey, seq, verb, number, ended - 0.1, ended, answer, 201)


def result_of(folder: Path) -> LoadResult:
    """Two starts, an event that needed two retries, one that was refused, and an agent who waited 5 s for work."""
    writer = LedgerWriter(folder, 0)
    for each in (
        attempt(0.0, 0, 1, Verb.START, 1, 0.1, AnswerClass.OK),
        attempt(0.5, 1, 1, Verb.START, 1, 0.7, AnswerClass.OK),
        attempt(1.0, 0, 2, Verb.EVENT, 1, 1.1, AnswerClass.OVERLOAD),
        attempt(1.0, 0, 2, Verb.EVENT, 2, 1.4, AnswerClass.OVERLOAD),
        attempt(1.0, 0, 2, Verb.EVENT, 3, 1.9, AnswerClass.OK),
        attempt(2.0, 1, 2, Verb.EVENT, 1, 2.1, AnswerClass.CLIENT_ERROR),
        attempt(0.0, 2, 1, Verb.READY, 1, 5.0, AnswerClass.OK),
    ):
        writer.note(each)
    writer.close()
    reports = [GeneratorReport(1, cpu_seconds=0.002, peak_memory=50_000_000), GeneratorReport(0)]
    run = Run("r", "http://h", "c", 1.0, 2, lag_limit=30.0)
    return measure(trace_from(STORIES, agents=1), read_ledger(folder), run, {}, reports)


def test_each_verb_has_its_own_latencies_and_retries(tmp_path: Path) -> None:
    result = result_of(tmp_path)
    assert list(result.breakdowns["verb"]) == ["start", "event", "ready"]
    start, event, ready = result.breakdowns["verb"].values()
    assert (start.requests, start.acknowledged, start.retries) == (2, 2, 0)
    assert (event.requests, event.acknowledged, event.retries) == (2, 1, 2)
    assert (start.latency.p50, start.latency.max) == pytest.approx((0.1, 0.2))
    assert event.latency.max == pytest.approx(0.9)
    assert event.service_time.max == pytest.approx(0.1)
    assert (ready.requests, ready.latency.max) == (1, None)  # waiting for work is no latency
    assert result.retries == 2
    table = [dict(zip(VERB_COLUMNS, row, strict=True)) for row in verb_rows(result)]
    assert (table[1]["retries"], table[1]["max"], table[2]["p95"]) == ("2", "900.0", "-")


def test_the_verdict_of_a_page_says_validity_answers_and_findings(tmp_path: Path) -> None:
    valid = replace(
        result_of(tmp_path),
        valid=True,
        why=None,
        requests=2000,
        acknowledged=1999,
        error_rate=0.0005,
        remarks=("it was late",),
    )
    first, read, remark = verdict_sentences(valid)
    assert first.startswith("Valid: 1,999 of 2,000 requests were acknowledged, 99 % within ")
    assert (read, remark) == ("Nothing was read back.", "It was late.")
    whole = Verification(checked=20, items=3, acknowledged=40, unknown=0, counts={"lost": 0, "leak": 0})
    assert verdict_sentences(replace(valid, verification=whole))[1].startswith(
        "Of 20 journeys that were read back, all "
    )
    leaky = replace(whole, counts={"lost": 0, "leak": 2})
    why = replace(valid, valid=False, why="the generator was late", verification=leaky)
    assert verdict_sentences(why) == ["Not valid: the generator was late.", "Read back: leak 2."]
    lost = tuple(Finding("lost", f"c-{number}", f"c-{number}-2") for number in range(9))
    bad = replace(valid, verification=replace(whole, counts={"lost": 75, "leak": 0}, examples=lost), remarks=())
    headline, sent = verdict_sentences(bad)
    assert headline == "Read back: lost 75 (e.g. c-0: c-0-2; c-1: c-1-2; c-2: c-2-2)."
    assert sent.startswith("1,999 of 2,000 requests were acknowledged")  # and no word of "valid"
    assert summary_rows(bad)["findings"].startswith("lost 75 (e.g. c-0: c-0-2; ")
    assert summary_rows(bad)["valid"] == "yes, it measures; but see what is wrong: findings, failures"
    in_part = replace(whole, not_read={"journeys": 5})
    assert "what could be read of them" in verdict_sentences(replace(valid, verification=in_part))[1]


def test_the_page_of_many_failures_begins_with_them_and_shows_requests_and_answers(tmp_path: Path) -> None:
    sample = Sample(1.5, "PATCH /x HTTP/1.1\r\nX-Tok: ***", '500\n\n{"trace": "<down>"}')
    failure = Failure("event", "server_error", 500, "does not meet $statusCode == 200", 229, 0.1, 9.0, (sample,) * 3)
    gaps = tuple(Outage(float(at), at + 0.5, {"server_error": 5}, 7, 6, None) for at in range(18))
    bad = replace(result_of(tmp_path), valid=True, requests=332, acknowledged=57, error_rate=0.828, failures=(failure,))
    bad = replace(bad, outages=gaps, by_class={"server_error": 229})
    assert verdict_sentences(bad)[0] == (
        "82.8% of the requests were not acknowledged; most often 229 times event: server_error "
        "500 Internal Server Error, does not meet $statusCode == 200."
    )
    assert summary_rows(bad)["outages"].endswith("never acknowledged; and 13 more; load.json has all")
    save_ledger(read_ledger(tmp_path), tmp_path / "ledger.parquet")
    manifest = {"scenario": "bank", "host": "http://h", "speed": 60.0, "seed": 7}
    write_page(tmp_path, manifest, bad, {"p95": 0.25})
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Samples of failures" in page
    assert page.count("{&#34;trace&#34;: &#34;&lt;down&gt;&#34;}") == 1
    assert '<b class="bad">82.8% of the requests' in page


def reasons_of(folder: Path, answer: AnswerClass, run: Run, *reports: GeneratorReport) -> str | None:
    """Why a run of one request that was sent 1 s late is not valid."""
    writer = LedgerWriter(folder, 0)
    writer.note(Attempt(0.0, 0.0, 0, 1, Verb.START, 1, 1.0, 1.1, answer, 401))
    writer.close()
    return measure(trace_from(STORIES[:1]), read_ledger(folder), run, {}, reports).why


def test_all_reasons_are_told_and_the_endpoints_come_first(tmp_path: Path) -> None:
    run = Run("r", "http://h", "c", 1.0, 1, lag_limit=0.05)
    refused = Failure("start", "client_error", 401, "does not meet $statusCode == 201", 1, 1.0, 1.0)
    why = reasons_of(tmp_path / "a", AnswerClass.CLIENT_ERROR, run, GeneratorReport(0, failures=(refused,)))
    assert str(why).split("; ")[:3] == [
        "the endpoint acknowledged none of 1 requests",
        "most often 1 times start: client_error 401 Unauthorized, does not meet $statusCode == 201",
        "the generator ended after 1 of 2 requests",
    ]
    assert "the generator was late: lag p99 1000.0 ms" in str(why)
    gone = GeneratorReport(0, gave_up=Silence(2.0, 12.0))
    why = reasons_of(tmp_path / "b", AnswerClass.OK, run, gone)
    assert str(why).startswith("the endpoint gave no answer from 2.0 s to 12.0 s")
    assert "the generator ended after" not in str(why)
    stopped = replace(run, interrupted=True)
    why = reasons_of(tmp_path / "c", AnswerClass.OK, stopped)
    assert str(why).startswith("interrupted after 1 of 2 requests; the generator was late")


def test_the_table_by_verb_fits_into_80_characters() -> None:
    shown = StringIO()
    row = ("complete", "99,999", "99,999", "9,999", "12,026", "12,533", "13,602", "14,000", "999.9")
    Console(file=shown, width=80).print(text_table("By request, in ms", VERB_COLUMNS, [row]))
    assert set(row) <= set(shown.getvalue().split())


def test_a_generator_counts_its_own_attempts(tmp_path: Path) -> None:
    result = result_of(tmp_path)
    (used,) = result.generators  # the other one reported nothing
    assert (used.worker, used.attempts) == (2, 2)
    rows = summary_rows(result)
    assert rows["generator's CPU and memory"] == "worker 2: 1,000 us per attempt, 50 MB"
    assert rows["endpoint's CPU and memory"].startswith("not measured")


def test_a_process_counts_until_it_was_killed_and_so_does_the_next_one() -> None:
    burn = "import time\nwhile time.process_time() < {0}: pass\nprint(flush=True)\ntime.sleep(60)"
    process: list[int | None] = [None]
    watch = UsageWatch(lambda: process[0])
    assert watch.usage() is None
    for seconds in (0.3, 0.1):
        with subprocess.Popen([sys.executable, "-c", burn.format(seconds)], stdout=subprocess.PIPE) as child:
            process[0] = child.pid
            assert child.stdout is not None
            child.stdout.readline()
            watch.look()
            child.kill()
    watch.look()  # nothing is there any more
    used = watch.usage()
    assert isinstance(used, ProcessUsage)
    assert used.cpu_seconds + 0.02 >= 0.4  # a tick of the system's clock for each
    assert used.peak_memory > 1_000_000


def test_what_a_process_used_before_the_run_does_not_count() -> None:
    watch = UsageWatch(os.getpid)
    until = time.process_time() + 0.1
    while time.process_time() < until:
        np.ones(1000).sum()
    watch.look()
    used = watch.usage()
    assert used is not None
    assert 0.08 <= used.cpu_seconds <= time.process_time() - until + 0.1 + 0.05
