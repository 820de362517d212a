"""The two engines, file by file beside each other, as docs/engines.md says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sim.engine.compiled.memory import phases

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "sim" / "engine"
PAGE = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
ROWS = [re.findall(r"`([\w.]+)`", line) for line in PAGE.splitlines() if re.match(r"\| `[A-Z_]+` \|", line)]
MARKS = {"RETAINED", "SUSPENDED"}  # no phases: a bound of phases, and a result


def functions(engine: str) -> set[str]:
    """Return the functions and methods of an engine as ``file.name``."""
    names = set()
    for path in (ENGINE / engine).glob("*.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        nodes = [*body, *(node for owner in body if isinstance(owner, ast.ClassDef) for node in owner.body)]
        names |= {f"{path.stem}.{node.name}" for node in nodes if isinstance(node, ast.FunctionDef)}
    return names


def test_both_engines_have_the_same_files() -> None:
    reference, compiled = ({path.name for path in (ENGINE / name).glob("*.py")} for name in ("reference", "compiled"))
    assert compiled - reference == {"kernel.py"}
    assert reference - compiled == {
        "own_steps.py",  # steps in the user's Python are SimPy processes
        "replication.py",  # the body of `run.py`, loaded with SimPy when it is used
    }
    named = set(re.findall(r"`(\w+\.py)`", PAGE))
    assert compiled - {"__init__.py"} == named - {"test_engine_agreement.py"}


def test_the_table_has_every_phase() -> None:
    assert {row[0] for row in ROWS} == set(phases.__all__) - MARKS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[3]}")
def test_the_functions_of_a_phase_exist(row: list[str]) -> None:
    _, story, begins, goes_on = row
    assert story in functions("reference")
    assert {begins, goes_on} <= functions("compiled")


@pytest.mark.parametrize(
    "file", ["agents", "contact", "crew", "dialer", "floor", "handover", "lines", "matching", "paths", "run"]
)
def test_the_functions_of_the_reference_engine_have_namesakes(file: str) -> None:
    public = {name for name in functions("reference") if re.match(rf"{file}\.[a-z]", name)}
    assert public - functions("compiled") <= {
        "agents.held",  # a field of the compiled engine's records, as the two that follow
        "floor.announced",
        "floor.waiting",
        "floor.presence",  # `presence_of` of the compiled engine's memory, as the one that follows
        "floor.interruptions",
        "floor.begin",  # the crew's, called without the floor, as the two that follow
        "floor.wrap_up",
        "floor.go_on",
        "floor.idle",  # for steps in the user's Python, as the two that follow
        "floor.on_duty",
        "contact.reach",
    }
