"""Selection of KPIs and dimensions: what is measured alone has the same values, and nothing else is measured."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from sim.core.errors import InvalidInput
from sim.engine import Plan, make_plan
from sim.experiment.replicate import measure_once, replicate, simulate_once
from sim.kpis import Measures, index_of, measure
from sim.kpis.registry import available_kpis, families, further_families
from sim.kpis.selection import select_kpis
from sim.scenario import read_scenario
from tests.support.shipped_days import SCENARIOS

DAYS = pytest.mark.parametrize("days", [1, 9], ids="{0} days".format)


@cache
def planned(days: int) -> Plan:
    """Return a plan of a bank with a further family."""
    overrides = [f"run.days={days}", "demand.volume=*0.3", "kpi_families=[waiting]"]
    return make_plan(read_scenario(SCENARIOS / "retail_bank", overrides))


@cache
def measured(days: int) -> tuple[Measures, dict[object, int]]:
    """Return everything that is measured of a replication, and where each row is."""
    measures = measure(planned(days), *simulate_once(planned(days), 1, 0))
    return measures, {row: at for at, row in enumerate(measures.index)}


def assert_equal_rows(plan: Plan, days: int) -> None:
    whole, places = measured(days)
    part = measure(plan, *simulate_once(plan, 1, 0))
    assert part.index == index_of(plan)
    rows = [places[row] for row in part.index]
    assert np.array_equal(part.num, whole.num[rows])
    assert np.array_equal(part.den, whole.den[rows])


@DAYS
def test_each_kpi_alone_has_the_values_that_it_has_among_all(days: int) -> None:
    for kpi in available_kpis(planned(days)):
        try:
            plan = select_kpis(planned(days), [kpi.name])
        except InvalidInput:
            assert kpi.name.startswith(("lines_", "line_", "max_lines_"))  # of which the bank has none
            continue
        assert {row.kpi for row in index_of(plan)} == {kpi.name}
        assert_equal_rows(plan, days)


@DAYS
@pytest.mark.parametrize("by", ["all", "queue", "interval", "group_interval", "channel", "step"])
def test_each_dimension_alone_has_the_values_that_it_has_among_all(by: str, days: int) -> None:
    plan = select_kpis(planned(days), by=[by])
    assert by in {row.by for row in index_of(plan)}
    assert {row.by for row in index_of(plan)} <= {by, "day" if by == "all" else f"{by}_day"}
    assert_equal_rows(plan, days)


def test_some_kpis_by_some_dimensions() -> None:
    plan = select_kpis(planned(1), ["service_level,wait_p*"], ["all", "queue"])
    assert {row.kpi for row in index_of(plan)} == {"service_level", "wait_p50", "wait_p90", "wait_p95"}
    assert {row.by for row in index_of(plan)} == {"all", "queue"}
    assert_equal_rows(plan, 1)


def test_a_further_kpi_is_asked_for_by_its_name() -> None:
    plan = select_kpis(make_plan(read_scenario(SCENARIOS / "retail_bank")), ["offered_wait"], ["queue"])
    assert plan.kpi_families == ("waiting",)
    assert len(index_of(plan)) == len(plan.queues)
    assert measure_once(plan, 1, 0)[0].value_of("offered_wait", "queue", "voice") > 0


def test_without_names_everything_is_measured() -> None:
    assert select_kpis(planned(1)) is planned(1)


def test_everything_that_is_wrong_is_named_with_what_would_be_right() -> None:
    with pytest.raises(InvalidInput) as error:
        select_kpis(planned(1), ["servce_level", "voice.asa"], ["queu", "day"])
    text = str(error.value)
    assert '--kpis: "servce_level" is not a KPI; did you mean "service_level"' in text
    assert '--kpis: "voice.asa" is not a KPI; give asa alone, and the dimension of voice by --by' in text
    assert '--by: "queu" is not a dimension of this run; did you mean "queue"' in text
    assert '--by: "day" is not a dimension' in text


def test_kpis_that_lack_all_the_dimensions_are_refused_with_those_that_they_have() -> None:
    with pytest.raises(InvalidInput, match="--by: fte_net has no dimension queue; give one of all, group"):
        select_kpis(planned(1), ["fte_net"], ["queue"])
    with pytest.raises(InvalidInput, match="lines_used has nothing to measure in this scenario"):
        select_kpis(planned(1), ["lines_used"])


def test_days_on_target_are_undefined_where_days_were_not_asked_for() -> None:
    plan = select_kpis(planned(9), ["service_level"], ["channel"])
    estimates = replicate(plan, seed=1, replications=3, processes=1).estimates
    assert np.isfinite(estimates.value).any()
    assert np.isnan(estimates.p50).all()


def test_totals_of_several_days_keep_their_spread_over_the_days() -> None:
    whole = replicate(planned(9), seed=1, replications=2, processes=1).estimates
    part = replicate(select_kpis(planned(9), ["service_level"], ["queue"]), seed=1, replications=2, processes=1)
    assert part.estimates.row("service_level", "queue", "voice") == whole.row("service_level", "queue", "voice")


def test_a_family_that_derives_says_of_what() -> None:
    deriving = [family for family in (*families(), *further_families()) if family.derive is not families()[0].derive]
    assert {family.name for family in deriving} == {"cost", "feelings", "occupancy", "service_level", "waiting"}
    assert all(family.derived and family.reads for family in deriving)
