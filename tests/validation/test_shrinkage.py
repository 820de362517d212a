"""A queue whose agents are away for a third of the time, against Erlang C with those who are there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.kpis import measure
from sim.population import Population, draw_population
from sim.theory import erlang_c
from tests.support.confidence import assert_ratio
from tests.support.simulated_days import SEED, days, scenario

TRUTH = {"service_level": 0.888350, "asa": 7.836, "delayed": 0.174132, "occupancy": 0.714286}
DESK = {"serves": ["calls"], "staff": 20, "shrinkage": "30 %", "cost": 30}
CALL = {"channel": "voice", "queue": "calls", "talk": {"law": "exponential", "mean": "3 min"}, "next": "resolved"}


def test_the_values_are_those_of_erlang_c_with_14_agents() -> None:
    queue = erlang_c(arrival_rate=100 / 1800, service_mean=180, servers=14)
    values = queue.service_level(20).answered_in_time, queue.mean_wait, queue.p_wait, queue.occupancy
    assert values == pytest.approx(tuple(TRUTH.values()), rel=1e-4)


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("run", "replications", "resolution"),
    [(reference.run, 30, 0.5), (compiled.run, 100, 0.2)],
    ids=["SimPy", "compiled"],
)
def test_30_percent_shrinkage_of_20_agents_leaves_14(
    run: Callable[[Plan, Population], Log], replications: int, resolution: float
) -> None:
    """100 calls per half-hour, 3 min each; the first four hours, in which the queue fills, are left out."""
    plan = make_plan(
        scenario(
            run={"hours": "00:00-24:00", "interval": "30 min", "warm_up": "4 h"},
            agents={"desk": DESK},
            intents={"question": {"demand": 100, "start": "call", "steps": {"call": CALL}}},
        )
    )
    measured = []
    for replication in range(days(replications)):
        population = draw_population(plan.demand(), SEED, replication)
        measured.append(measure(plan, population, run(plan, population)))
    for name, truth in TRUTH.items():
        row = measured[0].at(name)
        num, den = (np.array([getattr(measures, part)[row] for measures in measured]) for part in ("num", "den"))
        assert_ratio(truth, num, den, name=name, seed=SEED, measures=len(TRUTH), resolution=resolution)
    for measures in measured:
        assert measures.value_of("staffed_hours") == measures.value_of("scheduled_hours") == 14 * 20
        assert measures.value_of("paid_hours") == pytest.approx(20 * 20 + measures.value_of("overtime_hours"))
