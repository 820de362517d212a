"""Objectives in a file of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadtests.verdict.objectives_file import read_objectives
from sim.core.checksums import write_checksums
from sim.core.errors import InvalidInput
from sojourn.api.verdicts import judge


def _run(folder: Path) -> Path:
    manifest = {"kind": "run", "scenario": "bank", "scenario_hash": "c0ffee", "replications": 1, "wanted": 1, "seed": 1}
    kpis = [{"kpi": "asa", "by": "queue", "key": "cards", "interval": None, "value": 31.5}]
    strict = {"simulation": [{"kpi": "asa", "by": "queue", "key": "cards", "at_most": 10.0}], "load": {"lost": 0}}
    for name, content in {"manifest": manifest, "scenario": {"objectives": strict}, "kpis": kpis}.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    write_checksums(folder, ["manifest.json", "scenario.json", "kpis.json"])
    return folder


@pytest.mark.parametrize(("bound", "code"), [(40, 0), (20, 2)])
def test_objectives_of_a_file_stand_in_place_of_those_of_the_scenario(tmp_path: Path, bound: int, code: int) -> None:
    folder, file = _run(tmp_path), tmp_path / "bounds.yaml"
    assert judge(folder).exit_code == 2
    file.write_text(f"simulation:\n  - {{kpi: asa, by: queue, key: cards, at_most: {bound}}}\n", encoding="utf-8")
    assert judge(folder, objectives=file).exit_code == code


def test_durations_and_shares_are_written_as_in_a_scenario(tmp_path: Path) -> None:
    file = tmp_path / "bounds.yaml"
    file.write_text("load: {p50: 50 ms, p95: 0.25 s, error_rate: 0.5 %, read_back: optional}\n", encoding="utf-8")
    load = read_objectives(file)["load"]
    assert {name: load[name] for name in ("p50", "p95", "p99", "error_rate", "read_back", "lost")} == {
        "p50": pytest.approx(0.05),
        "p95": 0.25,
        "p99": None,
        "error_rate": pytest.approx(0.005),
        "read_back": "optional",
        "lost": 0,
    }


def test_all_problems_of_a_file_are_named_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "bounds.yaml"
    file.write_text("load:\n  p59: 50 ms\n  p95: soon\nsimulation:\n  - kpi: asa\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_objectives(file)
    assert {(problem.path, problem.line) for problem in caught.value.problems} == {
        ("load.p59", 2),
        ("load.p95", 3),
        ("simulation.0", 5),
    }
    with pytest.raises(InvalidInput, match="no such file"):
        read_objectives(tmp_path / "none.yaml")
