"""Headcounts: shrinkage in exact decimals, rounded half up or spread over the interval, in both engines."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.headcounts import on_duty, rounded
from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.kpis import measure
from sim.population import Population, draw_population
from sim.scenario import Scenario, read_scenario
from tests.support.stories import call

Run = Callable[[Plan, Population], Log]
ENGINES = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])
OPENS, HALF_HOUR = 8 * 3600, 1800


def plan_of(staff: Any, shrinkage: str = "0 %", **more: Any) -> Plan:
    """Return the plan of an hour from eight to nine, in half-hours."""
    return make_plan(
        Scenario.model_validate(
            {
                "name": "headcount",
                "run": {"hours": "08:00-09:00", "interval": "30 min", "drain": 0},
                "agents": {"desk": {"serves": ["calls"], "staff": staff, "shrinkage": shrinkage} | more},
                "intents": {"ask": {"demand": 1, "start": "call", "steps": {"call": call(talk="10 min")}}},
            }
        )
    )


def changes_of(plan: Plan) -> list[tuple[float, int]]:
    """Return minutes after eight, and headcounts."""
    return list(zip(((plan.staff_time - OPENS) / 60).tolist(), plan.staff_count.tolist(), strict=True))


@ENGINES
@pytest.mark.parametrize(
    ("staff", "shrinkage", "there"),
    [
        (5, "10 %", 5),  # 4.5
        (15, "10 %", 14),  # 13.5
        (10, "35 %", 7),  # 6.5, which is 6.5 - 1e-16 in binary fractions of 1 - 0.35
        (50, "43 %", 29),  # 28.5
        (1000, "28.95 %", 711),  # 710.5
        (20, "30 %", 14),
        (1, "50 %", 1),
        (1, "51 %", 0),
    ],
)
def test_shrinkage_is_exact_and_rounds_half_up(run: Run, staff: int, shrinkage: str, there: int) -> None:
    plan = plan_of(staff, shrinkage)
    population = draw_population(plan.demand(), 1, 0)
    log = run(plan, population)
    assert len(log.presence.came) == there
    assert measure(plan, population, log).value_of("staff") == there


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_rounding_agrees_with_whole_numbers(staff: int, hundredths: int) -> None:
    """Agents times hundredths of a per cent are whole numbers, of which halves are seen exactly."""
    present = staff * (10_000 - hundredths)
    assert on_duty(staff, hundredths / 10_000) == Decimal(present) / 10_000
    assert rounded(on_duty(staff, hundredths / 10_000)) == (present + 5_000) // 10_000


@pytest.mark.parametrize(
    ("staff", "shrinkage", "changes"),
    [
        (3.5, "0 %", [(0, 4), (15, 3), (30, 4), (45, 3), (60, 0)]),
        ([3.5, 3], "0 %", [(0, 4), (15, 3), (60, 0)]),
        ([4, 3.9], "0 %", [(0, 4), (57, 3), (60, 0)]),
        (0.1, "0 %", [(0, 1), (3, 0), (30, 1), (33, 0)]),
        (15, "10 %", [(0, 14), (15, 13), (30, 14), (45, 13), (60, 0)]),
        (20, "30 %", [(0, 14), (60, 0)]),
        (2.9999999999, "0 %", [(0, 3), (60, 0)]),  # less than a microsecond is missing
    ],
)
def test_a_fraction_is_spread_as_one_agent_for_a_part_of_the_interval(
    staff: Any, shrinkage: str, changes: list[tuple[float, int]]
) -> None:
    assert changes_of(plan_of(staff, shrinkage, rounding="spread")) == changes


@ENGINES
def test_half_an_agent_more_answers_half_of_the_time(run: Run) -> None:
    """Two calls of 10 min at 08:00 and two at 08:16; of 1.5 agents, the second leaves at 08:15."""
    plan = plan_of([1.5, 0], rounding="spread")
    arrivals = [OPENS, OPENS, OPENS + 16 * 60, OPENS + 16 * 60]
    nothing = np.zeros(4, np.int32)
    people = Population(1, 0, np.array(arrivals, float), nothing, nothing, nothing, np.arange(4, dtype=np.uint64))
    log = run(plan, people)
    assert (log.started - OPENS).tolist() == [0, 0, 960, 1560]
    assert measure(plan, people, log).value_of("staff", "group", "desk") == 0.75


@ENGINES
@given(staff=st.integers(0, 400).map(lambda tenths: tenths / 10), shrinkage=st.integers(0, 100))
def test_spread_staff_has_the_hours_that_were_planned(run: Run, staff: float, shrinkage: int) -> None:
    plan = plan_of(staff, f"{shrinkage} %", rounding="spread")
    population = draw_population(plan.demand(), 1, 0)
    present = float(on_duty(staff, shrinkage / 100))
    assert measure(plan, population, run(plan, population)).value_of("staff") == pytest.approx(present, abs=1e-9)


def test_a_table_may_have_fractions(tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text("time,desk\n08:00,3.5\n08:30,2\n", encoding="utf-8")
    (tmp_path / "scenario.yaml").write_text(
        """\
name: fractions
run: {hours: 08:00-09:00, interval: 30 min}
agents: {desk: {serves: [calls], staff: staff.csv, rounding: spread}}
intents:
  ask: {demand: 1, start: call, steps: {call: {channel: voice, queue: calls, talk: 60 s, next: resolved}}}
""",
        encoding="utf-8",
    )
    assert changes_of(make_plan(read_scenario(tmp_path)))[:3] == [(0, 4), (15, 3), (30, 2)]
