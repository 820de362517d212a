"""Risk in comparisons: days on target and the spread of the days, those that a run of each variant has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

import sojourn
from sim.engine import make_plan
from sim.experiment.probability import wilson
from sim.experiment.replicate import Replications, replicate
from sim.experiment.variants import Comparison, compare_variants
from sim.kpis import Row
from sim.kpis.selection import select_kpis
from sim.report.variant_risk import judged_days, variant_risk
from sim.scenario import read_scenario
from tests.support.command_line import sojourn as command

BANK = Path(__file__).parents[2] / "scenarios" / "retail_bank"
NAMES = ("as today", "more")
VOICE = Row("service_level", "queue", "voice", None)
ABANDONMENT = Row("abandonment", "all", "", None)
COLUMNS = ("p10", "p50", "p90", "target", "meets", "days", "effective_days", "value")


def compared(*overrides: str, kpis: tuple[str, ...] = ()) -> tuple[Comparison, list[Replications]]:
    plans = [
        select_kpis(make_plan(read_scenario(BANK, [*overrides, change])), kpis, [])
        for change in ("agents.phone.staff=+0", "agents.phone.staff=+1")
    ]
    simulated = [replicate(plan, seed=1, replications=6, processes=1) for plan in plans]
    return compare_variants(NAMES, simulated, [ABANDONMENT] if not kpis else []), simulated


@pytest.mark.parametrize("days", ["1", "3"])
def test_each_variant_has_the_days_that_its_run_has(days: str) -> None:
    comparison, simulated = compared(f"run.days={days}")
    for variant, each in enumerate(simulated):
        own = comparison.days[variant]
        rows = [row for row in own.index if row.by in {"all", "queue"}]
        assert {ABANDONMENT, VOICE} < set(rows)
        for name in COLUMNS:
            shown = [getattr(own, name)[own.at(*row[:3])] for row in rows]
            expected = [getattr(each.estimates, name)[each.estimates.at(*row[:3])] for row in rows]
            np.testing.assert_allclose(shown, expected, rtol=1e-12, err_msg=name)
    risk, spread = variant_risk(comparison, ABANDONMENT)
    assert [(line[0], line[1]) for line in risk.rows[:2]] == [("voice", "as today"), ("voice", "more")]
    estimates = simulated[1].estimates
    at = estimates.at("service_level", "queue", "voice")
    low, high = wilson(float(estimates.meets[at]), float(estimates.effective_days[at]))
    met = estimates.value[estimates.at("intervals_on_target", "queue", "voice")]
    expected = [0.8, estimates.meets[at], low, high, met, estimates.p10[at], estimates.p50[at], estimates.p90[at]]
    assert risk.rows[1][2:] == pytest.approx([*expected, 6 * int(days)])
    assert [column.title for column in spread.columns] == ["variant", "P10", "P50", "P90", "days"]
    at = estimates.at("abandonment")
    assert spread.rows[1] == ["more", estimates.p10[at], estimates.p50[at], estimates.p90[at], 6 * int(days)]


def test_a_comparison_by_a_queue_has_the_risk_of_this_queue() -> None:
    comparison, _ = compared()
    (sheet,) = variant_risk(comparison, VOICE)
    assert {line[0] for line in sheet.rows} == {"voice"}
    alone = judged_days(comparison, VOICE)
    assert alone is not None
    assert [line[1] for line in alone.rows] == [line[3] for line in sheet.rows]
    assert alone.title == "Service level, voice: days"


def test_intervals_that_nobody_asked_for_have_no_column() -> None:
    comparison, _ = compared(kpis=("service_level",))
    (risk,) = variant_risk(comparison, VOICE)
    days = judged_days(comparison, VOICE)
    assert days is not None
    for sheet, name in ((risk, "intervals on target"), (days, "intervals")):
        titles = [column.title for column in sheet.columns]
        assert name not in titles
        assert {len(row) for row in sheet.rows} == {len(titles)}


def test_without_service_levels_there_is_no_risk_to_show() -> None:
    comparison, _ = compared(kpis=("offered",))
    assert comparison.days == ()
    assert variant_risk(comparison, VOICE) == []
    assert judged_days(comparison, VOICE) is None


@pytest.mark.command
def test_the_page_the_workbook_and_the_terminal_show_it(tmp_path: Path) -> None:
    done = command(
        "compare", str(BANK), "--kpi", "voice.service_level", "--variant", "more: agents.phone.staff=+1", "-n", "6",
        "-p", "1", "--out", "out", cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "Service level, voice: days" in done.out
    assert "variant on target from to intervals P10 P50 P90 days" in " ".join(done.out.split())
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert page.index(">Risk</h2>") < page.index(">Key figures</h2>")
    sheet = CalamineWorkbook.from_path(tmp_path / "out" / "tables.xlsx").get_sheet_by_name("Risk").to_python()
    assert sheet[0][:4] == ["queue", "variant", "target", "days on target"]
    assert [row[:3] for row in sheet[1:]] == [["voice", "retail_bank", 0.8], ["voice", "more", 0.8]]
    run = sojourn.run(BANK, replications=6, processes=1, report=False, out=tmp_path / "run").estimates
    at = run.at("service_level", "queue", "voice")
    assert sheet[1][3] == pytest.approx(run.meets[at])
