"""Arrivals whose times between them follow a law."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engine import make_plan
from sim.population import Demand, draw_in_parts, draw_population
from tests.support.simulated_days import SEED, scenario

HOUR = 3600.0
WEB = {"channel": "web", "time": 0, "next": "resolved"}


def demand(numbers: Any, law: dict[str, Any], **sections: Any) -> Demand:
    """Return the demand of a morning, in numbers per hour."""
    intent = {"demand": numbers, "arrivals": {"renewal": law}, "start": "page", "steps": {"page": WEB}}
    run = {"hours": "08:00-12:00", "interval": "1 h"} | sections.pop("run", {})
    return make_plan(scenario(run=run, agents={}, intents={"it": intent}, **sections)).demand()


def test_constant_times_between_arrivals_follow_the_rate() -> None:
    people = draw_population(demand([2, 0, 4, 2], {"law": "fixed", "value": "1 min"}), 1, 0)
    hours = np.array([8.5, 10, 10.25, 10.5, 10.75, 11, 11.5]) * HOUR
    np.testing.assert_allclose(people.arrival, hours)


def test_only_the_shape_of_the_law_counts() -> None:
    people = [
        draw_population(demand(30, {"law": "gamma", "mean": mean, "cv": 0.5}), 1, 0) for mean in ("1 min", "7 min")
    ]
    np.testing.assert_allclose(people[0].arrival, people[1].arrival)


def counts(law: dict[str, Any], replications: int, **sections: Any) -> NDArray[np.float64]:
    """Return the arrivals of the last two hours of each replication, by when the process has forgotten its start."""
    drawn = demand(100, law, **sections)
    people = [draw_population(drawn, SEED % 2**32, number).arrival for number in range(replications)]
    return np.array([np.count_nonzero(arrival >= 10 * HOUR) for arrival in people], dtype=np.float64)


@pytest.mark.parametrize("cv", [0.5, 2.0])
def test_counts_vary_as_the_times_between_do(cv: float) -> None:
    # The variance of the counts of a long time is the mean times cv²; 1.15 allows for its being finite. The estimate
    # from 600 replications has a relative standard error of 6 %; 5 of these are exceeded once in two million seeds.
    observed = counts({"law": "gamma", "mean": "1 min", "cv": cv}, 600)
    assert abs(observed.mean() - 200) < 5 * np.sqrt(200 * cv**2 * 1.15 / 600)
    assert 0.7 / 1.15 < observed.var(ddof=1) / (200 * cv**2) < 1.3 * 1.15


def test_busy_days_multiply_the_rate() -> None:
    fixed = {"law": "fixed", "value": "1 min"}
    assert counts(fixed, 20).std() == 0
    assert counts(fixed, 20, demand={"busyness": {"cv": 0.2}}).std() > 10


def test_parts_are_the_whole() -> None:
    drawn = demand([50, 0, 70, 30], {"law": "gamma", "mean": "1 min", "cv": 2})
    whole, parts = draw_population(drawn, 3, 1), list(draw_in_parts(drawn, 3, 1, customers=20))
    assert len(parts) > 1
    for column in ("arrival", "segment", "entry", "key"):
        np.testing.assert_array_equal(getattr(whole, column), np.concatenate([getattr(part, column) for part in parts]))


def test_more_demand_brings_the_same_customers_earlier() -> None:
    few, many = (draw_population(demand(n, {"law": "gamma", "mean": 60, "cv": 2}), 1, 0) for n in (20, 40))
    np.testing.assert_array_equal(few.key, many.key[: len(few)])
    start = 8 * HOUR
    np.testing.assert_allclose(few.arrival - start, 2 * (many.arrival[: len(few)] - start))
    assert replace(few, arrival=many.arrival[: len(few)]).segment.tolist() == many.segment[: len(few)].tolist()


@pytest.mark.parametrize("law", ["0 s", {"law": "exponential", "mean": "1 min", "never": "1 %"}])
def test_times_between_arrivals_end(law: Any) -> None:
    with pytest.raises(ValueError, match="times between arrivals need a finite mean above 0"):
        demand(10, law)
