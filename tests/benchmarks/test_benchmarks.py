"""The benchmark programs do the work that they claim; `make bench` measures how fast."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.bars import TEMPLATE, Bar, Series, report
from benchmarks.experiments import LAST_HOUR, MORE, measure_variance
from benchmarks.processes import _peak
from benchmarks.program_runs import ProgramRun, agree, agree_with_erlang_a
from benchmarks.speed import Sizes, check_logs, measure_speed

pytestmark = pytest.mark.slow


@pytest.mark.skipif(shutil.which("gcc") is None, reason="the C program wants gcc")
def test_every_program_does_its_work_and_each_bar_is_judged() -> None:
    series, bars = measure_speed(replace(Sizes.quick(), parallel=2), rounds=1, warm_up=0)
    assert {"C", "bare numba kernel", "naive SimPy", "Ciw", "Sojourn, compiled"} <= {
        result.program for result in series
    }
    assert all(value > 0 for result in series for value in result.values)
    assert all(len(bar.values) == 1 for bar in bars)
    assert "M/M/52+M" in report(series, bars)


def test_both_engines_give_the_same_log_on_each_model() -> None:
    check_logs()


def test_common_customers_cut_the_variance_of_differences() -> None:
    """Two to four times at one more agent all day, and far more at one in the last hour, of 200 days."""
    series, (bar,) = measure_variance(200)
    factors, most = (
        {(each.program, each.collects): each.values[0] for each in series if words in each.model}
        for words in ("other customers", "most that any")
    )
    assert bar.values == (factors[MORE, "service_level"],)
    assert most[MORE, "asa"] < 5, "no common random numbers reach the bar for the wait"
    assert min(factors.values()) > 2
    assert factors[LAST_HOUR, "service_level"] > 20


def done(p_wait: float, customers: int = 40_000) -> ProgramRun:
    spread = np.linspace(-0.01, 0.01, 40)
    return ProgramRun(customers, 1.0, {"P(wait)": p_wait + spread, "P(abandon)": 0.0452 + spread})


def test_a_program_that_is_wrong_fails() -> None:
    agree_with_erlang_a("right", done(0.3600), 40_000)
    with pytest.raises(AssertionError, match=r"wrong: P\(wait\) is 0\.37"):
        agree_with_erlang_a("wrong", done(0.3720), 40_000)
    with pytest.raises(AssertionError, match="lazy: 39000 came, not 40000"):
        agree_with_erlang_a("lazy", done(0.3600, customers=39_000), 40_000)
    with pytest.raises(AssertionError, match=r"P\(wait\): 0\.36000 in one, 0\.37200 in other"):
        agree("one", done(0.3600), "other", done(0.3720))


def test_the_median_meets_a_bar_or_not() -> None:
    assert Bar("speed", 6.0, "/s", (5.0, 6.0, 9.0)).met
    assert not Bar("speed", 6.0, "/s", (5.0, 5.5, 9.0)).met
    assert Bar("memory", 300.0, "MB", (299.0,), at_most=True).met
    assert not Bar("nothing", 300.0, "MB", (), at_most=True).met


def test_the_report_says_what_is_met() -> None:
    bars = [Bar("fast", 1.0, "x", (2.0,)), Bar("slow", 1.0, "x", (0.5,)), Bar("unknown", 1.0, "x", ())]
    page = report([Series("model", "program", "counters", (3e6, 1e6, 2e6))], bars)
    assert "| fast | >= 1 x | 2 | met |" in page
    assert "| slow | >= 1 x | 0.5 | **not met** |" in page
    assert "| unknown | >= 1 x | - | **not measured** |" in page
    assert "| program | counters | 2,000,000 (1,000,000 - 3,000,000) |" in page


def test_the_template_holds_no_figures_of_its_own() -> None:
    assert TEMPLATE.read_text(encoding="utf-8").split("## Measured")[1].strip() == "{measured}"


def test_peak_memory_is_of_a_fresh_process() -> None:
    ballast = np.ones(60_000_000)  # 480 MB here must not show there
    rows, peak = _peak("imports")
    assert rows == 0
    assert 20 < peak < 400 < ballast.nbytes / 1e6
