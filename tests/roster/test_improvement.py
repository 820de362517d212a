"""Local search over single shifts that a judge accepts: cheaper ones within the rules, more where something lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.roster import Duty, Roster
from sim.roster.check import broken_rules, coverage_of
from sim.roster.improvement import Judge, improve_duties
from tests.support.rosters import requirements_of, roster_of

RULES = {
    "shifts": {
        "long": {"start": "08:00", "length": "6 h", "off": [{"kind": "lunch", "time": "1 h", "after": "2 h-4 h"}]},
        "short": {"start": "08:00-12:00", "length": "2 h-3 h"},
    },
    "contracts": {"all": {"people": 9, "cost": 10}},
    "prices": {"under": 1000},
}


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    """Return a roster of a day of six hours, two agents each."""
    return roster_of(tmp_path, requirements_of(tmp_path, {"desk": [2, 2, 2, 2, 2, 2]}), RULES)


def judge_of(roster: Roster, needed: list[int]) -> Judge:
    """Return a judge who wants so many agents in each hour from 08:00 on."""

    def lacking(duties: tuple[Duty, ...]) -> float:
        slots = coverage_of(duties, roster.requirements, "desk")
        hours = slots.reshape(-1, 3600 // roster.requirements.step).min(axis=1)[8:14]
        return float(sum(max(want - have, 0.0) for want, have in zip(needed, hours.tolist(), strict=True)))

    return lacking


def test_shifts_go_until_the_judge_lacks_something(roster: Roster) -> None:
    judge = judge_of(roster, [1, 1, 1, 1, 1, 1])
    improved = improve_duties(roster, judge, evaluations=400)
    assert improved.lacking == judge(improved.duties) == 0
    assert improved.cost == pytest.approx(60)  # six hours, and no surplus: short shifts in place of a long one
    assert not broken_rules(improved.duties, roster.rules, roster.requirements)


def test_the_least_number_of_people_keep_a_shift_though_the_judge_needs_fewer(tmp_path: Path) -> None:
    rules = {**RULES, "contracts": {"all": {"people": "3-9", "cost": 10}}}
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": [2, 2, 2, 2, 2, 2]}), rules)
    improved = improve_duties(roster, judge_of(roster, [1, 1, 0, 0, 0, 0]), evaluations=400)
    assert improved.cost == pytest.approx(3 * 2 * 10)  # three shifts of two hours, of which one is needed


def test_where_a_judge_lacks_something_shifts_are_added(roster: Roster) -> None:
    judge = judge_of(roster, [2, 2, 4, 2, 2, 2])
    assert judge(roster.duties) > 0
    improved = improve_duties(roster, judge, evaluations=400)
    assert improved.lacking == 0
    assert improved.cost <= roster.cost + 2 * 2 * 10  # two shifts of two hours at most
    assert not broken_rules(improved.duties, roster.rules, roster.requirements)


def test_the_budget_is_kept_and_a_second_search_finds_the_same(roster: Roster) -> None:
    judge = judge_of(roster, [1, 1, 1, 1, 1, 1])
    first, second = (improve_duties(roster, judge, evaluations=7) for _ in range(2))
    assert first.evaluations <= 7
    assert first.duties == second.duties
