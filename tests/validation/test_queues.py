"""Simulated steady states, and short days from empty, against exact and published results.

Each replication begins empty, so what comes before the warm-up is left out, and so is the last interval, whose contacts
are served after the arrivals have stopped. A right simulator fails a test here once in a million seeds at most.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import chi2, norm

from sim.engine import make_plan
from sim.experiment.replicate import simulate_once
from sim.theory import mmsg
from tests.support.confidence import ALPHA, assert_mean, assert_ratio, ratio_interval
from tests.support.simulated_days import SEED, Days, days, scenario, simulate

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.scenario.schema import Scenario

pytestmark = pytest.mark.statistical

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WARM_UP = 3  # intervals of an hour: more than 20 services and 5 patiences in every case here
EXPONENTIAL = "exponential"


@dataclass(frozen=True)
class Measure:
    """Where a result of a case is found among the KPIs."""

    kpi: str
    key: str
    unit: float = 1.0  # of the case's result, in the KPI's
    over: str | None = None  # the queue whose answered contacts are the denominator

    def sums(self, ours: Days) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return numerator and denominator per replication, in the unit of the case."""
        cut = "queue_interval" if self.key in ours.plan.queues else "group_interval"
        counted = range(WARM_UP, ours.plan.intervals - 1)
        num, den = ours.sums(self.kpi, cut, self.key, counted)
        if self.over:
            den = ours.sums("answered", "queue_interval", self.over, counted)[0]
        return num / self.unit, den


ONE_QUEUE = {
    "P_wait": Measure("delayed", "calls"),
    "P_ab": Measure("abandonment", "calls"),
    "E_W": Measure("mean_wait", "calls", MINUTE),
    "E_Q": Measure("queue_length", "calls"),
    "E_W_given_served": Measure("asa", "calls", MINUTE),
    "occupancy": Measure("occupancy", "desk"),
    "SL": Measure("service_level_of_offered", "calls"),
    "SL_served_offered": Measure("service_level_of_offered", "calls"),
    "SL_given_served": Measure("service_level_of_answered", "calls"),
}
NO_KPI = {"E_V", "var_W", "W_p90"}  # of test customers, and moments and quantiles: not ratios of sums
N_DESIGN = {
    **{f"P_wait_{k}": Measure("delayed", f"class{k}") for k in (1, 2)},
    **{f"P_ab_{k}": Measure("abandonment", f"class{k}") for k in (1, 2)},
    **{f"E_W_{k}": Measure("mean_wait", f"class{k}", MINUTE) for k in (1, 2)},
    **{f"E_Q_{k}": Measure("queue_length", f"class{k}") for k in (1, 2)},
    **{f"occ_{pool}": Measure("occupancy", pool.lower()) for pool in "AB"},
    "frac_1_by_A": Measure("answered", "a", over="class1"),  # pool A serves nobody else
}
BY_COMPLEMENT = {"frac_1_by_B"}


@pytest.fixture(scope="module")
def cases(shared: Path) -> dict[str, Any]:
    """Return the exact and published cases by their names."""
    files = ("exact_cases.json", "published_cases.json")
    return {c["id"]: c for file in files for c in json.loads((shared / "truth" / file).read_text())["cases"]}


def _minutes(mean: float) -> dict[str, Any]:
    return {"law": EXPONENTIAL, "mean": mean * MINUTE}


def _call(queue: str, service: float, patience: dict[str, Any] | None) -> dict[str, Any]:
    waits = {"patience": patience} if patience else {}
    return {"channel": "voice", "queue": queue, "talk": _minutes(service), "next": "resolved", **waits}


def _one_queue(params: dict[str, Any], length: float) -> Scenario:
    """Return a case with one queue and one group, around the clock."""
    mixed = params.get("patience")
    patience = _minutes(params["patience_mean"]) if "patience_mean" in params else None
    if mixed:
        assert mixed["else_"] == "exponential mean 2"
        patience = {**_minutes(2.0), "zero": mixed["prob_zero"]}
    within = params["SL_threshold_T"] * MINUTE
    return scenario(
        run={"days": length, "interval": HOUR},
        queues={"calls": {"service_level": {"within": within}}},
        agents={"desk": {"serves": ["calls"], "staff": params["servers"]}},
        intents={
            "call": {
                "demand": params["arrival_rate"] * 60,
                "start": "call",
                "steps": {"call": _call("calls", params["service_mean"], patience)},
            }
        },
    )


def _agrees(case: dict[str, Any], ours: Days, measures: dict[str, Measure], left_out: set[str]) -> None:
    """Compare with the exact values, and the errors with the exact ones where they are known."""
    expected = {name: value for name, value in case["expected"].items() if name not in left_out}
    compared = 3 * len(expected)  # value, value by the exact error, and the error itself
    counted = (ours.plan.intervals - WARM_UP - 1) * 60 * len(ours.num)  # minutes
    for name, truth in expected.items():
        sums = measures[name].sums(ours)
        options = {"name": f"{case['id']} {name}", "seed": ours.seed, "measures": compared}
        assert_ratio(truth, *sums, **options, resolution=0.35)
        if constant := case.get("se_const", {}).get(name):
            _errors_agree(constant / counted**0.5, truth, sums, ALPHA / compared, f"{options}")


def _errors_agree(exact: float, truth: float, sums: Any, alpha: float, message: str) -> None:
    """Compare with the exact standard error of a run as long as ours: of our mean, and with ours over replications."""
    ours = ratio_interval(*sums, alpha=2 * norm.sf(1))
    assert abs(ours.value - truth) < norm.isf(alpha / 2) * exact, message
    degrees = ours.replications - 1
    low, high = (chi2.ppf((alpha / 2, 1 - alpha / 2), degrees) / degrees) ** 0.5
    assert 0.8 * low < ours.half_width / exact < 1.25 * high, f"{message}: {ours.half_width} is not near {exact}"


@pytest.mark.parametrize(("name", "length"), [("EC1", 2), ("EA1", 2), ("EA2", 1), ("MG6a", 1)])
def test_one_queue_in_its_steady_state(cases: dict[str, Any], name: str, length: int) -> None:
    case = cases[name]
    _agrees(case, simulate(_one_queue(case["params"], length), days(30)), ONE_QUEUE, NO_KPI)


def test_two_queues_and_two_groups_with_ranks(cases: dict[str, Any]) -> None:
    """The N-design: the first group helps nobody, the second one takes its own first."""
    case = cases["N1"]
    params = case["params"]
    assert params["pool_priority_when_freed"] == {"A": [1], "B": [2, 1]}
    assert params["arrival_preference"] == {"1": ["A", "B"], "2": ["B"]}
    ours = simulate(
        scenario(
            run={"days": 4, "interval": HOUR},
            queues={"class1": {"agents": ["a", "b"]}},
            agents={
                "b": {"serves": ["class2", "class1"], "staff": params["pools"]["B"]},
                "a": {"serves": ["class1"], "staff": params["pools"]["A"]},
            },
            intents={
                f"intent{k}": {
                    "demand": rate * 60,
                    "start": "call",
                    "steps": {"call": _call(f"class{k}", 4.0, _minutes(params["mean_patience"][k]))},
                }
                for k, rate in params["arrival_rates"].items()
            },
        ),
        days(30),
    )
    _agrees(case, ours, N_DESIGN, BY_COMPLEMENT)


def test_patience_from_a_survival_table() -> None:
    """The patience of the bank in `scenarios/retail_bank`, which is not exponential, against M/M/s+G."""
    times, left, beyond = [0.0, 20.0, 60.0, 120.0, 300.0], [1.0, 0.926, 0.821, 0.711, 0.487], 347.7

    def survival(time: NDArray[np.float64]) -> NDArray[np.float64]:
        tail = left[-1] * np.exp(-np.maximum(time - times[-1], 0.0) / beyond)
        return np.where(time < times[-1], np.interp(time, times, left), tail)

    rate, service, agents = 240 / HOUR, 180.0, 13
    truth = mmsg(arrival_rate=rate, service_mean=service, servers=agents, survival=survival, breaks=times[1:])
    params = {"arrival_rate": rate * 60, "service_mean": service / 60, "servers": agents, "SL_threshold_T": 1 / 3}
    bank = {"law": "empirical", "survival": dict(zip(times, left, strict=True)), "beyond": beyond}
    what = _one_queue(params, 2).model_dump()
    what["intents"]["call"]["steps"]["call"]["patience"] = bank
    ours = simulate(scenario(**{key: value for key, value in what.items() if key != "name"}), days(30))
    expected = {
        "P_wait": truth.p_wait,
        "P_ab": truth.p_abandon,
        "E_W": truth.mean_wait / MINUTE,
        "E_Q": truth.queue_length,
        "E_W_given_served": truth.mean_wait_answered / MINUTE,
        "occupancy": truth.occupancy,
        "SL_served_offered": truth.service_level(20.0).of_offered,
        "SL_given_served": truth.service_level(20.0).of_answered,
    }
    _agrees({"id": "bank", "expected": expected}, ours, ONE_QUEUE, set())
    # Were patience exponential, abandoned / time waited would be 1 / mean; here more leave early on.
    hazard = ratio_interval(ONE_QUEUE["P_ab"].sums(ours)[0], ONE_QUEUE["E_W"].sums(ours)[0] * MINUTE, alpha=ALPHA)
    assert hazard.contains(truth.p_abandon / truth.mean_wait)
    assert hazard.low > 1 / beyond


def test_everybody_served_at_once_with_a_rate_that_changes(cases: dict[str, Any]) -> None:
    """Self-service has no limit: the number in it is Poisson, with a mean known at every instant."""
    params, expected = cases["TV4"]["params"], cases["TV4"]["expected"]
    assert params["arrival_rate"] == "4/min on [0,30), 10/min on [30,60), 0 after"
    web = {"channel": "web", "time": _minutes(params["service"]["mean"]), "next": "resolved"}
    plan = make_plan(
        scenario(
            run={"hours": "00:00-01:00", "interval": 30 * MINUTE},
            intents={"visit": {"demand": [120, 300], "start": "web", "steps": {"web": web}}},
        )
    )
    instants = np.array([float(name[2:-1]) for name in expected])[:, None] * MINUTE
    logs = [simulate_once(plan, SEED, replication)[1] for replication in range(days(400))]
    inside = np.array([((log.began <= instants) & (instants < log.ended)).sum(axis=1) for log in logs])
    for (name, mean), counts in zip(expected.items(), inside.T, strict=True):
        options = {"seed": SEED, "measures": 2 * len(expected)}
        assert_mean(mean, counts, name=name, resolution=0.35, **options)
        assert_mean(mean, (counts - mean) ** 2, name=f"variance of {name}", resolution=0.8, **options)


PUBLISHED = {
    "abandoned": ("abandoned", 1.0),
    "num_in_target": ("service_level_of_answered", 1.0),
    "service_level": ("service_level_of_answered", 1.0),
    "SL_given_served": ("service_level_of_answered", 1.0),
    "SL_with_abandonment": ("service_level", 1.0),
    "speed_of_answer_min": ("asa", MINUTE),
    "occupancy": ("occupancy", 1.0),
}


@pytest.mark.parametrize("name", ["P01", "P02"])
def test_a_published_day_from_empty(cases: dict[str, Any], name: str) -> None:
    params, results = cases[name]["params"], dict(cases[name]["results"])
    del results["cpu_s"]
    assert (params["service"], params["AWT"], params["day_length"]) == ("exp mean 2", "20 s", 480)
    assert params.get("patience", "exp mean 1") == "exp mean 1"
    what = _one_queue(
        {
            "arrival_rate": params["arrival_rate"],
            "service_mean": 2.0,
            "servers": params["agents"],
            "SL_threshold_T": 1 / 3,
        }
        | ({"patience_mean": 1.0} if "patience" in params else {}),
        1,
    ).model_dump()
    what["run"] |= {"hours": "08:00-16:00", "interval": 8 * HOUR}
    what["intents"]["call"]["demand"] *= 8
    what["agents"]["desk"]["stay_until_empty"] = True
    ours = simulate(scenario(**{key: value for key, value in what.items() if key != "name"}), days(100))
    bound = norm.isf(ALPHA / len(results) / 2)
    for published, result in results.items():
        kpi, unit = PUBLISHED[published]
        cut, key = ("group_interval", "desk") if kpi == "occupancy" else ("queue_interval", "calls")
        num, den = ours.sums(kpi, cut, key, [0])
        if published == "num_in_target":
            den = np.ones_like(den)
        mine = ratio_interval(num / unit, den, alpha=2 * norm.sf(1))
        error = np.hypot(mine.half_width, result["sd"] / params["replications"] ** 0.5)
        rounding = 0.0005  # the published values have three decimals
        message = f"{name} {published}: {mine.value:.5g}, published {result['mean']}, error {error:.2g}, seed {SEED}"
        assert abs(mine.value - result["mean"]) < bound * error + rounding, message
