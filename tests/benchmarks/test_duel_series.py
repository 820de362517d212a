"""Duels out of a series of runs: in turns, in pairs, and as `run_duel` would have judged them."""

from __future__ import annotations

from itertools import islice

import numpy as np

from benchmarks.duel_series import in_turns, judge_series, pairs_of_one, pairs_of_two
from loadtests.run.duel_result import DuelPlan, DuelRun

PLAN = DuelPlan(pairs=5, looks=3)


def _runs(side: str, count: int, seed: int, slower: float = 1.0) -> list[DuelRun]:
    """Return runs whose latencies vary by 3 % and whose CPU time varies by 1.5 %."""
    noise = np.random.default_rng(seed).normal(0.0, (0.03, 0.05, 0.015), (count, 3))
    values = (0.02, 0.05, 0.001) * np.exp(noise) * slower
    return [_run(side, {"p50": p50, "p95": p95, "p99": None}, cpu) for p50, p95, cpu in values.tolist()]


def _run(side: str, latency: dict[str, float | None], cpu: float | None, why: str = "") -> DuelRun:
    """Return a run of 1,000 requests; with a reason, it is not valid."""
    return DuelRun(side, 1, "", not why, why, 1000, 1000, 0, latency, 1e-4, cpu)


def test_endpoints_are_loaded_forwards_and_backwards() -> None:
    assert "".join(islice(in_turns("abc"), 9)) == "abccbaabc"


def test_runs_of_one_endpoint_are_paired_in_the_order_abba() -> None:
    first, second, third, fourth, fifth = _runs("a", 5, seed=1)
    assert pairs_of_one([first, second, third, fourth, fifth]) == [(first, second), (fourth, third)]


def test_equal_builds_are_seldom_called_different_and_a_slower_one_is_found() -> None:
    """A tenth more is found; of 136 overlapping duels of equal builds, few are called different."""
    itself = judge_series([pairs_of_one(_runs("a", 300, seed=2))], PLAN)
    assert sum(itself.duels.values()) == itself.judged == 150 - 15 + 1
    assert itself.share("slower", "faster") < 0.10  # 5 % in the mean of many series
    slower = judge_series([pairs_of_two(_runs("a", 60, seed=3), _runs("b", 60, seed=4, slower=1.1))], PLAN)
    assert slower.share("slower") > 0.9
    assert slower.pairs < 15
    assert slower.found_by["CPU per journey"] > 0


def test_runs_that_are_not_valid_leave_nothing_to_judge() -> None:
    runs = [_run("a", {"p50": 0.02, "p95": 0.05, "p99": None}, 0.001, why="late")] * 40
    assert judge_series([pairs_of_one(runs)], PLAN).duels == {"invalid": 6}
