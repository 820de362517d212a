"""Page of a roster: verdict first, agents required and on duty, tables with clock times, and it fits narrow screens."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from python_calamine import CalamineWorkbook

from sim.report.roster_page import write_roster_report
from sim.report.roster_sheets import roster_sheets
from sim.roster import Roster, read_requirements
from tests.support.rosters import requirements_of, roster_of, week_table

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MANIFEST = {"kind": "roster", "requirements": "in/needs.csv", "rules": "in/rules.yaml", "gap": 0.0}
HOURLY = {
    "shifts": {"any": {"start": "08:00-12:00", "every": "1 h", "length": "2 h-4 h"}},
    "contracts": {"all": {"cost": 10}},
    "prices": {"under": 1000},
}


def night(folder: Path, **contract: Any) -> Roster:
    """Return the roster of a night of two groups, of which the second has nobody for its last hour."""
    rules = {
        "shifts": {"late": {"start": "22:00", "length": "3 h"}},
        "contracts": {"a": {"group": "sales", "cost": 20, **contract}, "b": {"group": "help", "people": 1}},
        "prices": {"under": 100, "over": 1},
    }
    needs = {"sales": [2, 2, 1], "help": [1, 2, 1]}
    return roster_of(folder, requirements_of(folder, needs, start="22:00"), rules)


def cells(roster: Roster, title: str) -> list[list[Any]]:
    return [list(row) for sheet in roster_sheets(roster) if sheet.title == title for row in sheet.rows]


def page_of(folder: Path, roster: Roster) -> str:
    return write_roster_report(folder, MANIFEST, roster).read_text("utf-8").replace("\N{NO-BREAK SPACE}", " ")


def test_the_verdict_says_who_works_and_what_is_missing_at_what_cost(tmp_path: Path) -> None:
    page = page_of(tmp_path, night(tmp_path))
    verdict = "3 people work 3 shifts; 1 of 6 intervals lacks agents, 1 agent-hour in all. Cost 224, "
    assert f'<p class="verdict"><b>{verdict}which is the least possible.</b></p>' in page
    assert page.index(verdict) < page.index("<nav") < page.index("<svg")
    assert "<li>23:00-24:00: 1 agent missing; more people" in page
    assert page.count("<svg") == 2
    assert "Glossary" not in page


def test_nothing_missing_is_said_first_too(tmp_path: Path) -> None:
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": [1, 1]}), HOURLY)
    assert "<b>1 person works 1 shift; all 2 intervals are covered. Cost 20, which is the least" in page_of(
        tmp_path, roster
    )


def test_a_roster_that_was_interrupted_or_breaks_rules_says_so_first(tmp_path: Path) -> None:
    roster = night(tmp_path)
    stopped = replace(roster, groups=tuple(replace(group, interrupted=True) for group in roster.groups))
    assert "<b>Interrupted; this is the best roster so far. 3 people" in page_of(tmp_path, stopped)
    broken = replace(roster, broken=("a <works> twice",))
    page = page_of(tmp_path, broken)
    assert "<b>Rules are broken, so do not use this roster. 3 people" in page
    assert "<li>a &lt;works&gt; twice</li>" in page


def test_a_pointer_finds_what_is_required_and_on_duty(tmp_path: Path) -> None:
    page = page_of(tmp_path, night(tmp_path))
    titles = re.findall(r"<title>([^<]*)</title>", page)[1:]  # the first is the page's
    assert titles == [
        "from 22:00\n2 required, 2 on duty",
        "from the day after 00:00\n1 required, 2 on duty, 1 surplus",
        "from 22:00\n1 required, 1 on duty",
        "from 23:00\n2 required, 1 on duty, 1 missing",
        "from the day after 00:00\n1 required, 1 on duty",
    ]
    hours = re.findall(r"<text[^>]*>(\d\d:\d\d)</text>", page)
    assert {"22:00", "00:00", "01:00"} <= set(hours)


def test_tables_have_numbers_and_times_of_day(tmp_path: Path) -> None:
    roster = night(tmp_path)
    late = [time(22), time(1), 3.0]
    assert cells(roster, "Groups") == [
        ["sales", 2, 2, 5.0, 6.0, 0.0, 1.0, 6.0, 0.75, 121.0, pytest.approx(121)],
        ["help", 1, 1, 4.0, 3.0, 1.0, 0.0, 3.0, 0.375, 103.0, pytest.approx(103)],
    ]
    assert cells(roster, "Shifts") == [["help", *late, 1], ["sales", *late, 2]]
    assert cells(roster, "Agents and days")[0] == ["sales a 1", 1, *late, ""]
    coverage = cells(roster, "Coverage")
    assert coverage[:3] == [
        ["sales", 1, time(22), 2.0, 2.0, 0.0, 0.0],
        ["sales", 1, time(23), 2.0, 2.0, 0.0, 0.0],
        ["sales", 2, time(0), 1.0, 2.0, 0.0, 1.0],
    ]
    page_of(tmp_path, roster)
    book = CalamineWorkbook.from_path(tmp_path / "tables.xlsx")
    assert book.get_sheet_by_name("Agents and days").to_python()[1][1:5] == [1, *late]
    assert (tmp_path / "tables" / "coverage.csv").is_file()


def test_a_week_has_a_column_for_each_day(tmp_path: Path) -> None:
    file = tmp_path / "needs.csv"
    file.write_text(week_table([[1, 1]] * 5), "utf-8")
    rules = {**HOURLY, "contracts": {"all": {"people": 1}}}
    roster = roster_of(tmp_path, read_requirements(file), rules)
    assert cells(roster, "Shifts") == [["desk", time(8), time(10), 2.0, 5, 1, 1, 1, 1, 1, None, None]]
    assert cells(roster, "Agents") == [["desk all 1", "all", 5, 10.0, *["08:00-10:00"] * 5, "", ""]]
    assert cells(roster, "Groups")[0][7:9] == [10.0, 0.25]  # of 40 hours
    page = page_of(tmp_path, roster)
    assert "A typical week, intervals of 60 min" in page
    assert [name in page for name in ("Mon", "Fri", "Sat")] == [True, True, False]  # days with agents


def test_of_a_long_roster_the_mean_of_each_day_is_drawn(tmp_path: Path) -> None:
    file = tmp_path / "needs.csv"
    dates = [date.fromordinal(date(2025, 3, 1).toordinal() + day) for day in range(30)]
    file.write_text("date,time,desk\n" + "".join(f"{on},{hour},2\n" for on in dates for hour in ("08:00", "09:00")))
    roster = roster_of(tmp_path, read_requirements(file), HOURLY)
    page = page_of(tmp_path, roster)
    assert "30 days, 2025-03-01 to 2025-03-30, intervals of 60 min" in page
    assert "Agents, mean of each day" in page
    assert cells(roster, "Hours per day")[1] == ["desk", date(2025, 3, 2), 2, 4.0, 4.0, 0.0, 0.0, 4.0]
    assert cells(roster, "Agents")[0] == ["desk all 1", "all", 30, 60.0]


@pytest.mark.parametrize("width", [1400, 794, 390])
def test_the_page_fits_the_screen(chromium: Browser, tmp_path: Path, width: int) -> None:
    write_roster_report(tmp_path, MANIFEST, night(tmp_path))
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(f"file://{tmp_path}/report.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    smallest = (
        "Math.min(...[...document.querySelectorAll('svg text')].map(text => text.getBoundingClientRect().height))"
    )
    assert page.evaluate(smallest) >= 9  # pixels
    page.close()
