"""Texts that a pointer shows at the points of a chart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from sim.report.figure import draw_band, drawing, interval_names, point_texts
from tests.support.kpi_days import make_plan

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PLAN = make_plan()
NAN = np.nan


def band(values: list[float]) -> tuple[np.ndarray, ...]:
    value = np.array(values)
    return value, value - 0.1, value + 0.1


def chart_of(*lines: list[float]) -> str:
    with drawing("waits", "Waits", 6, 3) as chart:
        axes = chart.figure.subplots()
        for number, values in enumerate(lines):
            draw_band(chart, axes, PLAN, band(values), "#0072B2", f"line {number}", "share")
        axes.legend()
    return chart.svg


def test_each_defined_point_of_each_line_has_its_own_text() -> None:
    titles = re.findall("<title>(.*?)</title>", chart_of([0.5, NAN, 0.7], [0.2, 0.3, 0.4]), flags=re.DOTALL)
    first, second, third = interval_names(PLAN)
    assert titles == [
        f"line 0\n{first}: 50.0 % (40.0 % to 60.0 %)",
        f"line 0\n{third}: 70.0 % (60.0 % to 80.0 %)",
        f"line 1\n{first}: 20.0 % (10.0 % to 30.0 %)",
        f"line 1\n{second}: 30.0 % (20.0 % to 40.0 %)",
        f"line 1\n{third}: 40.0 % (30.0 % to 50.0 %)",
    ]


def test_a_value_without_an_interval_stands_alone() -> None:
    assert point_texts("a", ["08:00"], (np.array([90.0]),), "s") == ["a\n08:00: 90 s"]
    assert point_texts("a", ["08:00"], (np.array([9.0]), np.array([NAN]), np.array([NAN])), "") == ["a\n08:00: 9"]


def test_names_cannot_end_a_text() -> None:
    with drawing("waits", "Waits", 6, 3) as chart:
        axes = chart.figure.subplots()
        draw_band(chart, axes, PLAN, band([0.5, 0.5, 0.5]), "#0072B2", "</title><script>", "share")
    assert "<script>" not in chart.svg


def test_a_pointer_beside_a_point_is_still_on_it(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 900, "height": 600})
    page.set_content(chart_of([0.5, 0.6, 0.7]))
    point = page.locator("g:has(> title)").nth(1).locator("circle").bounding_box()
    assert point is not None
    assert 6 <= point["width"] <= 20
    beside = {"x": point["x"] + 0.8 * point["width"], "y": point["y"] + point["height"] / 2}
    text = page.evaluate(
        "p => document.elementFromPoint(p.x, p.y).closest('g:has(> title)')?.textContent.trim()", beside
    )
    assert text == f"line 0\n{interval_names(PLAN)[1]}: 60.0 % (50.0 % to 70.0 %)"
