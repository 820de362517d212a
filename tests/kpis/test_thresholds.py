"""Waits that meet a threshold exactly, and the lines that callbacks hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim.engine import Log, Plan, compiled, reference
from sim.engine.plan import Result
from sim.kpis import measure
from sim.kpis.aggregate.plain import PlainAggregation
from sim.numerics.time_grid import at_least, at_most
from sim.population import Population
from tests.support.stories import call, people, plan_of

Run = Callable[[Plan, Population], Log]
ENGINES = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])
OPENING = 8 * 3600.0


@ENGINES
def test_three_services_of_6_7_s_end_at_20_1_s(run: Run) -> None:
    queues = {"calls": {"service_level": {"target": "80 %", "within": "20.1 s"}}}
    plan = plan_of({"call": call(talk="6.7 s")}, queues=queues)
    population = people(plan, *[OPENING] * 4)
    log = run(plan, population)
    assert float((log.started - log.began)[3]) > 20.1  # by the noise of binary fractions
    assert measure(plan, population, log).value_of("service_level") == 1.0
    contacts = PlainAggregation(plan, population, log).cells
    assert all("in_time" in flags for cells in contacts.values() for flags, _ in cells if "answered" in flags)


@ENGINES
def test_an_abandonment_at_the_limit_is_not_short(run: Run) -> None:
    queues = {"calls": {"short_abandon": "6.7 s"}}
    plan = plan_of({"call": call(talk="1 h", patience="6.7 s")}, queues=queues)
    population = people(plan, 1, 2)
    log = run(plan, population)
    assert float((log.ended - log.began)[1]) < 6.7  # by the noise of binary fractions
    assert measure(plan, population, log).value_of("short_abandoned") == 0.0


@ENGINES
@pytest.mark.parametrize(
    ("fields", "results"),
    [
        ({"callback": {"wait": "20.1 s", "accept": 1}}, [0, 0, 0, 0, 1]),
        ({"balk": [{"wait": "20.1 s", "probability": 1}]}, [0, 0, 0, 0, 0]),
    ],
    ids=["callback", "balking"],
)
def test_an_announced_wait_reaches_its_band(run: Run, fields: dict[str, Any], results: list[int]) -> None:
    plan = plan_of({"call": call(talk="6.7 s")}, queues={"calls": fields})
    log = run(plan, people(plan, 2, 2, 2, 2, 23))
    assert float(log.announced[4]) < 20.1  # by the noise of binary fractions
    assert log.callback.tolist() == results
    assert (log.result[4] == Result.BALKED) == ("balk" in fields)


def test_limits_are_half_a_microsecond_away() -> None:
    assert at_least(1.0) < 1.0 - 4e-7
    assert at_least(1.0) > 1.0 - 6e-7
    assert at_most(1.0) > 1.0 + 4e-7
    assert at_most(1.0) < 1.0 + 6e-7


@ENGINES
def test_a_callback_frees_the_line_until_the_call_back(run: Run) -> None:
    plan = plan_of(
        {"call": call(talk="10 min")},
        run={"hours": "08:00-10:00"},
        queues={"calls": {"callback": {"wait": 0, "accept": 1}}},
        lines={"trunk": {"channels": ["voice"], "capacity": 2}},
    )
    population = people(plan, *(OPENING + 60 * minute for minute in range(6)))
    measures = measure(plan, population, run(plan, population))
    assert measures.value_of("lines_used", "lines", "trunk") == 0.5
    assert measures.value_of("max_lines_used", "lines", "trunk") <= 2
    assert measures.value_of("line_occupancy", "lines", "trunk") == 0.25
