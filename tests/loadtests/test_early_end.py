"""Early end of a load: only when an objective is missed whatever is still to come."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from loadtests.contract import Verb, read_contract
from loadtests.contract.vocabulary import AnswerClass
from loadtests.ledger import Attempt, LedgerWriter
from loadtests.run.early_end import EarlyEnd, ObjectiveMissed
from loadtests.run.run import run_load
from loadtests.trace.model import Trace
from loadtests.verdict import judge_result
from loadtests.verdict.results import Result
from tests.support.conductor_runs import Reply, acknowledge, even_trace, fake_endpoint, trace_from

PLANNED = 200
MANIFEST = {"kind": "load", "scenario": "s", "scenario_hash": "c0ffee", "seed": 1}


def _planned() -> Trace:
    """Return 200 starts, and an agent who waits for work twice."""
    return trace_from([[(float(i), Verb.START)] for i in range(PLANNED)] + [[(0.0, Verb.READY), (1.0, Verb.READY)]], 1)


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Close at the end what was opened."""
    with ExitStack() as stack:
        yield stack


class _Sent:
    """A ledger that grows."""

    def __init__(self, closing: ExitStack, folder: Path, **bounds: float) -> None:
        self._writer = closing.enter_context(contextlib.closing(LedgerWriter(folder, 0)))
        self.end = EarlyEnd(folder, _planned(), read_contract(), bounds)
        self._next = 0

    def note(self, count: int, seconds: float, answer: AnswerClass = AnswerClass.OK, **more: Any) -> None:
        """Send requests that take so long; then look."""
        for _ in range(count):
            due = float(self._next)
            began = due + more.get("lag", 0.0)
            attempt = {"attempt": more.get("attempt", 1), "verb": more.get("verb", Verb.START)}
            fields = {"due": due, "ready": due, "journey": self._next, "seq": 1, **attempt, "began": began}
            self._writer.note(Attempt(**fields))
            self._writer.note(Attempt(**fields, ended=began + seconds, answer_class=answer))
            self._next += more.get("step", 1)
        self._writer.flush()
        self.end.look()


def test_a_quantile_is_missed_when_even_fast_ones_could_not_mend_it(tmp_path: Path, closing: ExitStack) -> None:
    """Of 200 latencies, the 190th is the p95: ten may be slow, eleven not."""
    sent = _Sent(closing, tmp_path, p95=0.2)
    sent.note(100, 0.1)
    sent.note(10, 0.3)
    with pytest.raises(
        ObjectiveMissed, match=r"latency p95 will be above 0\.2 s: 11 requests took longer, and with 10"
    ):
        sent.note(1, 0.3)


def test_what_the_generator_added_or_an_agent_waited_is_not_the_endpoints(tmp_path: Path, closing: ExitStack) -> None:
    sent = _Sent(closing, tmp_path, p95=0.2)
    sent.note(50, 0.1, lag=0.5)
    sent.note(50, 9.0, verb=Verb.READY)


def test_each_request_counts_once_and_failures_only_without_another_attempt(tmp_path: Path, closing: ExitStack) -> None:
    sent = _Sent(closing, tmp_path, p95=0.2, error_rate=0.01)
    sent.note(20, 0.1, AnswerClass.TIMEOUT)  # each is tried again
    for attempt in range(2, 7):
        sent.note(5, 0.3, attempt=attempt, step=0)
    sent.note(2, 0.1, AnswerClass.CLIENT_ERROR)
    with pytest.raises(ObjectiveMissed, match=r"the error rate will be above 0\.01: 3 of the 202 "):
        sent.note(1, 0.1, AnswerClass.CLIENT_ERROR)


def test_a_retryable_failure_is_one_when_its_retries_are_used_up(tmp_path: Path, closing: ExitStack) -> None:
    limit = read_contract().verbs["start"].retry.retry_limit
    sent = _Sent(closing, tmp_path, error_rate=0.0)
    sent.note(1, 0.1, AnswerClass.OVERLOAD, attempt=limit, step=0)
    with pytest.raises(ObjectiveMissed):
        sent.note(1, 0.1, AnswerClass.OVERLOAD, attempt=limit + 1)


@pytest.mark.load
@pytest.mark.slow
def test_a_load_ends_early_and_its_verdict_is_a_missed_objective(tmp_path: Path) -> None:
    """A run of two minutes against an endpoint that refuses everything but one request in three."""
    asked = iter(range(10**6))

    def refuse(path: str, body: dict[str, Any]) -> Reply:
        return acknowledge(path, body) if next(asked) % 3 == 0 else (400, {}, b"{}")

    trace = even_trace(800, 2, 20.0)
    bounds = {"p95": 5.0, "error_rate": 0.01}
    with fake_endpoint(refuse) as fake:
        result = run_load(trace, host=fake.url, out=tmp_path, speed=1.0, ending=bounds, grace=5.0, verified=False)
    assert result.ended_early.startswith("the error rate will be above 0.01: ")
    assert result.requests < len(trace) / 2
    if "the generator was late" in str(result.why):  # as it may be on a busy machine
        return
    assert result.valid, result.why
    written = json.loads((tmp_path / "load.json").read_text(encoding="utf-8"))
    objectives = {"load": {**bounds, "read_back": "optional"}}
    verdict = judge_result(Result("out", MANIFEST, objectives, None, {**written, "own_lag": None, "lag": None}), None)
    assert [check.name for check in verdict.failures] == ["load ended early"]
    assert verdict.exit_code == 2
    assert {check.name for check in verdict.checks if not check.measured} >= {"load latency p95", "load error rate"}
