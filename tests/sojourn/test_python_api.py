"""The names of ``sojourn``, as Python programs use them."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import sojourn
from sim.scenario import read_scenario
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
