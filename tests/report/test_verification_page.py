"""Page of a verified plan: verdict and weakest target first, service by interval, where it fails, and tables."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from sim.engine import make_plan
from sim.experiment.staffing import parse_targets
from sim.experiment.staffing.overload import Overload
from sim.experiment.staffing.verification import fresh_numbers, verify_plan
from sim.report.number_format import quantity
from sim.report.verification_page import write_verification_report
from sim.report.verification_sheets import verification_sheets
from tests.support.staffing_cases import centre

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from sim.engine import Plan
    from sim.experiment.staffing.verification import Verification

TARGETS = ("*.service_level >= 80 %", "calls.asa <= 30 s", "abandonment <= 5 % per run", "calls.abandonment <= 9 %")
MANIFEST = {"scenario": "centre", "seed": 1, "replications": 20, "confidence": None}
Verified = tuple["Plan", "Verification"]


def verified(agents: list[int], per: str = "interval", days: int = 1) -> Verified:
    """Return a desk with these agents on fresh days, in four half-hours of 20 calls of three minutes."""
    scenario, _ = centre({"desk": ["calls"]}, {"calls": [20.0] * 4}, days=days)
    desk = scenario.agents["desk"].model_copy(update={"staff": agents})
    plan = make_plan(scenario.model_copy(update={"agents": {"desk": desk}}))
    return plan, verify_plan(plan, parse_targets(plan, TARGETS, per), seed=3, numbers=fresh_numbers(20))


@pytest.fixture(scope="module")
def short() -> Verified:
    """Return a plan with too few agents in the third half-hour."""
    return verified([8, 8, 1, 8])


def page_of(folder: Path, case: Verified, *notes: str) -> str:
    path = write_verification_report(folder, case[0], MANIFEST, case[1], (), notes)
    return path.read_text("utf-8").replace("\N{NO-BREAK SPACE}", " ")


def test_the_verdict_says_where_and_how_likely_the_plan_fails(short: Verified, tmp_path: Path) -> None:
    page = page_of(tmp_path, short, "helpers keep their staff.")
    verdict = page.index('<p class="verdict"><b>The plan fails: ')
    weakest = page.index("Weakest: calls.service_level from 09:00 is ")
    assert "it fails in the long run with a probability of over 99 %, and on 100 % of the days.</b>" in page
    assert verdict < weakest < page.index("<li>helpers keep their staff.") < page.index("<nav") < page.index("<svg")
    assert page.count("<svg") == 2  # shares, seconds


def test_only_targets_that_may_fail_are_listed_the_weakest_first(short: Verified, tmp_path: Path) -> None:
    _, each = short
    table = page_of(tmp_path, short).partition("Where it fails</h2>")[2].partition("</table>")[0]
    unsure = (each.likely < 0.9) | (each.slack < 0)
    assert 0 < unsure.sum() < len(unsure)
    lines = re.findall("<tr>(.*?)</tr>", table)[1:]
    assert len(lines) == unsure.sum()
    worst = np.lexsort((each.requirements.first, each.days_held, each.likely))[0]
    assert ">09:00<" in lines[0]
    assert f">{quantity(each.value[worst], 'share')}<" in lines[0]
    assert "Each target holds in the long run with a probability of 90 % or more." in page_of(
        tmp_path, verified([20] * 4)
    )


def test_values_by_interval_are_those_of_targets_per_interval(short: Verified) -> None:
    _, each = short
    rows, first = each.requirements.target, each.requirements.first
    of_intervals = np.array([target.per == "interval" for target in each.requirements.targets])[rows]
    np.testing.assert_array_equal(each.interval_value[rows, first][of_intervals], each.value[of_intervals])
    np.testing.assert_array_equal(each.interval_error[rows, first][of_intervals], each.error[of_intervals])
    _, of_days = verified([8, 8, 1, 8], "day")
    np.testing.assert_array_equal(of_days.interval_value, each.interval_value)


def test_the_pointer_finds_values_of_targets_per_day(tmp_path: Path) -> None:
    case = verified([8, 8, 1, 8], "day")
    page = page_of(tmp_path, case)
    value = quantity(float(case[1].interval_value[0, 2]), "share")
    assert f"calls.service_level &gt;= 80 % per day\n09:00: {value} (" in page


def test_tables_have_one_unit_and_times_of_day(short: Verified, tmp_path: Path) -> None:
    plan, each = short
    sheets = verification_sheets(plan, each, (Overload(2, (0,), 2.0, 1.0),))
    assert [sheet.title for sheet in sheets] == [
        "Service level per interval by queue",
        "ASA per interval by queue",
        "Abandonment rate per run",
        "Abandonment rate per interval by queue",
        "Too few agents",
    ]
    assert [column.unit for column in sheets[1].columns] == ["", "", "s", "s", "s", "share", "share"]
    assert [row[:3] for row in sheets[1].rows] == [["calls", time(*at), 30.0] for at in ((8,), (8, 30), (9,), (9, 30))]
    assert sheets[4].rows == [[time(9), "calls", 2.0, 1.0]]
    page_of(tmp_path, short)
    book = CalamineWorkbook.from_path(tmp_path / "tables.xlsx")
    first = book.get_sheet_by_name("Service level per interval by q").to_python()[1]
    assert first[:4] == ["calls", time(8), 0.8, pytest.approx(each.value[0])]


def test_days_have_columns_only_where_there_are_several() -> None:
    single, double = (verification_sheets(*verified([8] * 4, "day", days), ())[0] for days in (1, 2))
    assert [column.title for column in single.columns[:2]] == ["queue", "at least"]
    assert [column.title for column in double.columns[:4]] == ["queue", "day", "weekday", "at least"]
    assert [row[1:3] for row in double.rows] == [[1, "Monday"], [2, "Tuesday"]]


@pytest.mark.parametrize("width", [1400, 794, 390])
def test_the_page_fits_the_screen(chromium: Browser, short: Verified, tmp_path: Path, width: int) -> None:
    page_of(tmp_path, short)
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(f"file://{tmp_path}/report.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
