"""The names of ``sojourn``, as Python programs use them."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import sojourn
from sim.engine.log import COLUMNS, TABLES, columns_of
from sim.experiment.estimate import Difference, Estimate
from sim.scenario import read_scenario
from sojourn.api.simulation import RunResult
from tests.support.minimal_scenario import MINIMAL


def test_every_public_name_is_there() -> None:
    assert all(getattr(sojourn, name) is not None for name in sojourn.__all__)
    assert dir(sojourn) == sorted(sojourn.__all__)


def test_type_checkers_see_the_same_names() -> None:
    imports = [node for node in ast.walk(ast.parse(inspect.getsource(sojourn))) if isinstance(node, ast.ImportFrom)]
    typed = {alias.asname for node in imports for alias in node.names if alias.asname}
    assert typed == set(sojourn.__all__)


def test_the_old_name_for_reading_a_scenario_still_works_and_names_the_new_one(tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text(MINIMAL, encoding="utf-8")
    with pytest.warns(DeprecationWarning, match=r"sojourn\.load is deprecated; use sojourn\.read_scenario"):
        scenario = sojourn.load(file)
    assert scenario == read_scenario(file)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'simulate'"):
        _ = sojourn.simulate


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("desk") / "desk.yaml"
    file.write_text(MINIMAL, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def result(desk: Path) -> RunResult:
    return sojourn.run(desk, replications=3, processes=1, report=False, out=str(desk.parent / "run"))


def test_folders_may_be_given_as_text(desk: Path, result: RunResult) -> None:
    kept = str(desk.parent / "kept.json")
    assert result.folder == desk.parent / "run"
    assert sojourn.keep_baseline(str(result.folder), kept) > 100
    assert sojourn.judge(str(result.folder), kept).status == "pass"
    changed = sojourn.whatif(
        str(desk), ["agents.desk.staff=+1"], replications=2, processes=1, out=str(desk.parent / "whatif")
    )
    assert (desk.parent / "whatif" / "differences.json").is_file()
    assert changed.differences.row("asa").difference < 0


def test_estimates_and_measures_are_read_alike(result: RunResult) -> None:
    estimates = result.replications.estimates
    assert result.estimates is estimates
    row = estimates.row("service_level", "queue", "calls")
    assert row.value == estimates.value_of("service_level", "queue", "calls")
    assert row.low <= row.value <= row.high
    with pytest.warns(DeprecationWarning, match="without the call"):
        assert estimates() is estimates  # type: ignore[operator]


MISSPELT = [
    (("service_levl",), 'not a KPI; did you mean "service_level"'),
    (("service_level", "ques"), 'no dimension "ques"; did you mean "queue"'),
    (("service_level", "queue", "call"), 'no key "call"; did you mean "calls"'),
    (("service_level", "interval", "", 2), "service_level by interval has no interval 2, but 0, 1"),
    (("service_level", "interval"), "service_level by interval needs interval, one of 0, 1"),
    (("service_level", "queue", "calls", 1), "by queue has no interval, so not 1; its dimensions are all, interval"),
    (("cost", "all", "desk"), 'by all has no keys, so not "desk"; its dimensions are all, interval'),
]


@pytest.mark.parametrize(("row", "message"), MISSPELT)
def test_a_misspelt_row_names_the_near_ones(row: tuple[Any, ...], message: str, result: RunResult) -> None:
    with pytest.raises(KeyError, match=message):
        result.estimates.value_of(*row)


def test_results_have_short_representations(desk: Path, result: RunResult) -> None:
    scenario = sojourn.read_scenario(desk)
    plan = sojourn.make_plan(scenario)
    population, log = sojourn.simulate_once(plan, seed=7, replication=0)
    measures = sojourn.measure(plan, population, log)
    tables = [getattr(log, name) for name in TABLES]
    verdict = sojourn.judge(result.folder)
    shown = [scenario, plan, population, log, *tables, measures, measures.index, result, result.replications,
             result.estimates, verdict]  # fmt: skip
    for value in shown:
        text = repr(value)
        assert text.startswith(f"<{type(value).__name__}: ")
        assert len(text) < 200
    assert repr(plan) == "<Plan: 1 intent, 1 step, 1 queue, 1 group, 2 intervals of 1 h>"


def test_the_page_of_the_python_api_lists_every_name_and_every_column() -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)`", page, flags=re.MULTILINE))
    columns = {*COLUMNS, *(name for table in TABLES.values() for name in columns_of(table))}
    assert not (set(sojourn.__all__) | set(TABLES) | columns | set(Estimate._fields) | set(Difference._fields)) - listed
