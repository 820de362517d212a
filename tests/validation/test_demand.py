"""Simulated days of varying volume against published and exact results.

The published case is a day of thirteen hours in which the arrival rates of all hours are multiplied with one gamma
factor, drawn anew each day. Its ratios are sums over days, divided by the 1,660 calls that are expected.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import norm

from sim.engine import make_plan
from sim.experiment.replicate import simulate_once
from sim.scenario import Scenario, read_scenario
from tests.support.confidence import ALPHA, assert_mean, mean_interval
from tests.support.simulated_days import SEED, Days, days, scenario, simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.statistical

FOLDER = Path(__file__).parents[2] / "scenarios" / "single_queue"
EXPECTED = 1660
# What the notes of the cases say: transient equations of the day for each factor, averaged by quadrature.
EXACT = {"P05": {"wait_s": 12.5191, "frac_lost": 0.0364888}, "P06": {"wait_s": 4.7229, "frac_lost": 0.019856}}
SHARP = {"P05": 1.5, "P06": 0.2}  # days of the first differ so much that only the second, hardly random, is sharp
MEASURES = {  # who abandons within 20 s counts as having waited less than that
    "arrivals": ("offered", 1),
    "wait_s": ("mean_wait", EXPECTED),
    "frac_wait_lt_20s": ("service_level_with_abandoned", EXPECTED),
    "frac_lost": ("abandonment", EXPECTED),
}
ROUNDING = 0.0005  # the published values have three decimals, some intervals no more


def _busy(cv: float) -> Scenario:
    data = read_scenario(FOLDER).model_dump()
    return Scenario.model_validate({**data, "demand": {**data["demand"], "busyness": {"cv": cv}}})


def _per_day(ours: Days, kpi: str, by: float) -> NDArray[np.float64]:
    return ours.sums(kpi, "queue", "calls", [None])[0] / by


@pytest.fixture(scope="module", params=["P05", "P06"])
def case(request: pytest.FixtureRequest, shared: Path) -> dict[str, Any]:
    """Return a published case."""
    cases = json.loads((shared / "truth" / "published_cases.json").read_text())["cases"]
    return next(case for case in cases if case["id"] == request.param)


@pytest.fixture(scope="module")
def ours(case: dict[str, Any]) -> Days:
    params = case["params"]
    assert params["busyness"].startswith("B ~ gamma(alpha0, alpha0) (mean 1), one draw per day")
    what = _busy(params["alpha0"] ** -0.5)
    assert make_plan(what).volume[0].tolist() == params["base_arrivals_per_hour"]
    assert what.agents["desk"].staff == params["agents_per_period"]
    return simulate(what, days(300))


@pytest.mark.parametrize("name", MEASURES)
def test_a_day_with_gamma_busyness_agrees_with_the_published_one(case: dict[str, Any], ours: Days, name: str) -> None:
    published, runs = case["results"][name], case["params"]["replications"]
    low, high = published["ci90"]
    error = (high - low) / 2 / norm.isf(0.05)
    assert error == pytest.approx(published["sd"] / runs**0.5, rel=0.05, abs=ROUNDING)
    mine = mean_interval(_per_day(ours, *MEASURES[name]), alpha=2 * norm.sf(1))
    bound = norm.isf(ALPHA / 2 / len(MEASURES)) * np.hypot(mine.half_width, published["sd"] / runs**0.5)
    message = (
        f"{case['id']} {name}: {mine.value:.5g}, published {published['mean']}, error {mine.half_width:.2g}, {SEED}"
    )
    assert abs(mine.value - published["mean"]) < bound + ROUNDING, message


def test_a_day_with_gamma_busyness_agrees_with_its_exact_solution(case: dict[str, Any], ours: Days) -> None:
    exact = EXACT[case["id"]]
    assert all(f"{truth:g}" in case["notes"] for truth in exact.values())
    options = {"seed": SEED, "measures": len(exact) + 2}
    for name, truth in exact.items():
        assert_mean(
            truth, _per_day(ours, *MEASURES[name]), name=f"{case['id']} {name}", resolution=SHARP[case["id"]], **options
        )
    arrivals = _per_day(ours, *MEASURES["arrivals"])
    assert_mean(EXPECTED, arrivals, name="arrivals", resolution=0.15, **options)
    variance = EXPECTED + EXPECTED**2 / case["params"]["alpha0"]
    assert_mean(variance, (arrivals - EXPECTED) ** 2, name="variance of arrivals", resolution=0.8, **options)


def _visits(**intent: Any) -> Scenario:
    """Everybody is served at once, for ten minutes, so the number inside at 1 h is a sum over those who came."""
    web = {"channel": "web", "time": "10 min", "next": "resolved"}
    intents = {"visit": {"demand": 60, "start": "web", "steps": {"web": web}, **intent}}
    return scenario(run={"hours": "00:00-02:00", "interval": "30 min"}, intents=intents)


def _inside(what: Scenario, replications: int, instant: float = 3700.0) -> NDArray[np.float64]:
    plan = make_plan(what)
    logs = [simulate_once(plan, SEED, replication)[1] for replication in range(replications)]
    return np.array([((log.began <= instant) & (instant < log.ended)).sum() for log in logs], dtype=np.float64)


def test_scheduled_customers_are_always_the_same_number_inside() -> None:
    assert set(_inside(_visits(arrivals="scheduled"), 10).tolist()) == {20.0}  # ten minutes, two a minute


def test_bursts_make_the_number_inside_vary_as_the_closed_form_says() -> None:
    """A Poisson number with the mean of the rate over ten minutes, so its variance is that of the count."""
    states = [{"rate": "x0.5", "mean": "20 min"}, {"rate": "x3", "mean": "5 min"}]
    inside = _inside(_visits(arrivals={"bursts": {"states": states}}), days(600))
    t, k, per_second = 600.0, 1 / 1200 + 1 / 300, 60 / 1800
    c = per_second**2 * 0.8 * 0.2 * 2.5**2
    variance = 20.0 + 2 * c * (t / k - (1 - np.exp(-k * t)) / k**2)
    assert variance > 100.0, "far from Poisson"
    options = {"seed": SEED, "measures": 2}
    assert_mean(20.0, inside, name="inside", resolution=0.25, **options)
    assert_mean(variance, (inside - 20.0) ** 2, name="variance inside", resolution=0.6, **options)
