"""Contacts outside opening hours are not offered; those that closing time turns away are."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sim.engine import compiled, make_plan, reference
from sim.kpis import Measures, measure
from sim.population import draw_population
from sim.scenario import Scenario

OPEN, HOUR = 9 * 3_600, 3_600
BEFORE, IN_TIME, LATE, AFTER = OPEN - 600, OPEN, OPEN + HOUR - 120, OPEN + HOUR + 60


def measured(engine: Any, *arrivals: float) -> Measures:
    scenario = Scenario.model_validate(
        {
            "name": "hours",
            "run": {"hours": "08:30-11:00", "interval": "30 min", "drain": "1 h"},
            "queues": {"calls": {"hours": "09:00-10:00", "closing": "clear"}},
            "agents": {"desk": {"serves": ["calls"], "staff": 1}},
            "intents": {
                "ask": {
                    "arrivals": {"replay": {"times": list(arrivals)}},
                    "start": "call",
                    "steps": {"call": {"channel": "voice", "queue": "calls", "talk": 900, "next": "resolved"}},
                }
            },
        }
    )
    plan = make_plan(scenario)
    population = draw_population(plan.demand(), 1, 0)
    return measure(plan, population, engine.run(plan, population))


@pytest.mark.parametrize("engine", [reference, compiled], ids=["reference", "compiled"])
def test_who_comes_before_opening_or_after_closing_is_not_offered(engine: Any) -> None:
    measures = measured(engine, BEFORE, IN_TIME, LATE, LATE, AFTER)  # the second late one waits until closing time
    counts = {name: measures.value_of(name) for name in ("offered", "outside_hours", "handled", "cleared", "closed")}
    assert counts == {"offered": 3, "outside_hours": 2, "handled": 2, "cleared": 1, "closed": 3}
    assert measures.value_of("outside_hours", "queue_interval", "calls", 0) == 1
    assert measures.value_of("offered", "queue_interval", "calls", 0) == 0
    assert measures.value_of("service_level") == pytest.approx(2 / 3)
    assert measures.value_of("service_level_of_all") == pytest.approx(2 / 5)


@pytest.mark.parametrize("interval", ["30 min", "1 h"])
@pytest.mark.parametrize("engine", [reference, compiled], ids=["reference", "compiled"])
def test_a_closed_day_has_no_backlog(engine: Any, interval: str) -> None:
    """A mail of Monday 09:30 waits for Wednesday's agent; Tuesday is closed."""
    hours, mail = {"tue": "closed", "else": "08:00-10:00"}, {"channel": "email", "queue": "mails", "talk": "1 h"}
    intent = {"arrivals": {"replay": {"times": [9.5 * HOUR]}}, "start": "mail"}
    data = {
        "name": "office",
        "run": {"hours": hours, "interval": interval, "days": 3, "drain": "1 h"},
        "agents": {"desk": {"serves": ["mails"], "staff": {"mon": 0, "else": 1}}},
        "intents": {"ask": intent | {"steps": {"mail": mail | {"next": "resolved"}}}},
    }
    plan = make_plan(Scenario.model_validate(data))
    population = draw_population(plan.demand(), 1, 0)
    measures = measure(plan, population, engine.run(plan, population))
    for kpi, values in (("oldest", [HOUR / 2, math.nan, 0]), ("backlog", [1, math.nan, 0])):
        days = [measures.value_of(kpi, "queue_day", "mails", day=day) for day in (1, 2, 3)]
        assert days == pytest.approx(values, nan_ok=True)
