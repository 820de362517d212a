"""Titles stand in reports, tables and the terminal in the place of names; files and KPIs keep the names."""

from __future__ import annotations

from pathlib import Path

import pytest

import sojourn
from sim.report.terminal_tables import summary_table
from sim.report.titles import with_titles
from sim.scenario import scenario_hash
from tests.support.command_line import sojourn as command
from tests.support.minimal_scenario import MINIMAL, changed

TITLED = changed(
    ("  desk: {serves", "  desk: {title: Front Desk, serves"),
    ("  question:\n", "  question:\n    title: Lost Card & PIN\n"),
    ("        channel: voice\n", "        title: First call\n        channel: voice\n"),
    (
        "agents:\n",
        "queues: {calls: {title: Calls in English}}\nsegments: {all: {share: 1, title: Everybody}}\nagents:\n",
    ),
)


def written(folder: Path, text: str) -> Path:
    file = folder / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_tables_and_reports_show_titles_and_files_keep_names(tmp_path: Path) -> None:
    result = sojourn.run(written(tmp_path, TITLED), replications=2, processes=1, out=tmp_path / "run")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    for title in ("Calls in English", "Front Desk", "Lost Card &amp; PIN", "Everybody"):
        assert title in page, title
    assert "<td>calls</td>" not in page
    assert {row["key"] for row in result.as_dict()["kpis"] if row["by"] == "queue"} == {"calls"}
    plan, estimates, _ = with_titles(result.plan, result.estimates)
    assert plan.steps == ("Lost Card & PIN.First call",)
    assert estimates.value_of("asa", "queue", "Calls in English") == result.estimates.value_of("asa", "queue", "calls")
    assert estimates.value_of("occupancy", "group_interval", "Front Desk", 1) == result.estimates.value_of(
        "occupancy", "group_interval", "desk", 1
    )


@pytest.mark.command
def test_the_terminal_shows_titles(tmp_path: Path) -> None:
    written(tmp_path, TITLED)
    done = command("run", "scenario.yaml", "--no-report", "-n", "2", "-p", "1", "--out", "run", cwd=tmp_path)
    assert "ASA, Calls in English" in done.out
    assert "Front Desk" in done.out
    shown = command(
        "compare", "scenario.yaml", "--variant", "agents.desk.staff=+1", "--kpi", "calls.asa", "-n", "2", "-p", "1",
        "--out", "comparison", cwd=tmp_path,
    )  # fmt: skip
    assert (shown.code, "Calls in English" in shown.out) == (0, True)
    assert "Calls in English" in (tmp_path / "comparison" / "report.html").read_text(encoding="utf-8")
    swept = command(
        "sweep", "scenario.yaml", "--vary", "agents.desk.staff=1..2", "--kpi", "calls.service_level", "-n", "2",
        "-p", "1", "--out", "sweep", cwd=tmp_path,
    )  # fmt: skip
    assert swept.code == 0, swept.err
    table, verdict = swept.out.split("reach", 1)
    assert "Service level, Calls in English" in table
    assert "Service level, Calls in English" in verdict
    assert "Service level, calls" not in swept.out


def test_results_do_not_depend_on_titles(tmp_path: Path) -> None:
    plain = changed(("agents:\n", "queues: {calls: {}}\nsegments: {all: {share: 1}}\nagents:\n"))
    hashes = [scenario_hash(sojourn.read_scenario(written(tmp_path, text))) for text in (TITLED, plain)]
    assert hashes[0] == hashes[1]
    plan = sojourn.make_plan(sojourn.read_scenario(written(tmp_path, TITLED)))
    assert (plan.queues, plan.groups, plan.intents) == (("calls",), ("desk",), ("question",))


def test_without_titles_nothing_is_copied(tmp_path: Path) -> None:
    plan = sojourn.make_plan(sojourn.read_scenario(written(tmp_path, MINIMAL)))
    estimates = sojourn.replicate(plan, seed=1, replications=2).estimates
    assert with_titles(plan, estimates) == (plan, estimates, None)
    assert summary_table(estimates)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("late: {serves: [calls], staff: 1, title: Desk}", '"Desk" is what "desk" is called too'),
        ("Desk: {serves: [calls], staff: 1}", "is not a name"),
        ("late: {serves: [calls], staff: 1, title: ' Desk'}", "title"),
    ],
)
def test_titles_are_clear(tmp_path: Path, change: str, sentence: str) -> None:
    text = changed(("staff: 2}", f"staff: 2, title: Desk}}\n  {change}"))
    with pytest.raises(sojourn.InvalidInput, match=sentence):
        sojourn.read_scenario(written(tmp_path, text))
