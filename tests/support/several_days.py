"""Runs of several days of an hour, with as many calls on each day as a test wants."""

from __future__ import annotations

from typing import Any

from sim.engine import Log, Plan, reference
from sim.population import Population, draw_population
from sim.scenario import Scenario

DAY, NINE = 86_400, 9 * 3_600
CALLS = (1, 3, 1, 1, 3, 1, 1, 2, 1)  # at 09:00 on each day; each takes a minute, and waits for those before


def scenario_of(calls: tuple[int, ...] = CALLS, **run: Any) -> Scenario:
    times = [day * DAY + NINE for day, number in enumerate(calls) for _ in range(number)]
    mails = [day * DAY + NINE + 3_000 for day in range(len(calls))]  # ten minutes before closing time; each takes 15
    done = {"next": "resolved"}
    return Scenario.model_validate(
        {
            "name": "days",
            "run": {"hours": "09:00-10:00", "interval": "30 min", "days": len(calls), "drain": "1 h", **run},
            "queues": {"calls": {"service_level": {"target": 0.8, "within": 20}}},
            "agents": {
                "desk": {"serves": ["calls"], "staff": 1, "cost": 30},
                "office": {"serves": ["mails"], "staff": 1, "cost": 20},
            },
            "intents": {
                "ask": {
                    "arrivals": {"replay": {"times": times}},
                    "start": "call",
                    "steps": {"call": {"channel": "voice", "queue": "calls", "talk": 60, **done}},
                },
                "write": {
                    "arrivals": {"replay": {"times": sorted([*mails, *mails])}},
                    "start": "mail",
                    "steps": {"mail": {"channel": "email", "queue": "mails", "talk": 900, **done}},
                },
            },
        }
    )


def day_of_run(plan: Plan) -> tuple[Population, Log]:
    """Return who came, and what happened."""
    population = draw_population(plan.demand(), 1, 0)
    return population, reference.run(plan, population)
