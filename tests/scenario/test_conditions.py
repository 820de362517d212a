"""Conditions: bounds as people write them, and as they are written out again."""

from __future__ import annotations

import json
from math import inf, nextafter
from pathlib import Path

import pytest

from sim.scenario import Scenario, read_scenario, scenario_hash
from sim.scenario.routes import Condition
from tests.support.minimal_scenario import MINIMAL, changed


@pytest.mark.parametrize(
    ("written", "bounds"),
    [
        ("> 2 min", (nextafter(120.0, inf), inf)),
        (">= 2", (2.0, inf)),
        ("< 1 h", (-inf, 3600.0)),
        ("<= 3", (-inf, nextafter(3.0, inf))),
        (2, (2.0, nextafter(2.0, inf))),
        ([">= 1 min", "< 5 min"], (60.0, 300.0)),
    ],
)
def test_a_range_is_open_where_nothing_is_said(written: object, bounds: tuple[float, float]) -> None:
    condition = Condition.model_validate({"waited": written})
    assert condition.waited == bounds
    assert Condition.model_validate(json.loads(condition.model_dump_json())) == condition


def test_a_scenario_with_a_condition_survives_a_round_trip_and_an_override(folder: Path) -> None:
    text = changed(("next: resolved", 'next: [{when: {waited: "> 10 s"}, to: gave_up}, {to: resolved}]'), text=MINIMAL)
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    scenario = read_scenario("desk.yaml")
    again = Scenario.model_validate(scenario.model_dump(mode="json"))
    assert again == scenario
    assert scenario_hash(again) == scenario_hash(scenario)
    assert read_scenario("desk.yaml", ["agents.desk.staff=3"]).intents == scenario.intents
