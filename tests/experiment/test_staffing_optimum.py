"""The search finds the cheapest plan of all, where all can be tried on the same customers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sim.experiment.staffing.load import load_of
from sim.experiment.staffing.local_model import reach_of
from sim.experiment.staffing.search import Search
from sim.experiment.staffing.staffing import search_plan
from sim.experiment.staffing.start import needed_by_formula, start_counts
from tests.support.staffing_cases import centre, cheapest, days_of

pytestmark = pytest.mark.slow

N = {"one": ["a"], "two": ["b", "a"]}
W = {"one": ["a", "b"], "two": ["c", "b"]}
M = {"one": ["a"], "two": ["b"], "both": ["a", "b"]}
SIX = {"a1": ["a"], "b1": ["b"], "c1": ["c"], "ab": ["a", "b"], "bc": ["b", "c"], "all": ["a", "b", "c"]}
Case = tuple[dict[str, list[str]], dict[str, Sequence[float]], dict[str, float], str, list[range]]


def single(volumes: list[float], target: str, lows: list[int]) -> Case:
    """Return a single queue of four half-hours."""
    return {"one": ["a"]}, {"a": volumes}, {}, target, [range(low, low + 4) for low in lows]


def skills(groups: dict[str, list[str]], volumes: list[float], prices: list[float], target: str, most: int) -> Case:
    """Return a half-hour of several skills."""
    demand = {name: [volume] for name, volume in zip("abc", volumes, strict=False)}
    priced = dict(zip(groups, prices, strict=True))
    return groups, demand, priced, target, [range(most + 1)] * len(groups)


CASES: list[Case] = [
    single([20, 40, 30, 10], "80 %", [2, 4, 3, 1]),
    single([5, 25, 35, 15], "70 %", [0, 2, 3, 1]),
    single([30, 10, 30, 10], "90 %", [4, 1, 4, 1]),
    single([15, 15, 15, 15], "80 %", [1, 1, 1, 1]),
    skills(N, [36, 24], [10, 12], "80 %", 11),
    skills(N, [20, 40], [10, 15], "90 %", 12),
    skills(N, [20, 20], [10, 10], "80 %", 9),
    skills(N, [40, 10], [10, 13], "85 %", 10),
    skills(N, [10, 10], [10, 11], "70 %", 8),
    skills(N, [30, 30], [10, 20], "80 %", 10),
    skills(W, [20, 15, 25], [10, 10], "80 %", 10),
    skills(W, [30, 10, 10], [10, 12], "80 %", 10),
    skills(W, [10, 30, 10], [10, 10], "90 %", 10),
    skills(W, [15, 5, 20], [12, 10], "70 %", 9),
    skills(M, [20, 15], [10, 10, 12], "80 %", 6),
    skills(M, [10, 10], [10, 10, 11], "80 %", 5),
    skills(M, [12, 20], [10, 11, 14], "90 %", 7),
    skills(M, [20, 20], [10, 10, 20], "80 %", 6),
    skills(SIX, [6, 6, 6], [10, 10, 10, 12, 12, 13], "70 %", 2),
    skills(SIX, [4, 8, 6], [10, 11, 10, 13, 12, 15], "80 %", 2),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_the_search_finds_the_cheapest_of_all_plans(case: int) -> None:
    groups, demand, prices, target, boxes = CASES[case]
    scenario, plan = centre(groups, demand, prices=prices)
    days = days_of(scenario, plan, [f"*.service_level >= {target}"], "interval", days=10, most=15)
    load = load_of(scenario, plan, days.grid.groups, seed=1, engine="auto")
    search = Search(days, days, reach_of(days.grid, load), lambda _candidate: None)
    start = start_counts(days.grid, needed_by_formula(plan, days.requirements.targets, load, patient=False))
    best = search_plan(search, search.evaluate(start))
    assert best.holds
    assert best.cost == pytest.approx(cheapest(days, boxes))
