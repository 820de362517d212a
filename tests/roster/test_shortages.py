"""Times that cannot be covered are named with what would help, and the rest is as good as without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.report.roster_table import roster_sentences
from sim.roster import Cause
from tests.support.rosters import requirements_of, roster_of


def rules_with(**contract: Any) -> dict[str, Any]:
    return {
        "shifts": {"early": {"start": "08:00", "length": "2 h"}, "late": {"start": "10:00", "length": "2 h"}},
        "contracts": {"desk": {"cost": 10, **contract}},
        "prices": {"under": 50},
    }


def test_a_time_of_no_shift_is_named_and_the_others_are_covered(tmp_path: Path) -> None:
    requirements = requirements_of(tmp_path, {"desk": [1, 2, 2, 3, 3]}, start="07:00")
    roster = roster_of(tmp_path, requirements, rules_with())
    (group,) = roster.groups
    assert [(roster.requirements.label(each.slot), each.missing, each.cause) for each in group.shortages] == [
        ("07:00", 1, Cause.NO_SHIFT)
    ]
    assert group.costs.under == 50
    assert group.costs.paid == 2 * 20 + 3 * 20
    assert "07:00-08:00: 1 agent missing; no kind of shift is on duty then" in " ".join(roster_sentences(roster))


def test_people_who_are_too_few_are_the_cause(tmp_path: Path) -> None:
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": [2, 2, 1, 1]}), rules_with(people=2))
    assert [(each.missing, each.cause) for each in roster.groups[0].shortages] == [(1, Cause.PEOPLE)] * 2
    assert len(roster.duties) == 2


def test_a_time_that_is_not_worth_a_shift_has_its_price_as_the_cause(tmp_path: Path) -> None:
    rules = rules_with() | {"prices": {"under": 15}}
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": [1, 1, 0, 1]}), rules)
    assert [each.cause for each in roster.groups[0].shortages] == [Cause.PRICE]
    assert roster.cost == 20 + 15


def test_nobody_works_where_nobody_is_needed_unless_the_rules_force_it(tmp_path: Path) -> None:
    requirements = requirements_of(tmp_path, {"desk": [0, 0, 2, 2]})
    roster = roster_of(tmp_path, requirements, rules_with())
    assert {duty.begin for duty in roster.duties} == {10 * 3600}
    assert "nobody is needed" not in " ".join(roster_sentences(roster))
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": [0, 1, 2, 2]}), rules_with())
    assert "1 hours on duty fall where nobody is needed" in " ".join(roster_sentences(roster))


def test_where_nobody_is_needed_at_all_the_roster_is_empty(tmp_path: Path) -> None:
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": [0, 0, 0, 0]}), rules_with())
    assert not roster.duties
    assert roster.cost == roster.bound == 0
