"""Tables of a report in a real browser: no column is hidden on a usual screen, and names stay on a narrow one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.days_report import page_of
from tests.support.several_days import CALLS

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.mark.parametrize("width", [794, 390])
def test_narrow_screens_scroll_tables_and_keep_the_names_in_sight(report: Page, width: int) -> None:
    report.set_viewport_size({"width": width, "height": 900})
    assert "Intents" in report.evaluate(HIDDEN)
    assert report.evaluate("document.documentElement.scrollWidth") == width, "the page itself does not scroll sideways"
    table = report.locator(".scroll", has=report.get_by_text("Containment", exact=True)).first
    name = table.get_by_role("cell", name="ask", exact=True)
    table.evaluate("box => { box.scrollLeft = 1000 }")
    box = name.bounding_box()
    assert box is not None
    assert 0 <= box["x"] < 60
