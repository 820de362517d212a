"""Breakdowns of a load by verb, channel and interval, and the bounds on them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from loadtests.contract.vocabulary import ACKNOWLEDGED, UNSENT, AnswerClass, Verb
from loadtests.ledger import Attempt, LedgerWriter, read_ledger
from loadtests.run.result import Run, measure
from loadtests.verdict import Verdict, judge_result, read_result
from loadtests.verification.findings import CHECKS
from sim.core.checksums import write_checksums
from sim.core.errors import InvalidInput
from sim.scenario.objectives import ErrorClass, LoadVerb
from tests.support.conductor_runs import trace_from

RUN = Run("r", "http://h", "c", 60.0, 1, lag_limit=0.05, interval=1800.0)
CLOSE_TO_MIDNIGHT = 23.5 * 3600


def _measured(folder: Path) -> dict[str, Any]:
    """Return ``load.json`` of 400 starts and 100 pauses at 23:30 to 00:30, pauses and chats being slow."""
    journeys = [[(9.0 * i, Verb.START)] for i in range(400)] + [[(0.0, Verb.PAUSE)] for _ in range(100)]
    trace = trace_from(journeys)
    names = ("chat", "voice")
    trace = replace(trace, channels=names, channel=trace.journey % 2, offset=CLOSE_TO_MIDNIGHT)
    writer = LedgerWriter(folder, 0)
    for due, journey, seq, verb in zip(trace.due / 60, trace.journey, trace.seq, trace.verb, strict=True):
        slow = 0.5 if verb == Verb.PAUSE else 0.2 if journey % 2 == 0 else 0.01
        answer = AnswerClass.TIMEOUT if verb == Verb.PAUSE and journey < 410 else AnswerClass.OK
        writer.note(Attempt(due, due, int(journey), int(seq), int(verb), 1, due, due + slow, answer, 200))
    writer.close()
    return measure(trace, read_ledger(folder), RUN, {}).as_json()


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _measured(tmp_path_factory.mktemp("ledger"))


def test_a_load_is_broken_down_by_verb_channel_and_interval(measured: dict[str, Any]) -> None:
    by = measured["breakdowns"]
    assert {dimension: list(names) for dimension, names in by.items()} == {
        "verb": ["start", "pause"],
        "channel": ["chat", "voice"],
        "interval": ["23:30", "day 2 00:00"],
    }
    for names in by.values():
        assert sum(part["requests"] for part in names.values()) == measured["requests"] == 500
        assert sum(part["acknowledged"] for part in names.values()) == measured["acknowledged"] == 490
    assert (by["verb"]["pause"]["errors"], by["verb"]["start"]["errors"]) == ({"timeout": 10}, {})
    assert measured["errors"] == {"timeout": 10}
    assert by["verb"]["pause"]["latency"]["p95"] == pytest.approx(0.5)
    assert by["channel"]["chat"]["latency"]["p50"] == pytest.approx(0.2)
    assert by["interval"]["23:30"]["requests"] == 200 + 100


def _judged(folder: Path, load: dict[str, Any], objectives: dict[str, Any]) -> Verdict:
    findings = {**dict.fromkeys((*CHECKS, "unread"), 0), "checked": 9, "not_verifiable": [], "examples": {}}
    load = {**load, "lag": None, "own_lag": None, "verification": findings}
    manifest = {"kind": "load", "scenario": "bank", "scenario_hash": "c0ffee"}
    for name, content in {
        "manifest": manifest,
        "scenario": {"objectives": {"load": objectives}},
        "load": load,
    }.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    write_checksums(folder, ["manifest.json", "scenario.json", "load.json"])
    return judge_result(read_result(folder))


@pytest.mark.parametrize(
    ("objectives", "code", "failed"),
    [
        ({"breakdowns": [{"verb": "pause", "p50": 0.6}]}, 0, []),
        ({"breakdowns": [{"verb": "pause", "p50": 0.4}]}, 2, ["load latency p50 of verb pause"]),
        ({"breakdowns": [{"verb": "pause", "p95": 0.6}]}, 4, ["requests for latency p95 of verb pause"]),
        ({"breakdowns": [{"verb": "pause", "p95": 0.4, "measured": "optional"}]}, 0, []),
        ({"breakdowns": [{"verb": "notify", "p50": 0.4}]}, 4, ["requests for latency p50 of verb notify"]),
        ({"breakdowns": [{"verb": "notify", "p50": 0.4, "measured": "optional"}]}, 0, []),
        ({"breakdowns": [{"channel": "chat", "p50": 0.1}]}, 2, ["load latency p50 of channel chat"]),
        ({"breakdowns": [{"interval": "day 2 00:00", "p50": 0.3}]}, 0, []),
        ({"breakdowns": [{"interval": "each", "p50": 0.15}]}, 2, ["load latency p50 of interval 23:30"]),
        ({"breakdowns": [{"interval": "each", "p95": 0.4}]}, 4, ["requests for latency p95 of each interval"]),
        ({"breakdowns": [{"interval": "each", "p95": 0.4, "measured": "optional"}]}, 0, []),
        ({"breakdowns": [{"verb": "pause", "error_rate": 0.05}]}, 2, ["load error rate of verb pause"]),
        ({"errors": {"timeout": 0.01}}, 2, ["load errors timeout"]),
        ({"errors": {"timeout": 0.03, "refused": 0.01}}, 0, []),
        ({"errors": {"refused": 0.001}}, 4, ["requests for errors refused"]),
        ({"p999": 1.0}, 4, ["requests for latency p999"]),
        ({"rate": 0.9}, 0, []),
        ({"rate": 1.0}, 2, ["load rate"]),
    ],
)
def test_bounds_on_breakdowns_classes_and_the_rate(
    tmp_path: Path, measured: dict[str, Any], objectives: dict[str, Any], code: int, failed: list[str]
) -> None:
    load = {**measured, "due_rate": 10.0, "answered_rate": 9.5}
    verdict = _judged(tmp_path, load, {"error_rate": 0.05, **objectives})
    assert (verdict.exit_code, [check.name for check in verdict.failures]) == (code, failed), verdict


def test_what_may_be_missing_is_not_measured(tmp_path: Path, measured: dict[str, Any]) -> None:
    breakdown = {"verb": "pause", "p95": 0.1, "measured": "optional"}
    verdict = _judged(tmp_path, measured, {"error_rate": 0.05, "breakdowns": [breakdown]})
    (check,) = [check for check in verdict.checks if check.name == "load latency p95 of verb pause"]
    assert (check.measured, check.actual) == (False, None)
    assert check.message.startswith("not measured: too few requests for ")


def test_all_unknown_names_are_refused_with_near_ones(tmp_path: Path, measured: dict[str, Any]) -> None:
    breakdowns = [{"channel": "chats", "p50": 0.1}, {"interval": "23:31", "p50": 0.1}]
    with pytest.raises(InvalidInput) as caught:
        _judged(tmp_path, measured, {"breakdowns": breakdowns})
    assert [problem.path for problem in caught.value.problems] == [
        "load.breakdowns.0.channel",
        "load.breakdowns.1.interval",
    ]
    assert 'did you mean "chat"' in caught.value.problems[0].message


def test_the_names_of_the_scenario_language_are_those_of_the_load() -> None:
    assert list(get_args(LoadVerb)) == [verb.name.lower() for verb in Verb]
    failed = {answer.name.lower() for answer in set(AnswerClass) - ACKNOWLEDGED - UNSENT}
    assert set(get_args(ErrorClass)) == failed


def test_late_requests_count_where_they_were_due(tmp_path: Path) -> None:
    """A request is of the interval in which it was due, however late its answer; a retried one counts once."""
    trace = trace_from([[(1799.0, Verb.START)]])
    writer = LedgerWriter(tmp_path, 0)
    due = 1799.0 / 60
    writer.note(Attempt(due, due, 0, 1, Verb.START, 1, due, due + 9, AnswerClass.TIMEOUT, 0))
    writer.note(Attempt(due, due + 9, 0, 1, Verb.START, 2, due + 9, due + 60, AnswerClass.OK, 200))
    writer.close()
    interval = measure(trace, read_ledger(tmp_path), RUN, {}).breakdowns["interval"]
    assert list(interval) == ["07:00"]
    assert (interval["07:00"].requests, interval["07:00"].errors) == (1, {})
    assert np.isclose(interval["07:00"].latency.max, 60.0)
