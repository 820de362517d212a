"""Load tests side by side: figures, changes, and settings that differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from loadtests.run.side_by_side import figures_of, read_load, text_rows
from loadtests.verdict.judgement import judge_result
from loadtests.verdict.results import read_result
from sim.core.checksums import write_checksums
from sim.core.errors import InvalidInput
from sojourn.terminal.loads import are_loads, print_loads

QUANTILES = {"p50": 0.01, "p95": 0.02, "p99": 0.03, "max": 0.04, "p999": None, "p9999": None}


def result(folder: Path, *, speed: float = 60.0, slower: float = 1.0, **more: Any) -> Path:
    """A result folder with as much as `sojourn load` writes of it, slower by a factor."""
    folder.mkdir()
    times = {name: None if value is None else slower * value for name, value in QUANTILES.items()}
    manifest = {"kind": "load", "scenario": "bank", "scenario_hash": "c0ffee", "seed": 1, "speed": speed}
    load = {"valid": True, "requests": 1000, "acknowledged": 990, "latency": times, "lag": times, "verification": None}
    contents = {"manifest": manifest, "scenario": {"objectives": {}}, "load": load | more}
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    write_checksums(folder, ["manifest.json", "scenario.json", "load.json"])
    return folder


def test_two_results_have_a_change_and_name_the_settings_that_differ(tmp_path: Path) -> None:
    usage = {"generators": [{"worker": 1, "cpu_seconds": 0.3, "attempts": 1000, "peak_memory": 200_000_000}]}
    start = {"requests": 1, "acknowledged": 1, "samples": 1, "errors": {}, "latency": QUANTILES}
    breakdowns = {"verb": {"start": start}}
    folders = [result(tmp_path / "a"), result(tmp_path / "b", speed=120.0, slower=1.5, breakdowns=breakdowns, **usage)]
    columns, rows = text_rows([read_load(folder) for folder in folders])
    table = {row[0]: row[1:] for row in rows}
    assert columns == ["", str(folders[0]), str(folders[1]), "change"]
    assert table["speed (differs)"] == ("60.0", "120.0", "")
    assert "seed (differs)" not in table
    assert table["requests"] == ("1,000", "1,000", "+0.0%")
    assert table["latency p95, ms"] == ("20.0", "30.0", "+50.0%")
    assert table["generator's CPU per attempt, us"] == ("-", "300.0", "-")  # the first is of an older version
    assert table["start: latency p95, ms"] == ("-", "20.0", "-")
    assert "latency p99.9, ms" not in table  # measured nowhere
    assert "findings" not in table  # nothing was read back


def test_three_results_have_no_change(tmp_path: Path) -> None:
    results = [read_load(result(tmp_path / name)) for name in "abc"]
    columns, rows = text_rows(results)
    assert len(columns) == 4
    assert {len(row) for row in rows} == {4}
    assert figures_of(results)[0].change is None


def test_what_is_no_load_test_is_refused(tmp_path: Path) -> None:
    folder = result(tmp_path / "a")
    assert are_loads([folder])
    assert not are_loads([folder, tmp_path])
    assert not are_loads([])
    with pytest.raises(InvalidInput, match="no such folder"):
        read_load(tmp_path / "nowhere")
    (folder / "load.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"load\.json"):
        read_load(folder)


@pytest.mark.parametrize(
    ("file", "key", "odd"),
    [
        *[("manifest", "command", odd) for odd in (5, ["sojourn", 5], "sojourn")],
        ("manifest", "created", 5),
        ("load", "retries", "many"),
        ("load", "attempts", [1]),
        ("load", "outages", 3),
        ("load", "service_time", {"p50": "1 s"}),
        *[("load", "generators", odd) for odd in (3, [3], [{"cpu_seconds": 0.3}])],
        *[("load", "endpoint", odd) for odd in (3, {"cpu_seconds": 0.3, "peak_memory": "1 MB"})],
    ],
)
def test_values_of_odd_types_are_sentences_with_their_place(tmp_path: Path, file: str, key: str, odd: Any) -> None:
    folder = result(tmp_path / "a")
    content = json.loads((folder / f"{file}.json").read_text(encoding="utf-8"))
    (folder / f"{file}.json").write_text(json.dumps(content | {key: odd}), encoding="utf-8")
    write_checksums(folder, ["manifest.json", "scenario.json", "load.json"])
    with pytest.raises(InvalidInput) as caught:
        read_load(folder)
    (problem,) = caught.value.problems
    assert problem.file == str(folder / f"{file}.json")
    assert problem.path.split(".")[0] == key
    assert "of another type than" in problem.message
    print_loads([result(tmp_path / "b")], {}, as_json=False)  # which has none of them


def test_objectives_are_read_in_the_units_of_the_scenario_language(tmp_path: Path) -> None:
    folder = result(tmp_path / "a")
    objectives = {"load": {"p95": "10 ms", "error_rate": "5 %"}}
    (folder / "scenario.json").write_text(json.dumps({"objectives": objectives}), encoding="utf-8")
    write_checksums(folder, ["manifest.json", "scenario.json", "load.json"])
    read = read_result(folder)
    assert (read.objectives["load"]["p95"], read.objectives["load"]["error_rate"]) == (0.01, 0.05)
    assert judge_result(read).exit_code in {2, 4}


def test_the_command_prints_a_table_or_json_and_refuses_what_means_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [result(tmp_path / "a"), result(tmp_path / "b", slower=2.0)]
    print_loads(folders, {"seed": None, "set": []}, as_json=True)
    figures = {each["name"]: each for each in json.loads(capsys.readouterr().out)["figures"]}
    assert figures["latency p50"] == {"name": "latency p50", "unit": "ms", "values": [10.0, 20.0], "change": 1.0}
    print_loads(folders, {}, as_json=False)
    assert "+100.0%" in capsys.readouterr().out
    with pytest.raises(InvalidInput, match="--seed: means nothing"):
        print_loads(folders, {"seed": 3, "set": []}, as_json=False)
