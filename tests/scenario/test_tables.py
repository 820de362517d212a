"""Forecasts and staffing in CSV files beside the scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.core.errors import InvalidInput
from sim.scenario import read_scenario
from sim.scenario.interval_tables import read_table
from tests.support.minimal_scenario import Refused, changed

NO_ROW = 'has no row below its header; it needs a header such as "time,balance,loan" and a row per interval'
EMPTY = 'is empty; it needs a header such as "time,balance,loan" and a row per interval'
FRACTION = '1.5 is not a whole number of agents; "rounding: spread" keeps the fraction'
WANTED = "the run's hours and interval want 60 min from 08:00 to 10:00"
WRONG = {
    "empty": ("", EMPTY, 0),
    "only comments": ("# nothing\n\n", EMPTY, 0),
    "only a header": ("time,desk\n", NO_ROW, 0),
    "short row": ("time,desk\n08:00,1\n09:00\n", "has 1 cell where the header has 2", 3),
    "long row": ("time,desk\n08:00,1\n09:00,2,3\n", "has 3 cells where the header has 2", 3),
    "other separator": ("time;desk\n", NO_ROW, 0),
    "unknown separator": (
        "time|desk\n08:00|1\n",
        'has no column after "time|desk"; commas, semicolons or tabs separate the cells',
        1,
    ),
    "no column": ("time\n08:00\n", 'has no column after "time"; commas, semicolons or tabs separate the cells', 1),
    "decimal comma": (
        "time;desk\n08:00;2,5\n",
        'desk: "2,5" must be a number from 0; write a decimal point, and nothing between thousands',
        2,
    ),
    "a second time": (
        "time,until,desk\n08:00,08:30,1\n",
        'until: "08:30" must be a number from 0; write a duration in seconds: 510 (times of day come first)',
        2,
    ),
    "column twice": ("time,a,a\n08:00,1,1\n", "has the column a more than once", 1),
    "text": ("time,desk\n08:00,two\n", 'desk: "two" must be a number from 0', 2),
    "a duration": (
        "time,desk\n08:00,3 min\n",
        'desk: "3 min" must be a number from 0; write a duration in seconds: 180',
        2,
    ),
    "minutes and seconds": (
        "time,desk\n08:00,4:32\n",
        'desk: "4:32" must be a number from 0; write a duration in seconds: 272 (times of day come first)',
        2,
    ),
    "negative": ("time,desk\n08:00,-1\n", 'desk: "-1" must be a number from 0', 2),
    "nothing": ("time,desk\n08:00,\n", 'desk: "" must be a number from 0', 2),
    "not finite": ("time,desk\n08:00,nan\n", 'desk: "nan" must be a number from 0', 2),
    "no time": (
        "time,desk\nearly,1\n",
        'time: \'early\' is not a time of day; give one such as "07:30", up to "24:00"',
        2,
    ),
    "gap": (
        "time,d\n08:00,1\n08:30,1\n09:30,1\n",
        "09:30 follows 08:30; each row must be 30 min after the one before",
        4,
    ),
    "backwards": (
        "time,d\n08:00,1\n07:30,1\n",
        "07:30 follows 08:00; times must rise",
        3,
    ),
}


@pytest.mark.parametrize(("text", "sentence", "line"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_table(folder: Path, text: str, sentence: str, line: int) -> None:
    (folder / "staff.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_table(Path("staff.csv"))
    assert str(caught.value) == f"staff.csv{f':{line}' if line else ''}: {sentence}"


def test_a_table(folder: Path) -> None:
    text = '\ufeff# from the planner\n\ntime, day , night\n08:00, 1 ,2.5\n# lunch\n08:30,1e1,"0"\n'
    (folder / "staff.csv").write_text(text, encoding="utf-8")
    table = read_table(folder / "staff.csv")
    assert table.begins == (28_800.0, 30_600.0)
    assert table.columns == {"day": [1.0, 10.0], "night": [2.5, 0.0]}


def test_columns_go_to_their_owners(folder: Path) -> None:
    (folder / "staff.csv").write_text("time,desk\n08:00,1\n09:00,2\n", encoding="utf-8")
    (folder / "forecast.csv").write_text("time,question,other\n08:00,5.5,1\n09:00,7,1\n", encoding="utf-8")
    staff, forecast = ("staff: 2", "staff: staff.csv"), ("agents:", "demand: {forecast: forecast.csv}\nagents:")
    (folder / "bank.yaml").write_text(changed(staff, forecast, ("    demand: 10\n", "")), encoding="utf-8")
    scenario = read_scenario("bank.yaml")
    assert scenario.agents["desk"].staff == [1.0, 2.0]
    assert scenario.intents["question"].demand == [5.5, 7.0]


def test_a_column_of_another_name(folder: Path) -> None:
    (folder / "forecast.csv").write_text("time,calls\n08:00,5\n09:00,7\n", encoding="utf-8")
    text = changed(("demand: 10", "demand: {file: forecast.csv, column: calls}"))
    (folder / "bank.yaml").write_text(text, encoding="utf-8")
    assert read_scenario("bank.yaml").intents["question"].demand == [5.0, 7.0]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (None, "staff.csv: there is no such file"),
        ("time,dsk\n08:00,1\n09:00,2\n", 'staff.csv:1: has no column "desk"; did you mean "dsk"?'),
        (
            "time,desk\n07:00,1\n08:00,2\n",
            f"bank.yaml:4: agents.desk.staff: staff.csv has rows of 60 min from 07:00 to 09:00; {WANTED}",
        ),
        (
            "time,desk\n08:00,1\n08:30,2\n",
            f"bank.yaml:4: agents.desk.staff: staff.csv has rows of 30 min from 08:00 to 09:00; {WANTED}",
        ),
        (
            "time,desk\n08:00,1\n",
            "bank.yaml:4: agents.desk.staff: has 1 numbers; the run's hours have 2 intervals of 60 min",
        ),
        ("time,desk\n08:00,1\n09:00,1.5\n", f"bank.yaml:4: agents.desk.staff: {FRACTION}"),
    ],
    ids=["missing", "column", "hours", "interval", "length", "fraction"],
)
def test_a_table_that_does_not_fit(refused: Refused, folder: Path, table: str | None, sentence: str) -> None:
    if table is not None:
        (folder / "staff.csv").write_text(table, encoding="utf-8")
    assert refused(changed(("staff: 2", "staff: staff.csv"))) == [sentence]


def test_a_table_that_is_no_text(refused: Refused, folder: Path) -> None:
    (folder / "staff.csv").write_bytes(b"time,desk\n08:00,\xff\n")
    assert refused(changed(("staff: 2", "staff: staff.csv"))) == ["staff.csv: is not UTF-8 text: invalid start byte"]


def test_a_folder_in_the_place_of_a_table(refused: Refused, folder: Path) -> None:
    (folder / "staff.csv").mkdir()
    assert refused(changed(("staff: 2", "staff: staff.csv"))) == ["staff.csv: cannot be read: Is a directory"]


def test_what_is_wrong_in_every_line_is_said_five_times_and_counted(refused: Refused, folder: Path) -> None:
    rows = "".join(f"24.3.2025,{hour:02}:00,x\n" for hour in range(12))
    (folder / "staff.csv").write_text(f"date,time,desk\n{rows}", encoding="utf-8")
    problems = refused(changed(("staff: 2", "staff: staff.csv")))
    assert [problem for problem in problems if "desk" not in problem] == [
        *(f'staff.csv:{line}: date: "24.3.2025" names no day; write 2025-03-24' for line in range(2, 7)),
        "staff.csv:7: date: 7 more lines have such a problem, up to line 13",
    ]
    assert len(problems) == 12


def test_a_table_with_an_unknown_separator_has_one_problem(refused: Refused, folder: Path) -> None:
    (folder / "staff.csv").write_text("time|desk\n08:00|1\n09:00|2\n", encoding="utf-8")
    sentence = 'staff.csv:1: has no column after "time|desk"; commas, semicolons or tabs separate the cells'
    assert refused(changed(("staff: 2", "staff: staff.csv"))) == [sentence]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_separate_cells(folder: Path, separator: str) -> None:
    text = '# 1,5; a comment\ntime,desk,"a"\n08:00,1,2.5\n08:30,2,0\n'.replace(",", separator)
    (folder / "staff.csv").write_text(text, encoding="utf-8")
    assert read_table(folder / "staff.csv").columns == {"desk": [1.0, 2.0], "a": [2.5, 0.0]}


@pytest.mark.parametrize("header", ["Date,Interval", "date,time", "DATE,From"])
def test_a_second_column_of_times_after_the_dates_is_the_time_whatever_its_name(folder: Path, header: str) -> None:
    text = f"{header},desk\n2026-11-02,08:00:00,1\n2026-11-02,08:30,2\n"
    (folder / "staff.csv").write_text(text, encoding="utf-8")
    table = read_table(folder / "staff.csv")
    assert (table.begins, table.days) == ((28_800.0, 30_600.0), ("2026-11-02",) * 2)
    assert table.columns == {"desk": [1.0, 2.0]}


def test_a_table_that_an_override_replaces_may_be_wrong(folder: Path) -> None:
    (folder / "bad.csv").write_text("time,desk,question\n08:00,x,y\n", encoding="utf-8")
    (folder / "good.csv").write_text("time,desk,question\n08:00,1,3\n09:00,2,4\n", encoding="utf-8")
    staff, forecast = ("staff: 2", "staff: bad.csv"), ("agents:", "demand: {forecast: bad.csv}\nagents:")
    (folder / "bank.yaml").write_text(changed(staff, forecast, ("    demand: 10\n", "")), encoding="utf-8")
    scenario = read_scenario("bank.yaml", ["demand.forecast=good.csv", "agents.desk.staff=good.csv"])
    assert (scenario.agents["desk"].staff, scenario.intents["question"].demand) == ([1.0, 2.0], [3.0, 4.0])
    with pytest.raises(InvalidInput, match=r"bad\.csv:2: desk"):
        read_scenario("bank.yaml", ["demand.forecast=good.csv"])
