"""Rules that hold for every KPI family on any day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kpis import Family, Measures, define, index_of, kpi, kpis, measure, targets_of
from sim.kpis.accumulator import Accumulator
from sim.kpis.aggregate.aggregation import Aggregation
from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.dimensions import keys_of
from sim.kpis.registry import families
from sim.kpis.timeline.time_slice import TimeSlice
from tests.support.kpi_days import make_log, make_plan, make_population, random_day

PLAN = make_plan()
COUNTS = ("offered", "answered", "handled", "abandoned", "short_abandoned", "closed", "inside", "journeys")
DAYS = st.tuples(st.integers(0, 2**32), st.integers(0, 40))


def test_names_are_unique_and_definitions_are_sentences() -> None:
    names = [kpi.name for kpi in kpis()]
    assert len(names) == len(set(names)) > 40
    assert [kpi.name for kpi in kpis() if not kpi.definition.rstrip().endswith(".")] == []


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_a_family_yields_exactly_its_kpis_by_exactly_their_dimensions(family: Family) -> None:
    tables, others, mine = Aggregation(PLAN), Accumulator(PLAN), Accumulator(PLAN)
    tables.add(make_population(), make_log())
    completed = CompletedCustomers(PLAN, tables)
    time_slice = TimeSlice(PLAN, make_population(), make_log(), -np.inf, np.inf)
    for other in families():
        others.add(other.measure(completed))
        others.add(other.watch(time_slice))
    mine.add(family.measure(completed))
    mine.add(family.watch(time_slice))
    mine.add(family.derive(PLAN, others))
    assert mine.measured == {(kpi.name, by) for kpi in family.kpis for by in kpi.dimensions if keys_of(PLAN, by)}
    for name, by in mine.measured:
        values = mine[name, by]
        assert values.num.shape == values.denominators.shape == (len(keys_of(PLAN, by)),), values


def test_a_kpi_that_nobody_measured_is_missed() -> None:
    accumulator = Accumulator(PLAN)
    with pytest.raises(KeyError, match="offered"):
        accumulator["offered", "all"]
    with pytest.raises(AssertionError, match="nobody measured"):
        accumulator.finish()


def test_the_index_is_fixed_by_the_plan_alone() -> None:
    index = index_of(PLAN)
    assert len(set(index)) == len(index)
    for seed in range(3):
        measures = measure(PLAN, *random_day(seed, 20))
        assert measures.index == index
        assert len(measures.num) == len(measures.den) == len(index)


def test_a_day_on_which_nobody_comes() -> None:
    measures = measure(PLAN, make_population((), (), ()), make_log(()))
    assert measures.value_of("offered") == 0
    assert np.isnan(measures.value_of("service_level"))
    assert measures.value_of("staff", "group", "desk") == pytest.approx(4 / 3)
    assert measures.value_of("occupancy") == 0
    assert np.isnan(measures.value_of("mood"))


def _by(measures: Measures, name: str, by: str) -> np.ndarray:
    return np.array([v for row, v in zip(measures.index, measures.num, strict=True) if row[:2] == (name, by)])


@settings(max_examples=60, deadline=None)
@given(DAYS)
def test_nobody_is_lost(day: tuple[int, int]) -> None:
    measures = measure(PLAN, *random_day(*day))
    handled, abandoned, closed, inside = (
        np.array(
            [
                v
                for row, v in zip(measures.index, measures.num, strict=True)
                if row.kpi == name and "group" not in row.by
            ]
        )
        for name in ("handled", "abandoned", "cleared", "inside")
    )
    offered = np.array([v for row, v in zip(measures.index, measures.num, strict=True) if row.kpi == "offered"])
    assert np.array_equal(offered, handled + abandoned + closed + inside)
    shares = [measures.value_of(name) for name in ("resolved", "unresolved", "gave_up", "unfinished")]
    assert day[1] == 0 or sum(shares) == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(DAYS)
def test_each_dimension_is_a_partition(day: tuple[int, int]) -> None:
    measures = measure(PLAN, *random_day(*day))
    for name in COUNTS:
        for by in (by for by in kpi(name).dimensions if keys_of(PLAN, by)):
            whole, parts = measures.value_of(name), _by(measures, name, by).sum()
            assert parts == whole, (name, by)
        if "queue_interval" in kpi(name).dimensions:
            by_queue = _by(measures, name, "queue_interval").reshape(3, 3).sum(axis=0)
            assert np.array_equal(by_queue, _by(measures, name, "interval"))


@settings(max_examples=60, deadline=None)
@given(DAYS)
def test_values_lie_where_they_can(day: tuple[int, int]) -> None:
    measures = measure(PLAN, *random_day(*day))
    units = {kpi.name: kpi.unit for kpi in kpis()}
    moods = np.array([units[row.kpi] == "mood" for row in measures.index])
    assert np.all(measures.num[~moods] >= 0)
    assert np.all(np.abs(measures.value[moods & (measures.den > 0)]) <= 1 + 1e-12)
    assert np.all(measures.den >= 0)
    for row, value in zip(measures.index, measures.value, strict=True):
        if units[row.kpi] == "share" and row.kpi != "slot_occupancy" and not np.isnan(value):
            assert 0 <= value <= 1, row
    for key in PLAN.queues:
        levels = [measures.value_of(f"service_level{s}", "queue", key) for s in ("_of_offered", "", "_with_abandoned")]
        if not np.isnan(levels).any():
            assert levels == sorted(levels)


def test_only_the_service_level_of_a_queue_has_a_target() -> None:
    wanted = {row: t for row, t in zip(index_of(PLAN), targets_of(PLAN), strict=True) if not np.isnan(t)}
    assert {row.by for row in wanted} == {"queue", "queue_interval"}
    assert {t for row, t in wanted.items() if row.key == "chat"} == {0.8}


def test_a_definition_names_its_threshold() -> None:
    level = kpi("service_level")
    assert define(level).endswith("in time = within the queue's acceptable waiting time.")
    assert define(level, PLAN, "cards").endswith("in time = within 20 s.")
    assert define(level, PLAN).endswith("waiting time (cards 20 s, chat 10 s, mail 100 s).")


def test_an_unknown_kpi_is_told_with_its_neighbours() -> None:
    with pytest.raises(
        KeyError, match=r'\\"service_levl\\" is not a KPI; did you mean \\"service_level\\"|service_level'
    ):
        kpi("service_levl")
