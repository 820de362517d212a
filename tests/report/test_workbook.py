"""Tables for spreadsheets: workbooks and CSV files, read again by another library."""

from __future__ import annotations

import csv
from datetime import date, time
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from sim.engine import make_plan
from sim.experiment.estimate import estimate
from sim.experiment.replicate import Replications
from sim.experiment.variants import compare_variants
from sim.kpis import measure, targets_of
from sim.report.records import write_csv
from sim.report.tables import comparison_sheets, run_sheets
from sim.report.workbook import Column, Sheet, safe_text, write_sheets, write_tables, write_workbook
from tests.support.kpi_days import make_plan as small_plan
from tests.support.kpi_days import random_day
from tests.support.several_days import CALLS, day_of_run, scenario_of
from tests.support.stacked_columns import columns_of, stack

if TYPE_CHECKING:
    from pathlib import Path

FORMULAS = ("=1+1", "+1 agent", "-10 %", "@SUM(A1)", "\tx", "\uff1d1+1", '=HYPERLINK("http://example.org")')
TABLE = Sheet(
    "Queues per interval",
    (Column("queue"), Column("date"), Column("from"), Column("ASA", "s"), Column("Service level", "share")),
    [["calls", date(2025, 3, 24), time(7, 30), 12.5, 0.8125], ["calls", date(2025, 3, 24), time(8), None, None]],
)


def sheet_of(path: Path, name: str) -> list[list[object]]:
    """Read a sheet of a workbook."""
    return [list(row) for row in CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python()]


def test_a_workbook_has_dates_times_and_numbers(tmp_path: Path) -> None:
    write_workbook(tmp_path / "tables.xlsx", [TABLE])
    read = sheet_of(tmp_path / "tables.xlsx", "Queues per interval")
    assert read == [
        ["queue", "date", "from", "ASA (s)", "Service level"],
        ["calls", date(2025, 3, 24), time(7, 30), 12.5, 0.8125],
        ["calls", date(2025, 3, 24), time(8), "", ""],
    ]
    formats = ZipFile(tmp_path / "tables.xlsx").read("xl/styles.xml").decode()
    for shown in ("0.0%", "yyyy-mm-dd", "hh:mm"):
        assert f'formatCode="{shown}"' in formats


def test_csv_files_have_clock_times_and_units(tmp_path: Path) -> None:
    write_sheets(tmp_path, [TABLE])
    assert (tmp_path / "queues-per-interval.csv").read_text("utf-8").splitlines() == [
        "queue,date,from,ASA (s),Service level (share)",
        "calls,2025-03-24,07:30,12.5,0.8125",
        "calls,2025-03-24,08:00,,",
    ]


@pytest.mark.parametrize("name", FORMULAS)
def test_no_name_becomes_a_formula(tmp_path: Path, name: str) -> None:
    table = Sheet(name, (Column(name), Column("difference")), [[name, -1.5]])
    write_tables(tmp_path, [table], (name,))
    with ZipFile(tmp_path / "tables.xlsx") as book:
        for part in book.namelist():
            assert b"<f>" not in book.read(part), part
        assert not any("hyperlinks" in part or "_rels/sheet2" in part for part in book.namelist())
    book = CalamineWorkbook.from_path(tmp_path / "tables.xlsx")
    assert book.get_sheet_by_index(1).to_python()[1] == [name, -1.5], "the name as it is"
    assert book.get_sheet_by_index(0).to_python(skip_empty_area=False)[0][0] == name
    (file,) = (tmp_path / "tables").iterdir()
    with file.open(encoding="utf-8", newline="") as lines:
        assert list(csv.reader(lines)) == [[f"'{name}", "difference"], [f"'{name}", "-1.5"]]
    write_csv(tmp_path / "differences.csv", [{"name": name, "difference": -1.5}])
    with (tmp_path / "differences.csv").open(encoding="utf-8", newline="") as lines:
        assert list(csv.reader(lines)) == [["name", "difference"], [f"'{name}", "-1.5"]]


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    plan = small_plan()
    estimates = estimate(*stack([measure(plan, *random_day(seed, 30)) for seed in range(2)]), targets_of(plan))
    books = []
    for name in ("one.xlsx", "two.xlsx"):
        write_workbook(tmp_path / name, run_sheets(plan, estimates), ("a day",))
        books.append((tmp_path / name).read_bytes())
    assert books[0] == books[1]


def test_names_of_sheets_are_valid_and_differ(tmp_path: Path) -> None:
    titles = ["a/b", "a:b", "A B", "x" * 40, "x" * 50, "History", "", "contents", "''"]
    write_workbook(tmp_path / "tables.xlsx", [Sheet(title, (Column("n"),), [[1]]) for title in titles])
    names = CalamineWorkbook.from_path(tmp_path / "tables.xlsx").sheet_names
    assert len({name.lower() for name in names}) == len(titles) + 1
    assert all(1 <= len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def test_a_run_of_dates_has_a_column_for_each_thing() -> None:
    plan = make_plan(scenario_of(CALLS[:2], start="2025-04-16"))
    estimates = estimate(*stack([measure(plan, *day_of_run(plan))]), targets_of(plan))
    tables = {sheet.title: sheet for sheet in run_sheets(plan, estimates)}
    table = tables["Queues per interval"]
    assert [column.title for column in table.columns[:5]] == ["queue", "date", "weekday", "from", "Offered"]
    assert table.rows[0][:4] == ["calls", date(2025, 4, 16), "Wednesday", time(9)]
    assert tables["Queues per day"].rows[1][:3] == ["calls", date(2025, 4, 17), "Thursday"]
    for sheet in tables.values():
        assert all(len(row) == len(sheet.columns) for row in sheet.rows), sheet.title
        assert sheet.rows, sheet.title


def test_an_hour_that_the_clock_shows_twice_is_told_apart() -> None:
    run = {"start": "2025-10-26", "time_zone": "Europe/Berlin", "hours": "00:00-06:00", "interval": "1 h"}
    plan = make_plan(scenario_of(CALLS[:1], **run))
    estimates = estimate(*stack([measure(plan, *day_of_run(plan))]), targets_of(plan))
    (table,) = (sheet for sheet in run_sheets(plan, estimates) if sheet.title == "Queues per interval")
    times = [row[3] for row in table.rows]
    assert times[1:5] == [time(1), "02:00+02:00", "02:00+01:00", time(3)]


def test_a_comparison_has_the_rows_of_all_variants(tmp_path: Path) -> None:
    plan = small_plan()
    columns = stack([measure(plan, *random_day(seed, 30)) for seed in range(2)])
    both = [Replications(plan, columns_of(*columns), flows=columns[1][:1], wanted=2) for _ in range(2)]
    comparison = compare_variants(["as it is", "=cmd"], both)
    judged = comparison.index[comparison.differences[0].at("service_level")]
    sheets = {sheet.title: sheet for sheet in comparison_sheets(plan, comparison, [judged])}
    assert [row[0] for row in sheets["Variants"].rows] == ["as it is", "=cmd"]
    assert sheets["Variants"].rows[1][2] == 0.0, "the same day has no difference"
    queues = sheets["Queues"]
    assert [row[:2] for row in queues.rows] == [[name, q] for name in comparison.names for q in plan.queues]
    write_tables(tmp_path, list(sheets.values()))
    assert len(sheet_of(tmp_path / "tables.xlsx", "Queues")) == 1 + 2 * len(plan.queues)


@pytest.mark.parametrize(("text", "cell"), [("+1", "+1"), ("-2.5", "-2.5"), ("+20 s", "'+20 s"), ("-1+1", "'-1+1")])
def test_a_signed_number_is_no_formula(text: str, cell: str) -> None:
    assert safe_text(text) == cell
