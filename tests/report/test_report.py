"""The report page is self-contained, complete, and the same for the same data."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console

import sim.report
from sim.engine import make_plan as plan_of
from sim.engine.reference import run
from sim.experiment.estimate import Differences, Estimates, estimate
from sim.experiment.replicate import Replications
from sim.experiment.variants import Comparison, compare_variants
from sim.kpis import Row, index_of, kpis, measure, targets_of
from sim.population import draw_population
from sim.report import page
from sim.report.page import write_report
from sim.report.records import difference_records, records, write_json, write_parquet
from sim.report.terminal_tables import difference_table, summary_table
from sim.report.variants_page import write_variants_report
from sim.report.workbook import Column, Sheet
from sim.scenario import Scenario
from tests.support.kpi_days import MANIFEST, flows_of, make_log, make_plan, make_population, random_day
from tests.support.several_days import day_of_run, scenario_of
from tests.support.stacked_columns import columns_of, stack

PLAN = make_plan()
DAYS = [random_day(seed, 30) for seed in range(3)]
FLOWS = np.sum([flows_of(PLAN, *day) for day in DAYS], axis=0)


def _stacked(days: list[Any], plan: Any = PLAN) -> tuple[Any, ...]:
    return stack([measure(plan, *day) for day in days])


@pytest.fixture(scope="module")
def estimates() -> Estimates:
    return estimate(*_stacked(DAYS), targets_of(PLAN))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    plan = replace(PLAN, pay=PLAN.pay._replace(overtime=np.zeros(2)))  # random days are full of overtime
    plans = [plan, replace(plan, staff_count=plan.staff_count + 1)]
    simulated = [Replications(each, columns_of(*_stacked(DAYS, each)), flows=FLOWS, wanted=3) for each in plans]
    return compare_variants(["baseline", "variant"], simulated)


@pytest.fixture(scope="module")
def differences(comparison: Comparison) -> Differences:
    return comparison.differences[0]


def test_an_empty_cell_of_a_page_is_empty() -> None:
    columns = (Column("queue"), Column("days"), Column("on target", "share"))
    (cells,) = page.page_table(Sheet("Risk", columns, [["calls", None, None]]))["rows"]
    assert cells == ["calls", "", "-"]


def test_what_says_nothing_is_left_out(tmp_path: Path, estimates: Estimates) -> None:
    value = estimates.value.copy()
    for i, row in enumerate(estimates.index):
        if row.key == PLAN.queues[0] and row.kpi in {"offered", "backlog"}:
            value[i] = 0
        elif (row.kpi, row.by) == ("containment", "all"):
            value[i] = np.nan
    text = write_report(tmp_path, PLAN, MANIFEST, replace(estimates, value=value), FLOWS).read_text(encoding="utf-8")
    assert text.count("No contacts came to this queue") == 1
    assert text.count('aria-label="Queue ') == len(PLAN.queues) - 1
    assert "<small>Containment</small>" not in text
    assert "<small>Resolved</small>" in text


SORT = (Path(sim.report.__file__).parent / "sort.js").read_text(encoding="utf-8").strip()


class Page(HTMLParser):
    """What a browser would ask for, what a screen reader would read, and the identifiers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.labels: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.scripts: list[str] = []
        self.in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attrs}
        self.asked += [names[name] for name in ("src", "href", "xlink:href", "data") if name in names]
        if tag == "svg":
            self.labels.append(names["aria-label"])
            assert names["role"] == "img"
        if "id" in names:
            self.ids.append(names["id"])
        self.in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self.in_script = self.in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self.in_script:
            self.scripts.append(data.strip())


def test_the_report_is_one_file_that_asks_for_nothing(tmp_path: Path, estimates: Estimates) -> None:
    text = write_report(tmp_path, PLAN, MANIFEST, estimates, FLOWS).read_text(encoding="utf-8")
    page = Page(text)
    assert [asked for asked in page.asked if not asked.startswith(("#", "data:"))] == []
    assert page.scripts == [SORT]
    assert set(re.findall(r"https?://[^\s\"<]+", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "@import" not in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "tables", "tables.xlsx"]


def test_figures_can_be_read_aloud_and_keep_to_their_own_identifiers(tmp_path: Path, estimates: Estimates) -> None:
    page = Page(write_report(tmp_path, PLAN, MANIFEST, estimates, FLOWS).read_text(encoding="utf-8"))
    assert len(page.labels) == 1 + 3 + 1 + 2  # demand, queues, occupancy, intents
    assert all(len(label) > 20 for label in page.labels)
    assert any(label.startswith("Journeys of loan: begin to mail 100%") for label in page.labels)
    assert len(page.ids) == len(set(page.ids)) > 50
    asked = {asked.removeprefix("#") for asked in page.asked if asked.startswith("#")}
    assert asked <= set(page.ids)


def test_the_report_says_what_was_measured(tmp_path: Path, estimates: Estimates) -> None:
    text = write_report(tmp_path, PLAN, MANIFEST, estimates, FLOWS).read_text(encoding="utf-8")
    assert "small &lt;b&gt;day&lt;/b&gt;" in text
    assert "sojourn run &#39;a day.yaml&#39;" in text
    assert all(entry.title in text for entry in kpis())
    level = estimates.at("service_level", "queue", "cards")
    assert f"<b>{100 * estimates.value[level]:.1f} %</b>" in text
    assert re.search(r"<td>cards</td><td>60.0 %</td>(<td>[^<]+</td>){9}", text)
    assert "One replication only" not in text


@pytest.mark.slow
def test_the_same_data_gives_the_same_bytes(tmp_path: Path, estimates: Estimates) -> None:
    first = write_report(tmp_path, PLAN, MANIFEST, estimates, FLOWS).read_bytes()
    assert write_report(tmp_path, PLAN, MANIFEST, estimates, FLOWS).read_bytes() == first


@pytest.mark.slow
def test_one_replication_and_an_empty_day_can_be_reported(tmp_path: Path) -> None:
    manifest = {**MANIFEST, "replications": 1}
    estimates = estimate(*_stacked([(make_population(), make_log())]))
    assert "One replication only" in write_report(
        tmp_path, PLAN, manifest, estimates, flows_of(PLAN, make_population(), make_log())
    ).read_text(encoding="utf-8")
    empty = estimate(*_stacked([(make_population((), (), ()), make_log(()))]))
    assert write_report(
        tmp_path, PLAN, manifest, empty, flows_of(PLAN, make_population((), (), ()), make_log(()))
    ).exists()


def test_the_whatif_report_marks_what_is_significant(tmp_path: Path, comparison: Comparison) -> None:
    changes = [["scenario.yaml"], ["agents.desk.staff=+1"]]
    judged = Row("service_level", "all", "", None)
    text = write_variants_report(tmp_path, PLAN, MANIFEST, comparison, judged, changes).read_text(encoding="utf-8")
    page = Page(text)
    forest = next(label for label in page.labels if label.startswith("Differences in per cent of the baseline"))
    assert "Staffed hours" in forest
    assert "Journeys" not in forest
    assert len(page.ids) == len(set(page.ids))
    assert "<code>agents.desk.staff=+1</code>" in text
    assert re.search(r'class="sure"><td>Cost</td>.*class="bad">\+', text)


def _printed(renderable: Any) -> str:
    stream = io.StringIO()
    Console(width=160, file=stream).print(renderable)
    return stream.getvalue()


def test_tables_for_the_terminal(estimates: Estimates, differences: Differences) -> None:
    summary = _printed(summary_table(estimates))
    assert "3 replications, 95% confidence intervals" in summary
    assert re.search(r"Journeys +30 +30 +30", summary)
    assert re.search(r"Service level, cards", summary)
    single = _printed(summary_table(estimate(*_stacked(DAYS[:1]))))
    assert "1 replication, no intervals" in single
    difference = _printed(difference_table(differences))
    assert re.search(r"Cost .*\+.*\*", difference)
    assert re.search(r"Journeys +30 +30 +0 +0 +0 *\n", difference)


def test_files_hold_every_row_and_agree(tmp_path: Path, estimates: Estimates, differences: Differences) -> None:
    for rows in (records(PLAN, estimates), difference_records(PLAN, differences)):
        write_json(tmp_path / "kpis.json", rows)
        write_parquet(tmp_path / "kpis.parquet", rows)
        read = json.loads((tmp_path / "kpis.json").read_text(encoding="utf-8"))
        assert read == rows == pq.read_table(tmp_path / "kpis.parquet").to_pylist()
        assert [(row["kpi"], row["by"], row["key"], row["interval"]) for row in read] == [
            row[:4] for row in index_of(PLAN)
        ]
        assert "day" not in read[0]
    write_json(tmp_path / "none.json", [])
    assert json.loads((tmp_path / "none.json").read_text(encoding="utf-8")) == []


def test_files_of_several_days_have_days_and_weekdays(tmp_path: Path) -> None:
    plan = plan_of(scenario_of((1, 2)))
    rows = records(plan, estimate(*stack([measure(plan, *day_of_run(plan))]), targets_of(plan)))
    write_json(tmp_path / "kpis.json", rows)
    write_parquet(tmp_path / "kpis.parquet", rows)
    read = json.loads((tmp_path / "kpis.json").read_text(encoding="utf-8"))
    assert read == rows == pq.read_table(tmp_path / "kpis.parquet").to_pylist()
    offered = [row for row in read if (row["kpi"], row["key"]) == ("offered", "calls") and "day" in row["by"]]
    assert [(row["by"], row["day"], row["weekday"], row["value"]) for row in offered] == [
        ("queue_day", 1, None, 1),
        ("queue_day", 2, None, 2),
        ("queue_weekday", None, "Monday", 1),
        ("queue_weekday", None, "Tuesday", 2),
    ]


def test_records_carry_what_the_numbers_mean(estimates: Estimates) -> None:
    rows = {(row["kpi"], row["by"], row["key"], row["interval"]): row for row in records(PLAN, estimates)}
    level = rows["service_level", "queue", "cards", None]
    assert level["unit"] == "share"
    assert level["definition"].endswith("within 20 s.")
    assert level["target"] == 0.6
    assert level["low"] < level["value"] < level["high"]
    assert rows["backlog", "queue", "cards", None]["value"] is None


def test_flows_are_counted() -> None:
    flows = flows_of(PLAN, make_population(), make_log())
    web, voice, chat, _, mail = range(5)
    resolved, unresolved, gave_up, inside = range(5, 9)
    assert flows[0].tolist() == [3, 6, 1, 0, 2, 0, 0, 0, 0]  # where the twelve journeys begin
    assert flows[1 + web, [voice, resolved]].tolist() == [2, 1]
    assert flows[1 + voice, [voice, chat]].tolist() == [1, 1]
    assert flows[1 + voice, [resolved, unresolved, gave_up, inside]].tolist() == [3, 1, 2, 1]
    assert flows[1 + mail, [resolved, inside]].tolist() == [1, 1]
    assert flows[1:, resolved:].sum() == flows[0].sum() == 12


def _everything() -> tuple[Any, Any, Any]:
    """Return the plan, estimates and flows of a day with callbacks, lines, lost contacts and a next journey."""
    call = {"channel": "voice", "queue": "calls", "talk": "5 min", "patience": "1 min", "next": "resolved"}
    steps = {"call": call | {"if_abandoned": "cancel.leave", "if_blocked": "unresolved"}}
    leave = {"leave": {"channel": "web", "time": "30 s", "next": "resolved"}}
    plan = plan_of(Scenario.model_validate({
        "name": "everything",
        "run": {"hours": "08:00-24:00", "interval": "2 h", "drain": "1 h", "warm_up": "2 h"},
        "queues": {"calls": {"callback": {"wait": "1 min", "accept": 0.5}}},
        "lines": {"trunk": {"channels": ["voice"], "capacity": 3}},
        "agents": {"desk": {"serves": ["calls"], "staff": 1}},
        "intents": {
            "support": {"demand": 40, "start": "call", "steps": steps},
            "cancel": {"demand": 0, "start": "leave", "steps": leave},
        },
    }))  # fmt: skip
    population = draw_population(plan.demand(), 1, 0)
    log = run(plan, population)
    return plan, estimate(*_stacked([(population, log)], plan)), flows_of(plan, population, log)


def test_the_report_shows_where_customers_are_lost_and_go(tmp_path: Path) -> None:
    plan, estimates, flows = _everything()
    text = write_report(tmp_path, plan, MANIFEST, estimates, flows).read_text(encoding="utf-8")
    assert "1 simulated day, 08:00 to 24:00" in text
    assert "day 2" not in text
    page = Page(text)
    assert any("call to next: cancel" in label for label in page.labels)
    blocked = estimates.value[estimates.at("visits_blocked", "step", "support.call")]
    assert f"blocked {100 * blocked:.1f} %" in text
    for title in ("Contact outcomes", "Callbacks", "Lines", "Lifetimes", "Steps", "Transfers and repeats"):
        assert f"<h3>{title}</h3>" in text
    assert re.search(r"<td>trunk</td><td>[0-9.]+</td><td>3</td>", text)


def test_the_report_leaves_out_what_there_is_not(tmp_path: Path, estimates: Estimates) -> None:
    text = write_report(tmp_path, PLAN, MANIFEST, estimates, FLOWS).read_text(encoding="utf-8")
    for title in ("Callbacks", "Lines", "Lifetimes"):
        assert f"<h3>{title}</h3>" not in text


def test_the_terminal_says_what_was_lost() -> None:
    plan, estimates, _ = _everything()
    assert re.search(r"Blocked +Balked", _printed(summary_table(estimates)))
    assert plan.queues == ("calls",)
