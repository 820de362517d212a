"""Verdict of a run whose queues have no targets, or whose service levels were not asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.experiment.estimate import Estimates, estimate
from sim.kpis import measure, targets_of
from sim.kpis.model import Index
from sim.report.risk import risk_sentences
from sim.report.run_verdict import run_sentences
from tests.support.kpi_days import make_plan, random_day
from tests.support.stacked_columns import stack

PLAN = make_plan()


@pytest.fixture(scope="module")
def estimates() -> Estimates:
    return estimate(*stack([measure(PLAN, *random_day(seed, 30)) for seed in range(10)]), targets_of(PLAN))


def only(estimates: Estimates, *wanted: tuple[str, str]) -> Estimates:
    """Return estimates of which some KPIs and dimensions were measured."""
    keep = [at for at, row in enumerate(estimates.index) if row[:2] in wanted]
    blocks = [block for block in estimates.index.blocks if block[:2] in wanted]  # type: ignore[attr-defined]
    columns = {
        name: column[keep]
        for name, column in vars(estimates).items()
        if isinstance(column, np.ndarray) and len(column) == len(estimates.index)
    }
    return replace(estimates, index=Index(blocks), **columns)


def with_value(estimates: Estimates, kpi: str, by: str, values: list[float]) -> Estimates:
    """Return estimates with other values in the rows of a KPI."""
    value = estimates.value.copy()
    first = estimates.at(kpi, by, interval=0) if by == "interval" else estimates.at(kpi, by)
    value[first : first + len(values)] = values
    return replace(estimates, value=value)


def test_a_run_with_targets_says_how_often_they_are_met(estimates: Estimates) -> None:
    assert run_sentences(PLAN, estimates, "day") == risk_sentences(PLAN, estimates) != []


def test_without_service_levels_the_verdict_says_what_a_day_is_like(estimates: Estimates) -> None:
    wanted = [("offered", "all"), ("abandonment", "all"), ("asa", "all"), ("offered", "interval")]
    changed = only(estimates, *wanted)
    for name, value in (("offered", 1650.0), ("abandonment", 0.031), ("asa", 25.0)):
        changed = with_value(changed, name, "all", [value])
    changed = with_value(changed, "offered", "interval", [400.0, 900.0, 350.0])
    first, second = run_sentences(PLAN, changed, "day")
    assert first == (
        "1,650 contacts on an average day: 3.1 % abandon, and those who are answered wait 25 s on average."
    )
    begin = PLAN.calendar.clock_label(PLAN.origin + PLAN.interval)
    assert second.endswith(f" begins at {begin}, with 900 of them.")


def test_without_the_intervals_only_the_day_is_told(estimates: Estimates) -> None:
    changed = only(estimates, ("offered", "all"), ("abandonment", "all"), ("asa", "all"))
    assert len(run_sentences(PLAN, changed, "day")) == 1


def test_a_run_of_another_kpi_says_that_one(estimates: Estimates) -> None:
    changed = only(estimates, ("journeys", "all"), ("resolved", "all"))
    row = changed.at("journeys")
    (sentence,) = run_sentences(PLAN, changed, "day")
    assert sentence.startswith(f"Journeys: {changed.value[row]:.1f}".rstrip("0").rstrip("."))
    assert "(95 % interval: " in sentence
    of_no_contacts = with_value(only(estimates, ("offered", "all"), ("journeys", "all")), "offered", "all", [0.0])
    assert len(run_sentences(PLAN, of_no_contacts, "day")) == 1


def test_what_was_measured_by_time_only_has_its_range(estimates: Estimates) -> None:
    changed = with_value(only(estimates, ("asa", "interval")), "asa", "interval", [30.0, 10.0, 80.0])
    assert run_sentences(PLAN, changed, "day") == ["ASA, by interval: from 10 s to 80 s."]
    undefined = with_value(changed, "asa", "interval", [np.nan] * PLAN.intervals)
    assert run_sentences(PLAN, undefined, "day") == ["ASA is undefined throughout."]
