"""A queue that begins with a state, against its exact transient solution.

Talk and patience are exponential, so how long somebody has been served or has waited already makes no difference: the
number of busy agents and of waiting customers is a Markov chain from the state on, whatever the ages. A run that drew
the rest without the age, or the whole time again from the age on, would be right here too; the conditional laws are
tested by themselves, and by Erlang talk times, of which the age decides how much is left.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.core.units import clock
from sim.engine import Log, Plan, compiled, make_plan
from sim.population import draw_population
from sim.scenario import Scenario
from tests.support.confidence import assert_mean
from tests.support.forward_equations import Queue, hours

pytestmark = pytest.mark.statistical

OPENS, QUARTER = 11 * 3600.0, 900.0
TALK, PATIENCE, CALLS, AGENTS = 300.0, 240.0, 25, 8  # calls per quarter of an hour
REPLICATIONS = 4000


def eleven(now: Any, *, talk: Any = None, calls: float = CALLS) -> Plan:
    """Plan half an hour from 11:00."""
    step = {
        "channel": "voice",
        "queue": "calls",
        "talk": talk or {"law": "exponential", "mean": TALK},
        "patience": {"law": "exponential", "mean": PATIENCE},
        "next": "resolved",
        "if_abandoned": "gave_up",
    }
    return make_plan(
        Scenario.model_validate(
            {
                "name": "eleven",
                "run": {"hours": "11:00-11:30", "interval": "15 min", "drain": "1 h"},
                "now": now,
                "agents": {"desk": {"serves": ["calls"], "staff": AGENTS}},
                "intents": {"it": {"demand": calls, "start": "call", "steps": {"call": step}}},
            }
        )
    )


def seconds_in(quarter: int, begin: Any, end: Any) -> float:
    """Return the seconds of spans that lie in a quarter of an hour; spans without a begin have none."""
    since = OPENS + quarter * QUARTER
    inside = np.minimum(np.nan_to_num(end, nan=math.inf), since + QUARTER) - np.maximum(begin, since)
    return float(np.nansum(np.maximum(inside, 0.0)))


def means(log: Log) -> list[float]:
    """Return the mean numbers of waiting customers and of busy agents in the two quarters."""
    left = np.where(np.isnan(log.started), log.ended, log.started)
    return [
        seconds / QUARTER
        for quarter in (0, 1)
        for seconds in (seconds_in(quarter, log.began, left), seconds_in(quarter, log.started, log.ended))
    ]


@pytest.mark.parametrize(("busy", "waiting"), [(AGENTS, 12), (AGENTS, 0), (3, 0)])
def test_the_course_from_a_state_is_that_of_the_chain(busy: int, waiting: int) -> None:
    now: Any = {"busy": {"desk": [{"agents": busy, "busy_for": {"law": "exponential", "mean": 200}}]}}
    if waiting:
        now["waiting"] = {"calls": [{"customers": waiting, "waited": {"law": "uniform", "low": 0, "high": 300}}]}
    plan = eleven(now)
    queue = Queue(TALK / QUARTER, PATIENCE / QUARTER, 0.0)
    exact = [mean for hour in hours(queue, [CALLS, CALLS], [AGENTS, AGENTS], (busy, waiting)) for mean in
             (hour.waiting, hour.busy)]  # fmt: skip
    drawn = np.array([means(compiled.run(plan, draw_population(plan.demand(), 1, i))) for i in range(REPLICATIONS)])
    for number, truth in enumerate(exact):
        name = f"{('waiting', 'busy')[number % 2]} in quarter {1 + number // 2} from {busy, waiting}"
        assert_mean(truth, drawn[:, number], name=name, seed=1, measures=12, resolution=0.2)


def test_what_is_left_of_a_service_depends_on_its_age() -> None:
    """Of an Erlang law with two phases of mean m, a service of age a has (1 + m/(m + a)) m left on average."""
    phase, ages = 150.0, [0.0, 60.0, 300.0, 900.0]
    since = [clock(OPENS - age) for age in ages]
    plan = eleven({"busy": {"desk": since}}, talk={"law": "erlang", "stages": 2, "mean": 2 * phase}, calls=0)
    left = []
    for replication in range(REPLICATIONS):
        people = draw_population(plan.demand(), 1, replication)
        log = compiled.run(plan, people)
        left.append(log.ended[np.argsort(log.customer)] - OPENS)
    drawn = np.array(left)
    for number, age in enumerate(ages):
        truth = (1.0 + phase / (phase + age)) * phase
        assert_mean(truth, drawn[:, number], name=f"age {age:g} s", seed=1, measures=4, resolution=0.1)
