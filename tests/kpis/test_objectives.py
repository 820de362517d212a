"""Objectives that a run could always or never meet are refused before it."""

from __future__ import annotations

from typing import Any

import pytest

from sim.core.errors import InvalidInput
from sim.engine import make_plan
from sim.kpis.objectives import check_objectives
from sim.scenario import Scenario
from tests.support.several_days import scenario_of


def _problems(*bounds: dict[str, Any]) -> list[str]:
    objectives = {"simulation": [{"by": "queue", "key": "calls", **bound} for bound in bounds]}
    scenario = Scenario.model_validate({**scenario_of((5,)).model_dump(), "objectives": objectives})
    try:
        check_objectives(scenario, make_plan(scenario), "day.yaml")
    except InvalidInput as refused:
        return [
            f"{problem.path.removeprefix('objectives.simulation.')}: {problem.message}" for problem in refused.problems
        ]
    return []


def test_bounds_that_a_run_can_meet_and_miss_are_taken() -> None:
    shares = [{"kpi": "service_level", "at_least": 0.8}, {"kpi": "abandonment", "at_most": 0.05}]
    assert _problems(*shares, {"kpi": "abandonment", "at_most": 0}, {"kpi": "asa", "at_most": 500}) == []


def test_bounds_may_hold_in_each_interval_and_for_each_key() -> None:
    per_interval = {"by": "queue_interval", "kpi": "service_level", "at_least": 0.5}
    assert _problems(per_interval, {**per_interval, "key": ""}, {"kpi": "asa", "key": "", "at_most": 60}) == []
    assert _problems({**per_interval, "key": "cals"}) == [
        '0.key: "cals" is not a key of "queue_interval"; did you mean "calls" or "mails"?'
    ]


@pytest.mark.parametrize(
    ("kpi", "side", "bound", "sentence"),
    [
        ("service_level", "at_least", 80, "80 never holds: service_level is from 0 to 1, so 80 % is 0.8"),
        ("abandonment", "at_most", 5, "5 always holds: abandonment is from 0 to 1, so 80 % is 0.8"),
        ("abandonment", "at_most", 1, "1 always holds"),
        ("service_level", "at_least", 0, "0 always holds"),
        ("asa", "at_least", -1, "-1 always holds: asa is never below 0"),
        ("asa", "at_most", -1, "-1 never holds"),
    ],
)
def test_bounds_that_always_or_never_hold_are_refused(kpi: str, side: str, bound: float, sentence: str) -> None:
    (problem,) = _problems({"kpi": kpi, side: bound})
    assert problem.startswith(f"0.{side}: {sentence}")
