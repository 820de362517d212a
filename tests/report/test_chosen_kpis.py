"""Reports of runs of which only some KPIs were measured: they show what there is."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

import sojourn
from sim.report.terminal_tables import difference_table, summary_table
from tests.support.shipped_days import SCENARIOS

BANK = SCENARIOS / "retail_bank"


def text_of(table: object) -> str:
    console = Console(file=StringIO(), width=200)
    console.print(table)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kpis", "by", "headings", "tables"),
    [
        (["service_level,wait_p95"], ["all,queue"], ["Journeys", "Tables"], ["Totals", "By queue"]),
        (["wait_p95"], ["queue"], ["Journeys", "Tables"], ["By queue"]),
        (["mood"], ["step,segment"], ["Journeys", "Tables"], ["By segment"]),
        (["occupancy"], [], ["Occupancy", "Tables"], ["Totals", "By group"]),
        ([], ["queue"], ["Journeys", "Tables"], ["Service level and target", "Queues", "Contact outcomes"]),
    ],
)
def test_a_report_shows_what_was_asked_for(
    tmp_path: Path, kpis: list[str], by: list[str], headings: list[str], tables: list[str]
) -> None:
    result = sojourn.run(BANK, kpis=kpis, by=by, replications=2, processes=1, out=tmp_path / "run")
    page = (result.folder / "report.html").read_text("utf-8")
    known = {*headings, "Demand and staff"}
    assert [name for name in re.findall(r"<h2[^>]*>(.+?)</h2>", page) if name in known] == headings
    assert [name for name in re.findall(r"<h3[^>]*>(.+?)</h3>", page) if name in tables] == tables
    assert len(text_of(summary_table(result.estimates)).splitlines()) > 2
    assert result.manifest.get("by", []) == list(result.plan.only_dimensions)
    records = result.as_dict()["kpis"]
    assert len(records) == len(result.estimates.index)


def test_a_run_of_several_days_without_days(tmp_path: Path) -> None:
    result = sojourn.run(
        BANK, kpis=["asa"], by=["queue_interval"], overrides=["run.days=2"], replications=2, out=tmp_path / "run"
    )
    assert "By queue and interval" in (result.folder / "report.html").read_text("utf-8")
    assert text_of(summary_table(result.estimates))


def test_a_comparison_measures_the_judged_kpi_too(tmp_path: Path) -> None:
    result = sojourn.compare_scenarios(
        [BANK],
        changed=["agents.phone.staff=+1"],
        kpi="voice.asa",
        kpis=["abandonment"],
        by=["all"],
        replications=4,
        processes=1,
        out=tmp_path / "compare",
    )
    assert {row[:2] for row in result.comparison.index} == {
        ("abandonment", "all"), ("abandonment", "queue"), ("asa", "all"), ("asa", "queue"),
    }  # fmt: skip
    assert "ASA, voice" in (result.folder / "report.html").read_text("utf-8")


def test_a_what_if_shows_what_was_asked_for(tmp_path: Path) -> None:
    result = sojourn.whatif(
        BANK, ["agents.phone.staff=+1"], kpis=["wait_p95"], replications=4, processes=1, out=tmp_path / "whatif"
    )
    assert {row.kpi for row in result.differences.index} == {"wait_p95", "service_level"}
    assert "Wait, P95" in text_of(difference_table(result.differences))
