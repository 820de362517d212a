"""The report of a run of several days."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from sim.engine import Plan, make_plan
from sim.experiment.estimate import Estimates, estimate
from sim.kpis import measure, targets_of
from sim.report.page import write_report
from tests.support.kpi_days import MANIFEST, flows_of
from tests.support.several_days import day_of_run, scenario_of
from tests.support.stacked_columns import stack


@cache
def simulated(calls: tuple[int, ...]) -> tuple[Plan, Estimates, np.ndarray]:
    plan = make_plan(scenario_of(calls))
    done = day_of_run(plan)
    return plan, estimate(*stack([measure(plan, *done)]), targets_of(plan)), flows_of(plan, *done)


def page_of(folder: Path, calls: tuple[int, ...]) -> str:
    plan, estimates, flows = simulated(calls)
    return write_report(folder, plan, MANIFEST, estimates, flows).read_text(encoding="utf-8")
