"""Rosters cost what the cheapest of all enumerated ones costs, and their bound says so."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.rosters import requirements_of, roster_of

SHIFTS = [(start, start + length) for start in (0, 1, 2) for length in (2, 3)]  # in intervals


def rules_with(cost: float, under: float, over: float, different: float) -> dict[str, Any]:
    return {
        "shifts": {"any": {"start": "08:00-10:00", "length": "2 h-3 h"}},
        "contracts": {"desk": {"cost": cost}},
        "prices": {"under": under, "over": over, "different_shifts": different},
    }


def cheapest(needed: list[int], cost: float, under: float, over: float, different: float) -> float:
    """Return the least cost over all numbers of each shift, each up to the greatest need."""
    costs = []
    for counts in product(range(max(needed) + 1), repeat=len(SHIFTS)):
        covered = np.zeros(len(needed))
        for (begin, end), count in zip(SHIFTS, counts, strict=True):
            covered[begin:end] += count
        paid = cost * sum(count * (end - begin) for (begin, end), count in zip(SHIFTS, counts, strict=True))
        missing, surplus = np.maximum(needed - covered, 0).sum(), np.maximum(covered - needed, 0).sum()
        costs.append(paid + under * missing + over * surplus + different * np.count_nonzero(counts))
    return float(min(costs))


@pytest.mark.parametrize("number", range(8))
def test_a_roster_costs_the_least_of_all_that_are_enumerated(number: int, tmp_path: Path) -> None:
    draw = random.Random(number)
    needed = [draw.randint(0, 2) for _ in range(5)]
    needed[2] = 2
    prices = draw.choice([1.0, 2.0]), draw.choice([3.0, 9.0]), draw.choice([0.0, 1.5]), draw.choice([0.0, 2.5])
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": needed}), rules_with(*prices))
    assert roster.cost == pytest.approx(cheapest(needed, *prices)), (needed, prices)
    assert roster.bound == pytest.approx(roster.cost)
    assert not roster.broken


def test_breaks_are_placed_where_they_cost_least(tmp_path: Path) -> None:
    rules = {
        "shifts": {
            "day": {
                "start": "08:00",
                "length": "6 h",
                "off": [{"kind": "lunch", "time": "1 h", "begins": "10:00-12:00"}],
            }
        },
        "contracts": {"desk": {"cost": 10}},
        "prices": {"under": 100},
    }
    needed = [3, 3, 2, 3, 1, 3]  # three agents, whose lunches fit at 10:00 (one) and at 12:00 (two)
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": needed}), rules)
    assert roster.cost == pytest.approx(3 * 5 * 10)
    assert sorted(duty.off[0].begin / 3600 for duty in roster.duties) == [10, 12, 12]
    assert [duty.paid_hours for duty in roster.duties] == [5, 5, 5]
    needed[3] = 4  # nobody can have lunch at 11:00, and one agent is missing then, or a fourth comes for 50
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": needed}), rules)
    assert roster.cost == pytest.approx(200)
    rules["prices"] = {"under": 40}
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": needed}), rules)
    assert roster.cost == pytest.approx(190)


def test_each_group_has_its_own_contracts_and_the_cost_is_the_sum(tmp_path: Path) -> None:
    rules = {
        "shifts": {"whole": {"start": "08:00", "length": "2 h"}},
        "contracts": {"a": {"group": "sales", "cost": 10}, "b": {"group": "help", "cost": 20}},
        "prices": {"under": 1000},
    }
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"sales": [2, 2], "help": [1, 1]}), rules)
    assert roster.cost == roster.bound == 2 * 2 * 10 + 2 * 20
    assert [(group.group, len(group.duties)) for group in roster.groups] == [("sales", 2), ("help", 1)]


def test_shrinkage_asks_for_more_agents_rounded_up(tmp_path: Path) -> None:
    rules = {
        "shifts": {"whole": {"start": "08:00", "length": "2 h"}},
        "contracts": {"a": {}},
        "shrinkage": "10 %",
    }
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": [9, 9]}), rules)
    assert len(roster.duties) == 10
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": [10, 10]}), rules)
    assert len(roster.duties) == 12
