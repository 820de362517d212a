"""Small centres for staffing searches, and their best headcounts by enumeration on the same customers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan, make_plan
from sim.experiment.staffing import Limits, Staffing, find_headcounts
from sim.experiment.staffing.evaluation import Days, requirements_of
from sim.experiment.staffing.grid import Grid, grid_of
from sim.experiment.staffing.targets import parse_targets
from sim.scenario import Scenario

__all__ = ["centre", "cheapest", "days_of", "staffed"]

I8 = NDArray[np.int64]


def centre(
    groups: dict[str, list[str]],
    demand: dict[str, Sequence[float]],
    *,
    prices: dict[str, float] | None = None,
    talk: str = "3 min",
    patience: str = "2 min",
    days: int = 1,
    **more: Any,
) -> tuple[Scenario, Plan]:
    """Return a centre with a queue for each intent, of half-hours from 08:00 on."""
    intervals = len(next(iter(demand.values())))
    end = f"{8 + intervals // 2:02d}:{30 * (intervals % 2):02d}"
    step = {
        "channel": "voice", "talk": {"law": "exponential", "mean": talk},
        "patience": {"law": "exponential", "mean": patience}, "next": "resolved",
    }  # fmt: skip
    scenario = Scenario.model_validate(
        {
            "name": "centre",
            "run": {"hours": f"08:00-{end}", "interval": "30 min", "drain": "1 h", "days": days, **more},
            "agents": {
                name: {"serves": queues, "staff": 1, "cost": (prices or {}).get(name, 10.0)}
                for name, queues in groups.items()
            },
            "intents": {
                name: {"demand": list(numbers), "start": "call", "steps": {"call": {**step, "queue": name}}}
                for name, numbers in demand.items()
            },
        }
    )
    return scenario, make_plan(scenario)


def days_of(scenario: Scenario, plan: Plan, targets: Sequence[str], per: str, days: int, most: int) -> Days:
    """Return common customers on whom headcounts can be tried, all groups free."""
    groups = range(len(plan.groups))
    shape = len(plan.groups), plan.intervals
    grid = grid_of(scenario, plan, list(groups), np.zeros(shape, np.int64), np.full(shape, most))
    requirements = requirements_of(plan, parse_targets(plan, targets, per))
    return Days(grid, requirements, seed=1, numbers=range(days), engine="auto", workers=1)


def cheapest(days: Days, boxes: Sequence[range]) -> float:
    """Return the least cost of the headcounts that keep all requirements, over every combination."""
    grid: Grid = days.grid
    shape = len(grid.groups), grid.plan.intervals
    every = [np.array(numbers, dtype=np.int64).reshape(shape) for numbers in product(*boxes)]
    for counts in sorted(every, key=grid.cost_of):
        if (days.outcome(counts).slack >= 0).all():
            return grid.cost_of(counts)
    raise AssertionError("no combination keeps the requirements; give larger boxes")


def staffed(
    scenario: Scenario, plan: Plan, targets: Sequence[str], *,
    per: str = "interval", most: int = 99, days: int = 20, fresh_days: int | None = None,
    confidence: float | None = None,
) -> Staffing:  # fmt: skip
    """Return what a short search finds, with all groups free."""
    groups = tuple(range(len(plan.groups)))
    least = np.zeros((len(groups), plan.intervals), dtype=np.int64)
    limits = Limits(groups, least, least + most)
    asked = parse_targets(plan, targets, per)
    fresh = fresh_days or days
    return find_headcounts(scenario, plan, asked, limits, confidence=confidence, seed=1, days=days, fresh_days=fresh)
