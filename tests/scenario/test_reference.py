"""The scenario reference agrees with the schema, and each of its examples runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from sim.engine import make_plan
from sim.experiment.replicate import simulate_once
from sim.scenario import Scenario, read_scenario
from sim.scenario.document import read_yaml
from sim.scenario.reference import EXAMPLES, page
from sim.scenario.reference.field_types import fields_of, models_in
from sim.scenario.reference.page import SECTIONS

FILES = sorted(EXAMPLES.glob("*.yaml"))


def laid_over(below: Any, above: Any) -> Any:
    """Key by key; a law, a list or a value replaces what was there."""
    if not (isinstance(below, dict) and isinstance(above, dict)) or "law" in {*above, *below}:
        return above
    return below | {key: laid_over(below.get(key), value) for key, value in above.items()}


def example(file: Path, folder: Path) -> Path:
    whole = laid_over(read_yaml(EXAMPLES / "front_desk.yaml").data, read_yaml(file).data)
    for table in EXAMPLES.glob("*.csv"):
        copy(table, folder)
    (folder / "scenario.yaml").write_text(json.dumps(whole), encoding="utf-8")
    return folder


def test_there_is_an_example_for_each_part() -> None:
    described = {part.slug for part in SECTIONS if part.title != "Steps"}  # it has parts of its own
    assert {file.stem for file in FILES} == described | {"front_desk"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_is_a_scenario_that_runs(file: Path, tmp_path: Path) -> None:
    scenario = read_scenario(example(file, tmp_path))
    plan = make_plan(scenario)
    population, log = simulate_once(plan, scenario.run.seed, 0)
    assert len(log) >= len(population) > 0
    assert {plan.steps[step] for step in log.step} >= {
        name for name in plan.steps if "later" not in name and "again" not in name
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_changes_what_it_is_about(file: Path, tmp_path: Path) -> None:
    base = read_yaml(EXAMPLES / "front_desk.yaml").data
    assert file.stem == "front_desk" or laid_over(base, read_yaml(file).data) != base
    assert max(map(len, file.read_text(encoding="utf-8").splitlines())) <= 110  # readable beside a table


def test_every_part_of_the_schema_is_described_and_every_field_of_it() -> None:
    models, todo = {Scenario}, [Scenario]
    while todo:
        model = todo.pop()
        for name, field, hint in fields_of(model):
            assert field.description or name == "law", f"{model.__name__}.{name} needs a description"
            fresh = set(models_in(hint)) - models
            models |= fresh
            todo += fresh
    text = page()
    for model in models:
        assert model.__doc__, model
        for name in set(model.model_fields) - {"law"}:
            assert f"| `{name}` |" in text, (model, name)


def test_every_link_of_the_page_has_its_heading() -> None:
    text = page()
    headings = [re.sub(r"[^a-z0-9 _-]", "", line.lstrip("# ").lower()) for line in text.splitlines() if line[:1] == "#"]
    anchors = [heading.replace(" ", "-") for heading in headings]
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(anchors)


def test_words_of_types_and_defaults_are_those_that_people_use() -> None:
    text = page()
    assert "| `hours` | hours, or hours by [day](#days) | 00:00-24:00 |" in text
    assert "| `days` | whole number, 1 to 3,660 | 1 |" in text
    assert "| `target` | share | 80 % |" in text
    assert "| `wrap_up` | [law](#laws) | 0 s |" in text
    assert "| `serves` | name to [serving](#serving) | required |" in text
    assert "| `shape` | number above 1, at most 1,000 | required |" in text
    assert "| `when` | [condition](#condition) | defaults |" in text
