"""Tables of a report in a real browser: no column is hidden on a usual screen, and names stay on a narrow one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sim.report
from tests.support.days_report import page_of
from tests.support.several_days import CALLS

SCRIPT = Path(sim.report.__file__).with_name("sort.js")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HIDDEN = """[...document.querySelectorAll(".scroll")].filter(box => box.scrollWidth > box.clientWidth + 1)
            .map(box => box.previousElementSibling?.textContent)"""


@pytest.fixture
def report(chromium: Browser, tmp_path: Path) -> Page:
    page_of(tmp_path, CALLS)
    page = chromium.new_page()
    page.goto(f"file://{tmp_path}/report.html")
    page.evaluate("document.querySelectorAll('details').forEach(table => { table.open = true })")
    return page


@pytest.mark.parametrize("width", [1400, 1200])
def test_usual_screens_show_all_columns(report: Page, width: int) -> None:
    report.set_viewport_size({"width": width, "height": 900})
    assert report.locator(".scroll").count() > 15
    assert report.evaluate(HIDDEN) == []


def test_a_click_on_a_title_sorts_by_the_values(report: Page) -> None:
    report.set_content(
        "<main><table class=sortable><thead><tr><th>wait</th><th>name</th></tr></thead><tbody>"
        "<tr><td>2.0 min</td><td>b</td></tr><tr><td>-</td><td>a</td></tr><tr><td>1,090 s</td><td>c</td></tr>"
        "<tr><td>90.5 s</td><td>d</td></tr></tbody></table></main>"
    )
    report.add_script_tag(path=str(SCRIPT))
    column = report.locator("tbody td:first-child")
    report.get_by_text("wait").click()
    assert column.all_text_contents() == ["90.5 s", "2.0 min", "1,090 s", "-"]
    report.get_by_text("wait").press("Enter")
    assert column.all_text_contents() == ["1,090 s", "2.0 min", "90.5 s", "-"]
    report.get_by_text("name").click()
    assert column.all_text_contents() == ["-", "2.0 min", "1,090 s", "90.5 s"]


def test_the_contents_lead_to_the_parts(report: Page) -> None:
    links = report.locator("nav a")
    assert "Risk" in links.all_text_contents()
    for link in links.all():
        assert report.locator((link.get_attribute("href") or "") + ":is(h2)").text_content() == link.text_content()


def test_a_sheet_of_paper_shows_all_columns_of_what_is_not_folded(report: Page) -> None:
    report.evaluate("document.querySelectorAll('details').forEach(table => { table.open = false })")
    report.set_viewport_size({"width": 794, "height": 900})
    assert report.evaluate(HIDDEN) == []
    assert report.evaluate("document.documentElement.scrollWidth") == 794


def test_narrow_screens_scroll_tables_and_keep_the_names_in_sight(report: Page) -> None:
    report.set_viewport_size({"width": 390, "height": 900})
    assert "Intents" in report.evaluate(HIDDEN)
    assert report.evaluate("document.documentElement.scrollWidth") == 390, "the page itself does not scroll sideways"
    table = report.locator(".scroll", has=report.get_by_text("Containment", exact=True)).first
    name = table.get_by_role("cell", name="ask", exact=True)
    table.evaluate("box => { box.scrollLeft = 1000 }")
    box = name.bounding_box()
    assert box is not None
    assert 0 <= box["x"] < 60
