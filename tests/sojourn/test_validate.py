"""``sojourn validate`` for programs: JSON, strictness, and the pointer that ``sojourn run`` prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import desk, sojourn
from tests.support.minimal_scenario import changed

pytestmark = pytest.mark.command

SAID = [
    ("staff: 2", "staff: 2, shrinkage: 0 %"),
    ("talk: 60 s", "talk: 60 s\n        wrap_up: 0 s\n        if_abandoned: gave_up"),
]


def test_strict_allows_no_warnings(folder: Path) -> None:
    done = sojourn("validate", "desk.yaml", "--strict", cwd=folder)
    assert (done.code, done.err) == (3, "3 warnings, and --strict allows none.\n")
    assert done.out.count("warning: desk.yaml:") == 3
    desk(folder, changed(*SAID))
    done = sojourn("validate", "desk.yaml", "--strict", cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert "warning" not in done.out


def test_warnings_as_json(folder: Path) -> None:
    done = sojourn("validate", "desk.yaml", "--json", "--strict", cwd=folder)
    assert done.code == 3
    printed = json.loads(done.out)
    assert (printed["scenario"], printed["valid"], printed["problems"]) == ("desk.yaml", True, [])
    (shrinkage,) = (warning for warning in printed["warnings"] if warning["code"] == "shrinkage-left-out")
    assert shrinkage == {
        "file": "desk.yaml",
        "line": 4,
        "path": "agents.desk.shrinkage",
        "paths": ["agents.desk.shrinkage"],
        "code": "shrinkage-left-out",
        "message": shrinkage["message"],
        "hint": shrinkage["hint"],
        "contacts_a_day": 20.0,
    }
    assert "(about 20 of 20 contacts a day)" in shrinkage["message"]
    assert "shrinkage: 0 %" in shrinkage["hint"]


def test_problems_as_json(folder: Path) -> None:
    desk(
        folder,
        changed(
            ("drain: 1 h", "drian: 1 h"), ("talk: 60 s", "talk: -60 s"), ("demand: 10\n", "demand: 10\n    x: 1\n")
        ),
    )
    done = sojourn("validate", "desk.yaml", "--json", cwd=folder)
    assert (done.code, done.err) == (2, "")
    printed = json.loads(done.out)
    assert (printed["valid"], printed["warnings"]) == (False, [])
    assert sorted((p["line"], p["path"], p["code"]) for p in printed["problems"]) == [
        (2, "run.drian", "unknown-key"),
        (8, "intents.question.x", "unknown-key"),
        (14, "intents.question.steps.call.talk", "wrong-value"),
    ]
    assert printed["problems"][0]["message"] == "is not a key of this"
    assert printed["problems"][0]["hint"] == 'did you mean "drain"?'


def test_a_run_points_to_the_warnings(folder: Path) -> None:
    words = ("run", "desk.yaml", "-n", "1", "-p", "1", "--no-report", "--out", "run")
    pointer = "3 assumptions carry weight in desk.yaml; `sojourn validate desk.yaml` lists what to write.\n"
    assert pointer in sojourn(*words, cwd=folder).out
    desk(folder, changed(*SAID))
    assert "assumption" not in sojourn(*words, cwd=folder).out
