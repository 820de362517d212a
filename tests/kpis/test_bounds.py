"""Bounds of KPIs are read in the KPI's own unit: shares, times, and numbers."""

from __future__ import annotations

import pytest

from sim.core.errors import InvalidInput
from sim.engine import make_plan
from sim.experiment.goals import read_goals
from sim.experiment.staffing import parse_targets
from sim.kpis import kpi
from sim.kpis.bounds import read_bound, span
from sim.scenario import Scenario
from tests.support.several_days import scenario_of

SCENARIO = Scenario.model_validate(scenario_of((5,)).model_dump())
PLAN = make_plan(SCENARIO)


@pytest.mark.parametrize(
    ("name", "text", "bound"),
    [
        ("service_level", "80 %", 0.8),
        ("service_level", " 28.95% ", 0.2895),
        ("service_level", "0.8", 0.8),
        ("service_level", "120 %", 1.2),
        ("asa", "20 s", 20.0),
        ("asa", "1 min 30 s", 90.0),
        ("asa", "20", 20.0),
        ("asa", "-1", -1.0),
        ("cost", "5e3", 5000.0),
        ("mood", "-0.5", -0.5),
    ],
)
def test_a_bound_is_read_in_the_unit_of_its_kpi(name: str, text: str, bound: float) -> None:
    assert read_bound(kpi(name), text) == bound


@pytest.mark.parametrize("name", ["service_level", "asa", "cost"])
@pytest.mark.parametrize("text", ["", "soon", "1_0", "inf", "nan", "1e400", "inf %", "nan %", "-3 s", "\u0663"])
def test_what_is_no_finite_number_of_the_unit_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"is no bound of {name}; write it as"):
        read_bound(kpi(name), text)


@pytest.mark.parametrize(
    ("name", "sign", "bound", "remedy"),
    [("asa", "<=", "80 %", 'write it as "20 s"'), ("service_level", ">=", "1 s", 'write it as "80 %" or 0.8')],
)
def test_sweeps_and_staffing_searches_refuse_percentages_of_times_and_durations_of_shares(
    name: str, sign: str, bound: str, remedy: str
) -> None:
    text = f"calls.{name} {sign} {bound}"
    for read in (
        lambda: read_goals(PLAN, SCENARIO, [text], "--kpi"),
        lambda: parse_targets(PLAN, [text], "interval"),
    ):
        with pytest.raises(InvalidInput) as refused:
            read()
        (problem,) = refused.value.problems
        assert problem.message == f'"{text}": "{bound}" is no bound of {name}; {remedy}'


def test_percentages_of_numbers_and_durations_of_hours_are_refused() -> None:
    for text in ("overtime_hours <= 2 h", "offered >= 80 %"):
        with pytest.raises(InvalidInput, match="write it as a number"):
            read_goals(PLAN, SCENARIO, [text], "--kpi")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("service_level", "from 0 to 1, so 80 % is 0.8"), ("asa", "never below 0"), ("mood", "from -1 to 1")],
)
def test_the_range_of_a_kpi_is_said_in_its_unit(name: str, sentence: str) -> None:
    assert span(kpi(name)) == sentence
