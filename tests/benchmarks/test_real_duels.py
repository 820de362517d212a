"""The tier of real duels: it goes on where it was stopped, and says how sure its share is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.kept_generator import conduct
from benchmarks.real_duels import one_duel, run_duels, summary
from loadtests.http_client import GRACE
from loadtests.run.duel import LoadSettings
from loadtests.run.duel_result import DuelPlan, Side
from loadtests.run.run import REFERENCE
from loadtests.trace.sources import trace_of_scenario
from sim.scenario import read_scenario
from tests.support.command_line import BUSY, desk
from tests.support.service_process import launching

SETTINGS = {"pairs": 5, "speed": 900.0}


def _outcomes(*names: str) -> Callable[[], dict[str, Any]]:
    left = iter(names)
    return lambda: {"outcome": next(left)}


def test_it_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    file = tmp_path / "new" / "duels.jsonl"
    with pytest.raises(RuntimeError):
        run_duels(file, SETTINGS, 3, _outcomes_then_stop("same"))
    with file.open("a", encoding="utf-8") as lines:
        lines.write('{"outcome": "slo')  # half a line
    done = run_duels(file, SETTINGS, 3, _outcomes("slower", "inconclusive"))
    assert [record["outcome"] for record in done] == ["same", "slower", "inconclusive"]
    assert [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] == done
    assert run_duels(file, SETTINGS, 2, _outcomes()) == done
    with pytest.raises(ValueError, match="other settings"):
        run_duels(file, {**SETTINGS, "pairs": 2}, 4, _outcomes("same"))


def _outcomes_then_stop(*names: str) -> Callable[[], dict[str, Any]]:
    left = list(names)

    def run_one() -> dict[str, Any]:
        if not left:
            raise RuntimeError("stopped")
        return {"outcome": left.pop(0)}

    return run_one


def test_the_share_of_differences_has_its_exact_interval() -> None:
    """Of 20 none: the upper end is 1 - .025 ** (1 / 20) = 16.8 % (Clopper and Pearson)."""
    records = [{"outcome": "same"}] * 15 + [{"outcome": "inconclusive"}] * 5
    assert summary(records) == "20 duels: 5 inconclusive, 15 same; different in 0.0% of 20 (0.0% to 16.8%)"
    assert summary([{"outcome": "invalid"}]) == "1 duels: 1 invalid"
    assert "different in 5.0% of 20" in summary([*records[1:], {"outcome": "faster"}])


@pytest.mark.load
def test_runs_without_locust_are_whole_ones(tmp_path: Path) -> None:
    """The endpoint stands for both sides; it waits 100 ms before each answer."""
    scenario = read_scenario(desk(tmp_path, BUSY) / "desk.yaml")
    trace = trace_of_scenario(scenario, 1, yes=True)
    settings = LoadSettings(REFERENCE, 600.0, 1, None, 20, GRACE, conduct)
    with launching() as launch:
        host = f"http://127.0.0.1:{launch('--database', str(tmp_path / 'slow.db'), broken='answers_slowly').port}"
        record = one_duel(trace, Side("a", host), Side("b", host), settings, DuelPlan(2, 1, 0))
    assert [(pair, side) for pair, side, *_ in record["runs"]] == [(1, "a"), (1, "b"), (2, "b"), (2, "a")]
    assert all(p50 > 0.1 for _, _, p50, _, _ in record["runs"])  # seconds, which this endpoint waits at least
    assert record["pairs"] + record["runs_not_valid"] >= 2
