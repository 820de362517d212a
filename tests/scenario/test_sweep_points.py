"""Points of a sweep: values as people write them, combinations, Latin hypercubes and lists, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.core.errors import InvalidInput
from sim.scenario import read_scenario
from sim.scenario.reader import read_file
from sim.scenario.sweep_file import read_sweep_file
from sim.scenario.sweep_points import design_points, latin_hypercube, read_points
from sim.scenario.varied import read_varied
from tests.support.minimal_scenario import MINIMAL

TEXTS = {
    "4..7": ["4", "5", "6", "7"],
    "-1..+2": ["-1", "+0", "+1", "+2"],
    "1..9 step 4": ["1", "5", "9"],
    "1..9 step 5": ["1", "6"],
    "*0.8..*1.2 step 0.1": ["*0.8", "*0.9", "*1", "*1.1", "*1.2"],
    "2 min..3 min step 30 s": ["2 min", "2.5 min", "3 min"],
    "1 min..2 h step 59.5 min": ["1 min", "60.5 min", "120 min"],
    "10..20 % step 5 %": ["10 %", "15 %", "20 %"],
    "*0.8,*1.0, *1.2": ["*0.8", "*1.0", "*1.2"],
    "08:00-20:00,08:00-22:00": ["08:00-20:00", "08:00-22:00"],
    "[1, 2],{law: fixed, value: 3}": ["[1, 2]", "{law: fixed, value: 3}"],
    '"a, b",null': ['"a, b"', "null"],
    "King's day,null": ["King's day", "null"],
    "7": ["7"],
}


@pytest.mark.parametrize("text", TEXTS)
def test_values_are_read_as_people_write_them(text: str) -> None:
    assert list(read_varied("a", text, "--vary").texts) == TEXTS[text]


VALUES: list[tuple[Any, list[str]]] = [
    (range(2, 4), ["2", "3"]),
    ([1.0, 0.25, "*2"], ["1", "0.25", "*2"]),
    (np.array([0.5, 2.0]), ["0.5", "2"]),
    (np.arange(2), ["0", "1"]),
    ([[1, 2], True, None], ["[1, 2]", "true", "null"]),
    (4, ["4"]),
]


@pytest.mark.parametrize(("written", "texts"), VALUES)
def test_values_are_read_from_python(written: Any, texts: list[str]) -> None:
    assert list(read_varied("a", written, "vary").texts) == texts


WRONG = {
    "0.8..1.2": '"0.8..1.2" needs a step, such as "0.8..1.2 step 0.1", or --points NUMBER, which draws values',
    "2..5 min": '"2..5 min" needs a step, such as "2..5 min step 0.75 min"',
    "10..4": '"10..4" should go up: the lower end comes first',
    "4..x": '"4..x" is not a range; write it like "4..10", ',
    "4..9 step 0": '"4..9 step 0": the step must be more than 0',
    "1..100000": '"1..100000" has more than 10,000 values; give a larger step',
    "*0.8..1.2 step 0.1": '"*0.8..1.2 step 0.1" has different signs at its ends',
    "1 s..2 parsec step 1 s": '"1 s..2 parsec step 1 s": "parsec" is not a unit',
    "1 %..2 s step 1 %": '"1 %..2 s step 1 %" has different units; write all in one',
    "a,,b": '"a,,b" has an empty value between commas',
    "a,b,a": '"a" stands twice',
    "": "a has no values; write some, such as ",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_value_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_varied("a", text, "--vary")
    assert str(refused.value).startswith(f"--vary: {WRONG[text]}"), refused.value


def test_a_grid_has_all_combinations_and_the_last_path_changes_fastest() -> None:
    points = design_points({"a.x": "1..2", "b": "*1,*2"}, None, 1, "--vary")
    assert points.values == (("1", "*1"), ("1", "*2"), ("2", "*1"), ("2", "*2"))
    assert (points.overrides(1), points.name(1)) == (["a.x=1", "b=*2"], "a.x=1, b=*2")


def test_a_latin_hypercube_has_one_point_in_each_stratum_of_each_path() -> None:
    count = 16
    varied = [read_varied(path, text, "--vary", sampled=True) for path, text in (("a", "1..8"), ("b", "*0.5..*1.5"))]
    points = latin_hypercube(varied, count, seed=3)
    assert points == latin_hypercube(varied, count, seed=3)
    assert points != latin_hypercube(varied, count, seed=4)
    staff, volume = zip(*points.values, strict=True)
    assert sorted(map(str, staff)) == sorted(2 * [str(number) for number in range(1, 9)])
    factors = np.array([float(str(text).removeprefix("*")) for text in volume])
    strata = np.sort(np.floor((factors - 0.5) * count + 1e-3))  # the values have four digits
    assert np.abs(strata - np.arange(count)).max() <= 1
    assert len(np.unique(strata)) >= count - 2


def test_a_list_is_read_from_csv_and_from_yaml(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("agents.desk.staff,demand.volume\n# two\n3,*1.1\n,*0.9\n", encoding="utf-8")
    yaml = "points:\n- {agents.desk.staff: 3, demand.volume: '*1.1'}\n- {demand.volume: '*0.9'}\n"
    (tmp_path / "points.yaml").write_text(yaml, encoding="utf-8")
    points = read_points(tmp_path / "points.csv")
    assert points.values == (("3", "*1.1"), (None, "*0.9"))
    assert points == read_points(tmp_path / "points.yaml")
    assert points == design_points({}, tmp_path / "points.csv", 1, "--vary")
    assert points.overrides(1) == ["demand.volume=*0.9"]


LISTS = {
    "a,b\n1,2,3\n4\n": ["points.csv:2: has 3 cells, and the first line 2", "points.csv:3: has 1 cells"],
    "a,,a\n1,2,3\n": ["points.csv:1: has a column without a path", "points.csv:1: a: has more than one column"],
    "a,b\n": ["points.csv: lists no points; the first line has the paths, and each further line a point"],
}


@pytest.mark.parametrize("text", LISTS)
def test_a_wrong_list_is_refused_with_all_problems(tmp_path: Path, text: str) -> None:
    (tmp_path / "points.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_points(tmp_path / "points.csv")
    for sentence in LISTS[text]:
        assert sentence in str(refused.value)


def test_a_grid_that_is_too_large_is_refused_before_it_is_made() -> None:
    with pytest.raises(InvalidInput, match="1000 x 1000 = 1,000,000 points, and the most are 10,000"):
        design_points({"a": "1..1000", "b": "1..1000"}, None, 1, "--vary")


def test_a_file_of_a_sweep_has_its_files_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text("scenario: desk.yaml\npoints: p.csv\nkpis: cost\n", encoding="utf-8")
    read = read_sweep_file(tmp_path / "sweep.yaml")
    assert (read.scenario, read.points) == (str(tmp_path / "desk.yaml"), str(tmp_path / "p.csv"))
    assert read.kpis == ["cost"]


def test_a_star_without_quotes_is_explained(tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text("vary:\n  demand.volume: [*0.8, *1.2]\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r'sweep.yaml:2: .* put quotes around what begins with \*, such as "\*0.8"'):
        read_sweep_file(tmp_path / "sweep.yaml")


def test_a_file_that_was_read_once_gives_the_scenarios_that_reading_it_each_time_gives(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(MINIMAL, encoding="utf-8")
    read = read_file(tmp_path / "desk.yaml")
    for overrides in (["agents.*.staff=*2"], [], ["intents.*.steps.*.talk=+20 s", "run.days=2"], ["demand.volume=*2"]):
        assert read.changed(overrides) == read_scenario(tmp_path / "desk.yaml", overrides)
