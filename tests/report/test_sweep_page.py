"""Page and verdict of a sweep: the cheapest points, figures that a pointer explains, and a table that sorts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.experiment.sweep_estimates import SweepValues
from sim.kpis import Row
from sim.report import sweep_page
from sim.report import sweep_verdict as sweep_verdict_module
from sim.report.path_scales import scale_of
from sim.report.sweep_choices import keeps, standings
from sim.report.sweep_figures import heat_maps
from sim.report.sweep_records import chosen_sheet, sweep_sheet
from sim.report.sweep_verdict import sweep_verdict
from sim.scenario.sweep_points import SweepPoints, design_points
from sojourn.api.sweeps import sweep
from tests.support.minimal_scenario import changed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LEVEL, COST = Row("service_level", "queue", "calls", None), Row("cost", "all", "", None)
TABLE = "[...document.querySelectorAll('table.sortable')].at(-2).tBodies[0].rows"  # before that of the spread


def _values(level: Sequence[float], cost: Sequence[float] | None, half: float = 0.02, **more: Any) -> SweepValues:
    """Return values of a service level that should be 80 %, with intervals of a width."""
    columns = np.array([level, *([cost] if cost is not None else [])], dtype=np.float64).T
    none = np.full(columns.shape, np.nan)
    target = none.copy()
    target[:, 0] = 0.8
    shape: dict[str, Any] = {
        "rows": (LEVEL, COST)[: columns.shape[1]], "replications": 20, "confidence": 0.95,
        "done": np.ones(len(columns), np.bool_), "value": columns, "low": columns - half, "high": columns + half,
        "p10": none, "p50": none, "p90": none, "at_least": target, "at_most": none, "meets": none,
    }  # fmt: skip
    return SweepValues(**(shape | more))


def _staff(values: str = "1..4", volume: str = "") -> SweepPoints:
    return design_points(
        {"agents.desk.staff": values, **({"demand.volume": volume} if volume else {})}, None, 1, "--vary"
    )


def test_the_cheapest_point_is_one_whose_whole_interval_reaches_the_bound() -> None:
    first, second, *_ = sweep_verdict(_staff(), _values([0.5, 0.81, 0.9, 0.95], [10, 20, 30, 40]))
    assert first == (
        "The cheapest point that reaches Service level, calls of at least 80.0 % is agents.desk.staff=3 "
        "(90.0 %; cost 30)."
    )
    assert second == "agents.desk.staff=2 (81.0 %; cost 20) is cheaper, but may miss it."


def test_each_demand_has_a_cheapest_point_of_its_own() -> None:
    points = _staff("1..2", "*1,*2")
    first, *_ = sweep_verdict(points, _values([0.9, 0.5, 0.95, 0.6], [10, 10, 20, 20]))
    assert first.endswith(
        "80.0 %: with demand.volume=*1 agents.desk.staff=1 (90.0 %; cost 10); with demand.volume=*2 none."
    )


@pytest.mark.parametrize("count", [2, 8, 9, 40])
def test_no_demand_is_recommended_however_many_there_are(count: int) -> None:
    points = _staff("1..2", ",".join(f"*{number}" for number in range(1, count + 1)))
    level = [0.9 - 0.1 * (number > 3) * 2 for number in range(count)]
    level += [0.95 - 0.2 * (number > 5) for number in range(count)]
    values = _values(level, [10] * count + [20] * count)
    first, *_ = sweep_verdict(points, values)
    assert first.startswith("The cheapest points that reach")
    if count > 8:
        assert first.endswith(
            ", for each demand.volume: agents.desk.staff=1 with *1 to *4; agents.desk.staff=2 with *5 to *6; "
            f"none with *7 to *{count}."
        )
    (sheet,) = chosen_sheet(points, values)
    assert [column.title for column in sheet.columns][:2] == ["demand.volume", "agents.desk.staff"]
    assert len(sheet.rows) == count
    assert sheet.rows[0] == ["*1", "1", 0.9, 10.0, "yes"]
    assert count < 7 or sheet.rows[6] == ["*7", "none", None, None, "no"]


def test_a_sweep_of_the_demand_alone_says_at_which_the_bound_is_kept() -> None:
    points = design_points({"demand.volume": "*1,*2,*3"}, None, 1, "--vary")
    first, second, *_ = sweep_verdict(points, _values([0.9, 0.81, 0.6], [10, 10, 10]))
    assert first == (
        "By demand.volume, Service level, calls of at least 80.0 % is reached with *1; likely with *2; missed with *3."
    )
    assert second == "1 of 3 points reach it; 1 more is likely to, with an interval that reaches beyond."
    unbounded = _values([0.9, 0.81, 0.6], None, at_least=np.full((3, 1), np.nan))
    assert sweep_verdict(points, unbounded)[0] == "Service level, calls is from 60.0 % to 90.0 % over all points."


def test_of_points_that_each_have_their_own_demand_none_is_recommended() -> None:
    points = design_points({"demand.volume": "*1..*2", "agents.desk.staff": "1..4"}, 20, 1, "--vary")
    values = _values([0.9] * 20, list(range(20)))
    first, *_ = sweep_verdict(points, values)
    assert first.startswith("No two points have the same demand.volume, which nobody chooses")
    assert chosen_sheet(points, values) == []


def test_without_bounds_the_best_point_is_named_for_each_demand() -> None:
    none = np.full((4, 1), np.nan)
    first, *_ = sweep_verdict(_staff("1..2", "*1,*2"), _values([0.9, 0.5, 0.95, 0.6], None, at_least=none))
    assert first == (
        "Service level, calls is best, with demand.volume=*1 agents.desk.staff=2: 95.0 % (from 93.0 % to 97.0 %); "
        "with demand.volume=*2 agents.desk.staff=2: 60.0 % (from 58.0 % to 62.0 %)."
    )


def test_table_frames_and_verdict_agree_on_which_points_keep_the_bounds() -> None:
    points = _staff("1..3", "*1,*2")
    values = _values([0.9, 0.81, 0.79, 0.5, 0.95, 0.9], [10] * 6)
    assert standings(values) == ["yes", "likely", "no", "no", "yes", "yes"]
    scales = [scale_of(path, [point[i] for point in points.values]) for i, path in enumerate(points.paths)]
    svg = heat_maps(values, scales, [points.name(number) for number in range(6)])
    frames = re.findall(r'style="fill: none; ([^"]*stroke: #[0-9a-f]{6}; stroke-width: 1.8[^"]*)"', svg)
    assert ["stroke-dasharray" in frame for frame in frames] == [False, True, False, False] * 2
    assert "3 of 6 points reach it; 1 more is likely to, with an interval that reaches beyond." in sweep_verdict(
        points, values
    )
    sheet = sweep_sheet(points, values)
    assert [row[-1] for row in sheet.rows] == standings(values)


def test_one_replication_is_judged_by_its_values_everywhere() -> None:
    nan = np.full((2, 2), np.nan)
    values = _values([0.81, 0.79], [10, 20], replications=1, low=nan, high=nan)
    assert standings(values) == ["yes", "no"]
    assert sweep_verdict(_staff("1..2"), values)[0].endswith("is agents.desk.staff=1 (81.0 %; cost 10).")


def test_a_demand_without_any_value_has_no_best_point() -> None:
    none = np.full((4, 1), np.nan)
    first, *_ = sweep_verdict(_staff("1..2", "*1,*2"), _values([0.9, np.nan, 0.95, np.nan], None, at_least=none))
    assert first.endswith("with demand.volume=*2 undefined.")


def test_the_table_has_numbers_where_values_are_numbers() -> None:
    points = design_points(
        {"agents.desk.staff": "-1..+1", "demand.volume": "*0.9,*1.1", "talk": "2 min,3 min", "run.hours": "a,b"},
        None, 1, "--vary",
    )  # fmt: skip
    sheet = sweep_sheet(points, _values([0.9] * 24, [10] * 24))
    titles = [column.title for column in sheet.columns]
    assert titles[1:5] == ["agents.desk.staff (change)", "demand.volume (factor)", "talk (min)", "run.hours"]
    assert sheet.rows[0][1:5] == [-1, 0.9, 2, "a"]


def test_no_point_reaches_the_bound() -> None:
    first, second, *_ = sweep_verdict(_staff("1..2"), _values([0.5, 0.7], [10, 20]))
    assert first == "No point reaches Service level, calls of at least 80.0 %."
    assert second == "Service level, calls comes to 70.0 % at most, with agents.desk.staff=2."


def test_without_cost_the_points_that_reach_it_are_counted() -> None:
    first, second, third = sweep_verdict(_staff("1..2"), _values([0.5, 0.9], None))
    assert first == "1 of 2 points reach Service level, calls of at least 80.0 %."
    assert second == "Service level, calls is best with agents.desk.staff=2: 90.0 % (from 88.0 % to 92.0 %)."
    assert third == (
        "2 points, 20 replications of each, of the same customers; the 95 % intervals are of each point by itself."
    )


def test_one_replication_has_no_intervals_and_says_so() -> None:
    nan = np.full((2, 2), np.nan)
    values = _values([0.5, 0.9], [10, 20], replications=1, low=nan, high=nan)
    assert keeps(values).tolist() == [False, True]
    assert keeps(values, surely=True).tolist() == [False, True]
    first, *_, last = sweep_verdict(_staff("1..2"), values)
    assert "is agents.desk.staff=2 (90.0 %; cost 20)" in first
    assert last == "2 points, one replication of each: the role of chance is unknown."


def test_points_that_an_interrupt_left_out_are_not_judged() -> None:
    values = _values([0.9, np.nan], [10, np.nan], done=np.array([True, False]))
    first, *_, last = sweep_verdict(_staff("1..2"), values)
    assert first.startswith("Of the 1 of 2 points that are done: The cheapest point that reaches")
    assert "is agents.desk.staff=1 (90.0 %; cost 10)" in first
    assert last.startswith("1 of 2 points were simulated before an interrupt, 20 replications of each")


def test_a_demand_that_stays_as_it_is_is_named_so() -> None:
    rows = [{"agents.desk.staff": "1", "demand.volume": "*2"}, {"agents.desk.staff": "2"}]
    first, *_ = sweep_verdict(design_points({}, rows, 1, "--vary"), _values([0.9, 0.95], [10, 20]))
    assert first.endswith(
        "80.0 %: with demand.volume=*2 agents.desk.staff=1 (90.0 %; cost 10); "
        "with demand.volume as it is agents.desk.staff=2 (95.0 %; cost 20)."
    )


def test_a_point_without_a_bound_is_not_among_those_that_keep_it() -> None:
    values = _values([0.9, 0.95], [10, 20])
    values.at_least[0, 0] = np.nan
    assert keeps(values).tolist() == [False, True]
    first, *_, reached, _ = sweep_verdict(_staff("1..2"), values)
    assert "is agents.desk.staff=2 (95.0 %; cost 20)" in first
    assert reached == "1 of 2 points reach it."


def test_all_points_are_judged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(values: SweepValues, *, surely: bool = False) -> Any:
        calls.append(surely)
        return keeps(values, surely=surely)

    monkeypatch.setattr(sweep_verdict_module, "keeps", counted)
    points = _staff("1..60", "*1,*2,*3")
    sweep_verdict(points, _values(np.linspace(0.7, 0.9, 180).tolist(), np.arange(180.0).tolist()))
    assert calls == [False, True]


def test_intervals_have_their_confidence() -> None:
    points, values = _staff(), _values([0.5, 0.81, 0.9, 0.95], None, confidence=0.9)
    scales = [scale_of(path, [point[i] for point in points.values]) for i, path in enumerate(points.paths)]
    (figure,) = sweep_page._figures(points, values, scales)
    assert figure["caption"].startswith("The dark band is the 90 % interval of the mean")


SCALES: list[tuple[list[str | None], list[float], bool]] = [
    (["4", "6", "4"], [4, 6, 4], True),
    (["*0.8", "*1.2"], [0.8, 1.2], True),
    (["-2", "+0", "+2"], [-2, 0, 2], True),
    (["2 min", "3.5 min"], [2, 3.5], True),
    (["2 min", "30 s"], [0, 1], False),
    (["1", "*2", "1"], [0, 1, 0], False),
    (["1", None], [0, 1], False),
    (["08:00-20:00", "08:00-22:00"], [0, 1], False),
]


@pytest.mark.parametrize(("texts", "positions", "is_number"), SCALES)
def test_values_of_one_kind_are_numbers_on_an_axis_and_others_ranks(
    texts: list[str | None], positions: list[float], *, is_number: bool
) -> None:
    scale = scale_of("a.b", texts)
    assert (scale.position.tolist(), scale.is_number) == (positions, is_number)


STAFF = {"agents.desk.staff": "1..3"}
HOURS = ["08:00-09:00", "08:00-10:00"]
FIGURES: list[tuple[dict[str, Any], int | None, list[str]]] = [
    (STAFF, None, ["Along agents.desk.staff"]),
    (STAFF | {"demand.volume": ["*1", "*4"]}, None, ["Curves", "Heat maps", "Cheapest points"]),
    (STAFF | {"demand.volume": "*1..*4"}, 8, ["All points, path by path", "Which paths matter"]),
    (
        STAFF | {"demand.volume": ["*1", "*4"], "queues.calls.hours": HOURS},
        None,
        ["All points, path by path", "Cheapest points"],
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("vary", "points", "shown"), FIGURES)
def test_figures_suit_the_points_and_a_pointer_and_a_click_explain_them(
    chromium: Browser, tmp_path: Path, vary: dict[str, Any], points: int | None, shown: list[str]
) -> None:
    (tmp_path / "desk.yaml").write_text(changed(("staff: 2", "staff: 2, cost: 30")), encoding="utf-8")
    result = sweep(
        tmp_path / "desk.yaml", vary, points=points, kpis=["calls.service_level >= 80 %"], replications=3,
        processes=1, out=tmp_path / "out", cache=tmp_path / "cache",
    )  # fmt: skip
    page = chromium.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"file://{tmp_path}/out/report.html")
    titles = page.locator("h2").all_text_contents()
    assert titles == [*shown, "Points", "Glossary", "Run details"]
    hints = page.evaluate("[...document.querySelectorAll('svg g > title')].map(title => title.textContent)")
    for number in range(len(result.points)):
        assert any(hint.startswith(f"{result.points.name(number)}\nService level, calls: ") for hint in hints)
    for width in (1400, 794, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    tables = page.locator("table.sortable")
    title = tables.nth(tables.count() - 2).locator("th", has_text="Cost").first
    title.click()
    order = page.evaluate(f"[...{TABLE}].map(row => Number(row.cells[0].textContent))")
    cost = result.values.value[:, 1]
    assert [cost[number - 1] for number in order] == sorted(cost)
    title.get_by_role("button").press("Space")
    order = page.evaluate(f"[...{TABLE}].map(row => Number(row.cells[0].textContent))")
    assert [cost[number - 1] for number in order] == sorted(cost, reverse=True)
    assert errors == []
    page.close()
