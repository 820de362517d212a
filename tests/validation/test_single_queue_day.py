"""The simulated single-queue day against another program's 1,000 days and its exact solution.

The published results have standard errors of their own, so each hour is compared in combined ones. Of some 150 right
comparisons 0.4 lie beyond 3 standard errors, and one seed in three would fail a test that forbids any. So the test is:
none beyond the bound that all of them together pass but once in two million seeds, and of the 13 hours of a measure
at most three beyond 3, which all measures together pass but once in two million seeds as well.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import binom, norm

from sim.engine import make_plan
from sim.engine.plan import Result
from sim.experiment.replicate import simulate_once
from sim.scenario import read_scenario
from tests.support.confidence import ALPHA, assert_ratio, ratio_interval
from tests.support.forward_equations import Hour, Queue, hours
from tests.support.simulated_days import SEED, Days, days, simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.statistical

FOLDER = Path(__file__).parents[2] / "scenarios" / "single_queue"
SCENARIO = read_scenario(FOLDER)
HOURS = range(13)
DEMAND = [100, 150, 150, 180, 200, 150, 150, 150, 120, 100, 80, 70, 60]
STAFF = [4, 6, 8, 8, 8, 7, 8, 8, 6, 6, 4, 4, 4]
MEASURES = {  # ContactCenters' name: ours
    "Abandonment probability": "abandonment",
    "Arrival rate": "offered",
    "Average speed of answer": "asa",
    "Average time to abandon": "mean_wait_abandoned",
    "Average waiting time": "mean_wait",
    "Delay probability": "delayed",
    "Maximal queue size": "max_queue_length",
    "Service level": "service_level",
    "Service level 2": "service_level_with_abandoned",
    "Time-average queue size": "queue_length",
    "Occupancy ratio": "occupancy",
}
COMPARED = len(MEASURES) * (len(HOURS) + 1)  # the whole day too
PUBLISHED_DAYS = 1000


@pytest.fixture(scope="module")
def ours() -> Days:
    return simulate(SCENARIO, days(400))


@pytest.fixture(scope="module")
def published(shared: Path) -> dict[str, Any]:
    per_period: dict[str, Any] = json.loads((shared / "truth" / "single_queue_day.json").read_text())["per_period"]
    return per_period


@pytest.fixture(scope="module")
def exact() -> list[Hour]:
    return hours(Queue(service_mean=100 / 3600, patience_mean=1000 / 3600, leaves_at_once=0.1), DEMAND, STAFF)


def _sums(ours: Days, kpi: str, *hours: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if kpi in {"max_queue_length", "offered"} and len(hours) > 1:
        return ours.sums(kpi, "queue", "calls", [None])  # no ratio of sums
    cut, key = ("group_interval", "desk") if kpi == "occupancy" else ("queue_interval", "calls")
    return ours.sums(kpi, cut, key, hours)


def _number(text: str) -> float:
    return float(text.rstrip("%s")) / (100 if text.endswith("%") else 1)


def _z_scores(ours: Days, kpi: str, published: dict[str, Any]) -> NDArray[np.float64]:
    """Return by how many combined standard errors each hour differs, and the whole day last."""
    rows = [row for name, row in published.items() if "sl 30s" not in name]
    one_error = 2 * norm.sf(1)
    scores = []
    for when, row in zip([*([hour] for hour in HOURS), HOURS], rows, strict=True):
        estimate = ratio_interval(*_sums(ours, kpi, *when), one_error)
        error = np.hypot(estimate.half_width, _number(row["sd"]) / PUBLISHED_DAYS**0.5)
        scores.append((estimate.value - _number(row["mean"])) / error)
    return np.array(scores)


@pytest.mark.parametrize("name", MEASURES)
def test_every_hour_agrees_with_the_published_day(ours: Days, published: dict[str, Any], name: str) -> None:
    z = _z_scores(ours, MEASURES[name], published[name])
    message = (
        f"{name}, seed {ours.seed}, {len(ours.num)} days, standard errors per hour and of the day: {np.round(z, 1)}"
    )
    bound = norm.isf(ALPHA / 2 / COMPARED / 2)
    assert np.abs(z).max() < bound, message
    allowed = 3
    assert binom.sf(allowed, len(HOURS), 2 * norm.sf(3)) * len(MEASURES) < ALPHA / 2
    assert (np.abs(z[:-1]) > 3).sum() <= allowed, message


@pytest.mark.parametrize(
    ("kpi", "weights", "hourly", "daily"),
    [("delayed", DEMAND, 0.4, 0.06), ("queue_length", [1] * 13, 0.8, 0.14), ("occupancy", STAFF, 0.08, 0.012)],
)
def test_the_day_agrees_with_the_exact_solution(
    ours: Days, exact: list[Hour], kpi: str, weights: list[float], hourly: float, daily: float
) -> None:
    truth = {
        "delayed": [hour.delayed for hour in exact],
        "queue_length": [hour.waiting for hour in exact],
        "occupancy": [hour.busy / agents for hour, agents in zip(exact, STAFF, strict=True)],
    }[kpi]
    options = {"seed": ours.seed, "measures": 3 * (len(HOURS) + 1)}
    for hour in HOURS:
        sums = _sums(ours, kpi, hour)
        assert_ratio(truth[hour], *sums, name=f"{kpi}, {8 + hour}:00", resolution=hourly, **options)
    day = float(np.average(truth, weights=weights))
    assert_ratio(day, *_sums(ours, kpi, *HOURS), name=f"{kpi} of the day", resolution=daily, **options)


def test_the_exact_solution_and_the_published_day_agree(exact: list[Hour], published: dict[str, Any]) -> None:
    """Two truths that know nothing of one another; this also shows what the program means by its words."""
    rows = published["Delay probability"], published["Time-average queue size"]
    for truth, delay, length in zip(exact, *(list(row.values())[: len(HOURS)] for row in rows), strict=True):
        for value, row in ((truth.delayed, delay), (truth.waiting, length)):
            z = (_number(row["mean"]) - value) / (_number(row["sd"]) / PUBLISHED_DAYS**0.5)
            assert abs(z) < norm.isf(ALPHA / 2 / (2 * len(HOURS)))


def test_those_in_the_queue_at_closing_time_are_served() -> None:
    plan = make_plan(read_scenario(FOLDER, ["demand.volume=*5"]))  # 8 erlangs on the last 4 agents
    closing = plan.origin + plan.interval * plan.intervals
    logs = [simulate_once(plan, SEED, replication)[1] for replication in range(5)]
    assert closing < np.nanmax([np.nanmax(log.started) for log in logs]) < closing + 3600
    assert all(set(log.result.tolist()) == {Result.HANDLED, Result.ABANDONED} for log in logs)
