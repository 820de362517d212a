"""KPIs measured block by block equal those of the whole log, wherever it is cut."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine import make_plan as plan_of_scenario
from sim.engine import single_block
from sim.engine.reference import run
from sim.kpis import Measures, kpis, measure, measure_blocks
from sim.kpis.registry import further_families
from sim.population import draw_population
from sim.scenario import Scenario
from tests.support.kpi_days import make_log, make_plan, make_population
from tests.support.log_blocks import cut
from tests.support.short_days import resting, short_days

FURTHER = [family.name for family in further_families()]


def assert_same(blocks: Measures, whole: Measures) -> None:
    assert blocks.index == whole.index
    for what in ("num", "den"):
        mine, wanted = getattr(blocks, what), getattr(whole, what)
        off = np.flatnonzero(~np.isclose(mine, wanted, rtol=1e-9, atol=1e-6, equal_nan=True))
        assert not len(off), [(what, whole.index[i], mine[i], wanted[i]) for i in off[:5]]


@pytest.mark.parametrize("at", [[], [100.0], [55.0], [35.5, 170.0], [0.0, 30.0, 100.0, 230.0, 300.0, 400.0]])
def test_a_small_day_wherever_it_is_cut(at: list[float]) -> None:
    plan, population, log = make_plan(), make_population(), make_log()
    assert_same(measure_blocks(plan, cut(plan, population, log, at))[0], measure(plan, population, log))


@settings(max_examples=60, deadline=None)
@given(short_days(), st.lists(st.integers(0, 140), max_size=6, unique=True), st.sampled_from([0.0, 25.0]))
def test_any_two_minutes_wherever_they_are_cut(scenario: Scenario, at: list[int], warm_up: float) -> None:
    run_of = scenario.run.model_copy(update={"warm_up": warm_up})
    plan = plan_of_scenario(resting(scenario).model_copy(update={"run": run_of, "kpi_families": FURTHER}))
    population = draw_population(plan.demand(), 1, 0)
    log = run(plan, population)
    assert_same(
        measure_blocks(plan, cut(plan, population, log, sorted(map(float, at))))[0], measure(plan, population, log)
    )


@settings(max_examples=60, deadline=None)
@given(short_days(), st.sampled_from([1, 2, 4, 8, 16]))
def test_any_two_minutes_however_little_room_there_is_at_first(scenario: Scenario, least: int) -> None:
    plan = plan_of_scenario(scenario)
    population = draw_population(plan.demand(), 1, 0)
    log = run(plan, population)
    measures, moves = measure_blocks(plan, [single_block(population, log)])
    with patch("sim.kpis.aggregate.tables.LEAST", least):
        pieces, moves_of_pieces = measure_blocks(plan, [single_block(population, log)])
    assert_same(pieces, measures)
    assert np.array_equal(moves_of_pieces, moves)


def test_every_kpi_is_among_them() -> None:
    plan = make_plan()
    measures, _ = measure_blocks(plan, cut(plan, make_population(), make_log(), [120.0]))
    measured = {row.kpi for row in measures.index}
    assert measured == {kpi.name for kpi in kpis() if not kpi.name.startswith(("lines_", "line_", "max_lines"))}
