"""Contracts: hours, days, rest and people of a week, and the check that finds every rule that is broken."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sim.core import interrupts
from sim.core.errors import InvalidInput
from sim.roster import Activity, Duty, Roster, read_requirements
from sim.roster.check import broken_rules
from sim.roster.program import Solution, Solver
from tests.support.rosters import roster_of, week_table

HOUR = 3600.0
RULES: dict[str, Any] = {
    "shifts": {
        "early": {
            "start": "06:00-08:00",
            "every": "1 h",
            "length": "8 h",
            "off": [{"kind": "lunch", "time": "1 h", "after": "3 h-4 h"}],
        },
        "late": {"start": "14:00", "length": "8 h", "days": ["mon-fri"]},
        "night": {"start": "22:00", "length": "8 h", "off": [{"time": "1 h", "begins": ["00:00", "02:00"]}]},
    },
    "contracts": {
        "full": {"people": 6, "hours": "24-40", "days": 5, "rest": "11 h", "cost": 30},
        "part": {"people": "0-4", "shifts": ["early", "late"], "hours": 24, "days": 3, "rest": "12 h", "cost": 25},
    },
    "prices": {"under": 90, "over": 1},
}


def week(folder: Path, seed: int) -> Roster:
    draw = random.Random(seed)
    days = [[draw.randint(0, 3) for _ in range(24)] for _ in range(7)]
    file = folder / "requirements.csv"
    file.write_text(week_table(days, 0), encoding="utf-8")
    return roster_of(folder, read_requirements(file), RULES, gap=0.02, nodes=200)


@pytest.mark.parametrize("seed", range(3))
def test_every_person_keeps_hours_days_and_rest(seed: int, tmp_path: Path) -> None:
    roster = week(tmp_path, seed)
    assert not roster.broken
    assert roster.bound <= roster.cost + 1e-9
    assert len({duty.person for duty in roster.duties if duty.contract == "full"}) >= 2
    for person in range(6):
        own = sorted((duty for duty in roster.duties if (duty.contract, duty.person) == ("full", person)), key=day_of)
        if not own:
            continue
        assert len(own) <= 5
        assert 24 <= sum(duty.paid_hours for duty in own) <= 40
        for earlier, later in pairwise([*own, own[0]]):
            begin = later.day * 24 * HOUR + later.begin + (7 * 24 * HOUR if later.day <= earlier.day else 0)
            assert begin - (earlier.day * 24 * HOUR + earlier.end) >= 11 * HOUR


def day_of(duty: Duty) -> int:
    return duty.day


@pytest.mark.parametrize("seconds", [0.2, 2.0])
def test_an_interrupt_leaves_time_to_give_the_best_shifts_to_people(
    seconds: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within 2 s of it; later there is no roster, rather than a wrong reason why there is none."""
    solved: list[Solution] = []
    solve = Solver.solve

    def press(solver: Solver, *arguments: Any) -> Solution:
        solved.append(solve(solver, *arguments))
        return solved[-1]

    monkeypatch.setattr(Solver, "solve", press)
    monkeypatch.setattr(interrupts, "presses", lambda: len(solved))
    monkeypatch.setattr(interrupts, "seconds_since", lambda: seconds)
    if seconds < 1.0:
        roster = week(tmp_path, 1)
        assert roster.duties
        assert not roster.broken
    else:
        with pytest.raises(KeyboardInterrupt):
            week(tmp_path, 1)


def test_the_same_input_gives_the_same_duties(tmp_path: Path) -> None:
    assert week(tmp_path, 1).duties == week(tmp_path, 1).duties


def test_a_night_of_sunday_covers_monday_in_a_typical_week(tmp_path: Path) -> None:
    file = tmp_path / "requirements.csv"
    file.write_text(week_table([[1, 1, 1, 1, 1, 1]], 0), encoding="utf-8")
    rules = {
        "shifts": {"night": {"start": "22:00", "length": "8 h"}},
        "contracts": {"desk": {"people": 1, "cost": 1}},
    }
    roster = roster_of(tmp_path, read_requirements(file), rules)
    assert [(duty.day, duty.begin / HOUR, duty.end / HOUR) for duty in roster.duties] == [(6, 22, 30)]
    assert not roster.groups[0].shortages


def test_the_check_finds_every_rule_that_is_broken(tmp_path: Path) -> None:
    roster = week(tmp_path, 2)
    rules, requirements = roster.rules, roster.requirements
    duties = list(roster.duties)
    early = next(duty for duty in duties if duty.off and duty.off[0].kind == "lunch")

    def broken(changed: list[Duty]) -> str:
        return "\n".join(broken_rules(changed, rules, requirements))

    def with_change(**change: Any) -> list[Duty]:
        return [replace(duty, **change) if duty is early else duty for duty in duties]

    assert broken(duties) == ""
    assert "no kind of shift" in broken(with_change(begin=early.begin + 1800))
    assert "no kind of shift" in broken(with_change(end=early.end + HOUR))
    assert "no kind of shift" in broken(with_change(off=()))
    late_lunch = Activity(early.begin + 6 * HOUR, early.begin + 7 * HOUR, "lunch", is_paid=False)
    assert "no kind of shift" in broken(with_change(off=(late_lunch,)))
    half_hour = replace(early.off[0], end=early.off[0].begin + 1800)
    assert "no kind of shift" in broken(with_change(off=(half_hour,)))
    assert "works two shifts" in broken([*duties, early])
    own = [duty for duty in duties if (duty.contract, duty.person) == (early.contract, early.person)]
    assert "outside 24 to 40" in broken([duty for duty in duties if duty not in own[1:]]) or early.contract == "part"
    assert "people, of 6" in broken([*duties, *(replace(duty, person=9, contract="full") for duty in own)])
    night = Duty(
        "desk",
        "full",
        0,
        (early.day - 1) % 7,
        22 * HOUR,
        30 * HOUR,
        (Activity(24 * HOUR, 25 * HOUR, "break", is_paid=True),),
    )
    rested = broken([replace(early, contract="full", person=0), night])
    assert "less than 11 h" in rested
    saturday = Duty("desk", "full", 0, 5, 14 * HOUR, 22 * HOUR, ())
    assert "no kind of shift" in broken([saturday])


@pytest.mark.parametrize("days", [1, 7, 10, 14])
@pytest.mark.parametrize("price", [0, 10])
def test_the_least_number_of_people_work_each_week_though_others_are_cheaper(
    days: int, price: float, tmp_path: Path
) -> None:
    """Of a full-time shift of 8 h at 30 and two part-time ones of 4 h at 20, the first is the dearer by 80."""
    rules: dict[str, Any] = {
        "shifts": {"day": {"start": "08:00", "length": "8 h"}, "short": {"start": ["08:00", "12:00"], "length": "4 h"}},
        "contracts": {
            "full": {"people": "3-4", "shifts": ["day"], "hours": 40, "cost": 30},
            "part": {"people": 20, "shifts": ["short"], "hours": 20, "cost": 20},
        },
        "prices": {"different_shifts": price},
    }
    file = tmp_path / "requirements.csv"
    rows = (f"{day},{hour:02}:00,2" for day in range(1, days + 1) for hour in range(8, 16))
    file.write_text("\n".join(["day,time,desk", *rows]) + "\n", encoding="utf-8")
    roster = roster_of(tmp_path, read_requirements(file), rules)
    assert not roster.broken
    assert roster.groups[0].people["full"] == 3
    weeks = max(days // 7, 1)
    full, lonely = 3 * weeks, days == 1
    wanted = full * 8 * 30 + (2 * days - (2 if lonely else full)) * 8 * 20
    used = 1 if lonely else 3
    assert roster.cost == pytest.approx(wanted + used * price)
    assert roster.bound == pytest.approx(roster.cost, rel=1e-3)
    fewer = [duty for duty in roster.duties if (duty.contract, duty.person) != ("full", 0)]
    sentences = broken_rules(fewer, roster.rules, roster.requirements)
    assert [sentence for sentence in sentences if "2 people with a shift" in sentence and "of at least 3" in sentence]


def test_rules_that_contradict_the_shifts_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "requirements.csv"
    file.write_text(week_table([[1, 1]]), encoding="utf-8")
    rules = {
        "shifts": {"day": {"start": "08:00", "length": "8 h"}},
        "contracts": {"full": {"people": "1-1", "hours": "37-39"}},
    }
    with pytest.raises(InvalidInput, match="no roster of desk keeps these rules"):
        roster_of(tmp_path, read_requirements(file), rules)
