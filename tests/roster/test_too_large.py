"""Requirements and rules that would take hours or all memory are refused at once, with what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.core.errors import InvalidInput
from sim.roster import read_requirements
from tests.support.rosters import requirements_of, roster_of, rules_of

DAY = {"start": "08:00", "length": "8 h"}
WINDOWS = {"start": "00:00-23:59", "length": "1 h-24 h"}
BREAK = {"time": "1 min", "after": "0 h-12 h"}


@pytest.mark.parametrize(
    ("shift", "sentence"),
    [
        (WINDOWS | {"every": "1 s"}, "shifts.day: more than 200,000 starts with lengths are too many to try; give a"),
        (WINDOWS | {"every": "0.000001 s"}, "shifts.day: more than 200,000 starts"),
        (WINDOWS | {"every": "5 min", "off": [BREAK] * 12}, "shifts.day.off.0: more than 5,000,000 places"),
        (
            DAY | {"off": [{"time": "1 min", "after": "0 h-99999999999 h"}]},
            "shifts.day.off.0: more than 5,000,000 places",
        ),
        (DAY | {"off": [BREAK | {"every": 1e-300}]}, "shifts.day.off.0: more than 5,000,000 places"),
    ],
)
def test_shifts_are_counted_before_they_are_listed(shift: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    requirements = requirements_of(tmp_path, {"desk": [1] * 9})
    rules = {"shifts": {"day": shift}, "contracts": {"all": {}}}
    with pytest.raises(InvalidInput) as refused:
        roster_of(tmp_path, requirements, rules)
    (problem,) = refused.value.problems
    assert str(problem).startswith(f"rules.yaml: {sentence}")
    assert "`every`" in problem.message


def test_a_grid_of_seconds_over_months_and_one_of_many_groups_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "requirements.csv"
    many = [f"g{number}" for number in range(400)]
    tables = {
        "400 groups in 691,200 slots of 1 s": (
            many,
            ["2026-01-01,00:00:00", "2026-01-01,00:00:01", "2026-01-07,00:00:00"],
        ),
        "1 group in 5,270,400 slots of 1 s": (
            ["desk"],
            ["2026-01-01,00:00:00", "2026-01-01,00:00:01", "2026-03-01,00:00:00"],
        ),
    }
    for sentence, (groups, rows) in tables.items():
        lines = [f"date,time,{','.join(groups)}", *(f"{row}{',1' * len(groups)}" for row in rows)]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with pytest.raises(InvalidInput, match=f"{sentence} are too much for a roster; give longer intervals"):
            read_requirements(file)
    rows = [f"2026-{month}-01,{time},1" for month in ("01", "03") for time in ("08:00", "16:00")]
    file.write_text("\n".join(["date,time,desk", *rows]) + "\n", encoding="utf-8")
    rules = {"shifts": {"day": DAY | {"start": "08:00:01"}}, "contracts": {"all": {}}}
    with pytest.raises(InvalidInput, match="1 group in 5,270,400 slots of 1 s are too much for a roster"):
        roster_of(tmp_path, read_requirements(file), rules)


def test_people_beyond_the_shifts_cost_nothing(tmp_path: Path) -> None:
    requirements = requirements_of(tmp_path, {"desk": [3] * 8})
    rosters = [
        roster_of(tmp_path, requirements, {"shifts": {"day": DAY}, "contracts": {"all": {"people": people, "days": 5}}})
        for people in (3, 1_000_000_000)
    ]
    assert rosters[0].duties == rosters[1].duties
    assert len(rosters[0].duties) == 3


@pytest.mark.parametrize(
    ("contract", "needed", "sentence"),
    [
        ({}, 999_999_999, "would give 999,999,999 shifts, which is too much; require fewer agents"),
        (
            {"people": 2e9},
            999_999_999,
            "would give 999,999,999 shifts of 1 sorts to 999,999,999 people, which is too much",
        ),
        ({"people": "1000000000-2000000000"}, 1, "would give 1,000,000,000 shifts of 1 sorts to 1,000,000,000 people"),
    ],
)
def test_too_many_shifts_to_give_to_people_are_refused(
    contract: dict[str, Any], needed: float, sentence: str, tmp_path: Path
) -> None:
    requirements = requirements_of(tmp_path, {"desk": [needed] * 8})
    with pytest.raises(InvalidInput) as refused:
        roster_of(tmp_path, requirements, {"shifts": {"day": DAY}, "contracts": {"all": contract}})
    (problem,) = refused.value.problems
    assert str(problem).startswith(f"rules.yaml: contracts.all: {sentence}")


def test_costs_and_prices_that_no_sum_keeps_are_refused(tmp_path: Path) -> None:
    prices = dict.fromkeys(("under", "over", "different_shifts"), 1e308)
    rules = {"shifts": {"day": DAY}, "contracts": {"all": {"cost": 1e308}}, "prices": prices}
    with pytest.raises(InvalidInput) as refused:
        rules_of(tmp_path, rules)
    paths = {problem.path for problem in refused.value.problems}
    assert paths == {"contracts.all.cost", "prices.under", "prices.over", "prices.different_shifts"}
    assert all("less than or equal to 1000000000" in problem.message for problem in refused.value.problems)
