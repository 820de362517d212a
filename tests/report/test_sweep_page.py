"""Page and verdict of a sweep: the cheapest points, figures that a pointer explains, and a table that sorts."""

from __future__ import annotations

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
from sim.report.sweep_verdict import keeps, sweep_verdict
from sim.scenario.sweep_points import SweepPoints, design_points
from sojourn.api.sweeps import sweep
from tests.support.minimal_scenario import changed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LEVEL, COST = Row("service_level", "queue", "calls", None), Row("cost", "all", "", None)
TABLE = "document.querySelector('table.sortable').tBodies[0].rows"


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
    assert not keeps(values, surely=True).any()
    first, *_, last = sweep_verdict(_staff("1..2"), values)
    assert "is agents.desk.staff=2 (90.0 %; cost 20)" in first
    assert last == "2 points, one replication of each: the role of chance is unknown."


def test_points_that_an_interrupt_left_out_are_not_judged() -> None:
    values = _values([0.9, np.nan], [10, np.nan], done=np.array([True, False]))
    first, *_, last = sweep_verdict(_staff("1..2"), values)
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
    (STAFF | {"demand.volume": ["*1", "*4"]}, None, ["Curves", "Heat maps"]),
    (STAFF | {"demand.volume": "*1..*4"}, 8, ["All points, path by path", "Which paths matter"]),
    (STAFF | {"demand.volume": ["*1", "*4"], "queues.calls.hours": HOURS}, None, ["All points, path by path"]),
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
    page.locator("table.sortable th", has_text="Cost").first.click()
    order = page.evaluate(f"[...{TABLE}].map(row => Number(row.cells[0].textContent))")
    cost = result.values.value[:, 1]
    assert [cost[number - 1] for number in order] == sorted(cost)
    page.locator("table.sortable th", has_text="Cost").first.get_by_role("button").press("Space")
    order = page.evaluate(f"[...{TABLE}].map(row => Number(row.cells[0].textContent))")
    assert [cost[number - 1] for number in order] == sorted(cost, reverse=True)
    assert errors == []
    page.close()
