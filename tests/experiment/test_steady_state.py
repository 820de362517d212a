"""Steady state of one long run: the known waits of M/M/1, runs that have not settled, and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

import sojourn
from sim.core.errors import InvalidInput
from sim.experiment.steady_state import FEWEST, SteadyState, find_steady_state, warm_up_of
from sim.kpis import Row
from tests.support.command_line import sojourn as command
from tests.support.simulated_days import SEED, days

ROW = Row("asa", "all", "", None)
FALSE_ALARM = 1e-6  # of a correct program
# load and customers, ten in each interval; all where SOJOURN_STATISTICAL=full
GRID = ((0.8, 40_000), (0.5, 10_000), (0.5, 20_000), (0.8, 20_000), (0.8, 100_000), (0.9, 100_000), (0.9, 200_000))
GRID = GRID[: days(1)]
F8 = NDArray[np.float64]

SINGLE = """\
name: one agent, always
run: {{hours: "00:00-24:00", days: {days}, interval: 15 min, warm_up: 0 s}}
agents:
  desk: {{serves: [calls], staff: 1}}
intents:
  question:
    demand: {demand}
    start: call
    steps:
      call:
        channel: voice
        queue: calls
        talk: {{law: exponential, mean: 60 s}}
        wrap_up: 0 s
        next: resolved
"""


def waits_of(load: float, customers: int, generator: np.random.Generator) -> tuple[F8, F8]:
    """Return the waits and the customers by interval of an M/M/1 queue that begins empty, by Lindley's recursion."""
    gaps, services = generator.exponential(1 / load, customers), generator.exponential(1.0, customers)
    walk = np.cumsum(np.concatenate(([0.0], services[:-1] - gaps[1:])))
    waits = walk - np.minimum.accumulate(walk)
    interval = np.floor(np.cumsum(gaps) / (10 / load)).astype(np.int64)
    return np.bincount(interval, waits), np.bincount(interval).astype(np.float64)


def covers(steady: SteadyState, truth: float) -> bool:
    return steady.low <= truth <= steady.high


@pytest.mark.parametrize(("load", "customers"), GRID)
def test_intervals_of_an_m_m_1_queue_cover_its_known_wait(load: float, customers: int) -> None:
    """Of the runs that get one, 93 to 97 % contain the truth; two-sided, with a false-alarm rate of 1e-6 each."""
    generator, repetitions = np.random.default_rng(SEED), 1000 if len(GRID) > 1 else 300
    runs = [find_steady_state(ROW, *waits_of(load, customers, generator)) for _ in range(repetitions)]
    enough = [each for each in runs if each.is_long]
    assert len(enough) > 0.8 * len(runs)
    covered = sum(covers(each, load / (1 - load)) for each in enough)
    assert binom.ppf(FALSE_ALARM, len(enough), 0.93) <= covered <= binom.isf(FALSE_ALARM, len(enough), 0.97)


def test_intervals_reach_further_towards_the_long_tail() -> None:
    generator = np.random.default_rng(8)
    runs = [find_steady_state(ROW, *waits_of(0.9, 100_000, generator)) for _ in range(20)]
    enough = [each for each in runs if each.is_long]
    above, below = (np.mean(part) for part in zip(*((e.high - e.value, e.value - e.low) for e in enough), strict=True))
    assert above > 1.1 * below


def test_a_run_that_is_too_short_says_how_long_it_has_to_be() -> None:
    """A run of the length that the short ones ask for is long enough in most cases."""
    generator = np.random.default_rng(8)
    runs = [find_steady_state(ROW, *waits_of(0.8, 8_000, generator)) for _ in range(40)]
    short = [each for each in runs if not each.is_long]
    assert len(short) > 20
    assert np.isnan([(each.low, each.high) for each in short]).all()
    needed = int(np.median([each.needed for each in short if each.has_settled]))
    assert 1_500 < needed < 4_000
    again = [find_steady_state(ROW, *waits_of(0.8, 10 * needed, generator)) for _ in range(40)]
    assert np.mean([each.is_long for each in again]) > 0.7


def test_the_warm_up_ends_where_the_level_does() -> None:
    values = np.random.default_rng(1).normal(10.0, 1.0, 1000)
    values[:200] += 20.0
    assert warm_up_of(values, np.ones(1000)) == 200
    steady = find_steady_state(ROW, values, np.ones(1000))
    assert (steady.warm_up, steady.intervals) == (200, 800)
    assert steady.low < 10.0 < steady.high < 10.5


def test_what_grows_to_the_end_does_not_settle() -> None:
    steady = find_steady_state(ROW, np.arange(1000.0), np.ones(1000))
    assert not steady.has_settled
    assert np.isnan([steady.value, steady.low, steady.high, steady.correlation]).all()
    assert steady.needed == 2000


def test_intervals_without_customers_count_with_their_neighbours() -> None:
    generator = np.random.default_rng(3)
    den = generator.poisson(0.4, 8000).astype(np.float64)
    num = den * generator.normal(5.0, 1.0, 8000)
    steady = find_steady_state(ROW, num, den)
    assert steady.has_settled
    assert steady.low < 5.0 < steady.high


def run(folder: Path, demand: int = 12, days: int = 60, **more: Any) -> Any:
    (folder / "single.yaml").write_text(SINGLE.format(demand=demand, days=days), encoding="utf-8")
    words = {"replications": 1, "processes": 1, "report": False, "log": "none", "out": folder / "out"}
    return sojourn.run(folder / "single.yaml", steady=["calls.asa"], **(words | more))


def test_a_run_keeps_the_steady_state_in_its_manifest(tmp_path: Path) -> None:
    """12 calls of 60 s in 15 minutes are a load of 0.8, whose mean wait is 240 s; z = 4.9 is a false alarm of 1e-6."""
    (steady,) = run(tmp_path, days=120, kpis=["offered"]).manifest["steady"]
    half = (steady["high"] - steady["low"]) / 2 / 2.09
    assert abs(steady["value"] - 240.0) < 4.9 * 1.1 * half
    assert (steady["kpi"], steady["by"], steady["key"]) == ("asa", "queue", "calls")
    assert steady["warm_up"] + steady["seconds"] == 120 * 86400
    assert steady["sentence"].startswith("ASA, calls in the steady state: ")


def test_what_cannot_settle_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "single.yaml").write_text(SINGLE.format(demand=10, days=2), encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        sojourn.run(
            tmp_path / "single.yaml",
            overrides=["run.hours=08:00-20:00"],
            steady=["calls.asa", "segment.everyone.asa", "waits"],
            out=tmp_path / "out",
        )
    messages = [problem.message for problem in refused.value.problems]
    assert messages[0].startswith("the run has closed hours, so it never settles")
    assert f"and needs {FEWEST}; give more run.days" in messages[1]
    assert messages[2].startswith('"segment.everyone.asa" is not measured by interval')
    assert messages[3].startswith('"waits": "waits" is not a KPI')
    assert not (tmp_path / "out").exists()


@pytest.mark.command
def test_the_terminal_and_the_page_say_it(tmp_path: Path) -> None:
    (tmp_path / "single.yaml").write_text(SINGLE.format(demand=6, days=20), encoding="utf-8")
    words = ["--steady", "calls.asa", "-n", "1", "-p", "1", "--log", "none", "--out", "out"]
    done = command("run", "single.yaml", *words, cwd=tmp_path)
    assert done.code == 0, done.err
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    sentence = manifest["steady"][0]["sentence"]
    assert sentence in done.out.splitlines()
    assert sentence in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
