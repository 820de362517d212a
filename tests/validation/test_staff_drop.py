"""The wait after staff falls from 88 to 60 at 17:00, exactly, for both meanings of who leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.engine import compiled, make_plan
from sim.population import draw_population
from sim.scenario import Scenario
from tests.support.confidence import assert_ratio
from tests.support.staff_drop import StaffDrop, mean_wait

pytestmark = pytest.mark.statistical

BEFORE, AFTER = 184, 138  # calls per half-hour
HALF, FIVE = 1_800, 17 * 3_600
REPLICATIONS = 1_500


def day(leaving: str) -> Any:
    hours = range(12 * 2, 18 * 2)  # half-hours; after five hours the queue has forgotten that it was empty
    return make_plan(Scenario.model_validate({
        "name": "drop",
        "run": {"hours": "12:00-18:00", "interval": "30 min", "drain": "2 h"},
        "agents": {"desk": {"serves": ["calls"], "staff": [88 if h < 34 else 60 for h in hours], "leaving": leaving}},
        "intents": {"it": {
            "demand": [BEFORE if h < 34 else AFTER for h in hours],
            "start": "call",
            "steps": {"call": {
                "channel": "voice", "queue": "calls", "next": "resolved",
                "talk": {"law": "exponential", "mean": "650 s"},
            }},
        }},
    }))  # fmt: skip


@pytest.mark.parametrize(("leaving", "about"), [("first_free", 36), ("own", 12)])
def test_the_mean_wait_of_the_next_half_hour(leaving: str, about: float) -> None:
    drop = StaffDrop(BEFORE / HALF, AFTER / HALF, 650.0, 88, 60)
    truth = mean_wait(drop, HALF, own=leaving == "own")
    assert truth == pytest.approx(about, abs=1.0)
    plan = day(leaving)
    waited, came = [], []
    for replication in range(REPLICATIONS):
        log = compiled.run(plan, draw_population(plan.demand(), 1, replication))
        rows = (log.began >= FIVE) & (log.began < FIVE + HALF)
        waited.append(float((log.started - log.began)[rows].sum()))
        came.append(float(np.count_nonzero(rows)))
    assert_ratio(truth, waited, came, name=f"mean wait, {leaving}", seed=1, measures=2, resolution=0.35)
