"""Page of a staffing search: verdict first, plan beside the formulas, and it fits narrow screens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sim.experiment.staffing import Staffing
from sim.report.staffing_page import write_staffing_report
from sim.report.verification_table import hold_sentence
from tests.support.staffing_cases import centre, staffed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MANIFEST = {"scenario": "centre", "seed": 1, "replications": 5}
GROUPS = {"sellers": ["sales"], "both": ["help", "sales"]}


@pytest.fixture(scope="module")
def staffing() -> Staffing:
    scenario, plan = centre(GROUPS, {"sales": [20.0, 30.0], "help": [10.0, 8.0]}, patience="6 min")
    return staffed(scenario, plan, ["*.service_level >= 80 %", "abandonment <= 20 % per run"], days=5)


def test_the_verdict_comes_first_and_the_plan_stands_beside_the_formulas(staffing: Staffing, tmp_path: Path) -> None:
    page = write_staffing_report(tmp_path, MANIFEST, staffing, ["helpers keep their staff."]).read_text("utf-8")
    assert staffing.verification is not None
    first = page.index('<p class="verdict"><b>The plan ')
    assert (
        first < page.index("Lower bound of the cost") < page.index("<li>helpers keep their staff.") < page.index("<svg")
    )
    assert page.replace("\N{NO-BREAK SPACE}", " ").count(hold_sentence(staffing.verification)) == 1
    columns = ("from", "sellers", "both", "plan", "Erlang A", "Erlang C")
    assert "".join(f'<th scope="col">{name}</th>' for name in columns) in page
    numbers = [*staffing.counts[:, 0], staffing.counts[:, 0].sum()]
    assert "<td>08:00</td>" + "".join(f"<td>{number}</td>" for number in numbers) in page
    assert page.count("service_level</td>") == 4
    assert page.count("<svg") == 2


def test_a_search_that_was_interrupted_says_so(staffing: Staffing, tmp_path: Path) -> None:
    page = write_staffing_report(tmp_path, MANIFEST, replace(staffing, verification=None, interrupted=True), ())
    text = page.read_text("utf-8")
    assert "<b>Interrupted: this is the best plan so far.</b>" in text
    assert "Not verified on fresh days." in text
    assert text.count("<svg") == 1


@pytest.mark.parametrize("width", [1400, 794, 390])
def test_the_page_fits_the_screen(chromium: Browser, staffing: Staffing, tmp_path: Path, width: int) -> None:
    write_staffing_report(tmp_path, MANIFEST, staffing, ())
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(f"file://{tmp_path}/report.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
