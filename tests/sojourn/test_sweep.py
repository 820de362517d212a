"""``sojourn sweep``: grids, lists and files of sweeps; one table, one page; what is wrong; interrupts."""

from __future__ import annotations

import csv
import json
import os
import signal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import sojourn as api
from tests.support.command_line import BUSY, Command, desk, sojourn, start, wait_for

CACHE = Path("results") / "sweep-cache"
SLOW_MACHINE = 300.0  # seconds until a command of some seconds must have ended
GRID = ("--vary", "agents.desk.staff=1..3", "--vary", "demand.volume=*1,*4")


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "sweep.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.command
def test_a_grid_gives_a_table_a_page_and_a_verdict(folder: Path) -> None:
    words = ["sweep", "desk.yaml", *GRID, "--kpi", "calls.service_level >= 80 %", "--set", "agents.desk.cost=30"]
    done = sojourn(*words, "-n", "3", "-p", "1", "--out", "out", cwd=folder)
    assert done.code == 0, done.err
    assert done.err == "6 points, 3 replications of each: all will take about 1 s.\n"
    assert "The cheapest points that reach Service level, calls of at least 80.0 %: with demand.volume=*1 " in done.out
    rows = _rows(folder / "out")
    assert [(row["agents.desk.staff"], row["demand.volume"]) for row in rows[::2]] == [
        (staff, volume) for staff in "123" for volume in ("*1", "*4")
    ]
    assert [row["kpi"] for row in rows[:2]] == ["service_level", "cost"]  # which is added where there is any
    table = pq.read_table(folder / "out" / "sweep.parquet").to_pylist()
    assert [row["agents.desk.staff"] for row in table[::2]] == [1, 1, 2, 2, 3, 3]
    assert [str(row["value"]) for row in table] == [row["value"] for row in rows]
    with (folder / "out" / "tables" / "points.csv").open(encoding="utf-8", newline="") as file:
        wide = list(csv.DictReader(file))
    assert [line["Service level, calls (share)"] for line in wide] == [row["value"] for row in rows[::2]]
    assert (folder / "out" / "tables.xlsx").exists()
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["design"], manifest["points"], manifest["replications"]) == ("grid", 6, 3)
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert page.index("The cheapest points that reach") < page.index("<svg") < page.index("<table")
    again = sojourn(*words, "-n", "3", "-p", "1", "--out", "again", cwd=folder)
    assert again.err == "6 points, 3 replications of each: all kept from before.\n"
    for name in ("sweep.csv", "sweep.parquet", "scenario.json"):
        assert (folder / "out" / name).read_bytes() == (folder / "again" / name).read_bytes()


def test_a_point_has_the_numbers_of_a_run_with_its_overrides(folder: Path) -> None:
    swept = api.sweep(
        folder / "desk.yaml", {"agents.*.staff": [1, 2], "intents.*.steps.*.talk": ["*1", "+5 min"]},
        kpis=["calls.service_level", "occupancy"], replications=4, processes=1, out=folder / "out",
        cache=folder / "cache",
    )  # fmt: skip
    overrides = ["agents.*.staff=2", "intents.*.steps.*.talk=+5 min"]
    run = api.run(
        folder / "desk.yaml", overrides=overrides, replications=4, processes=1, report=False, out=folder / "run"
    )
    last = swept.records()[-2:]
    for record, row in zip(last, [("service_level", "queue", "calls"), ("occupancy",)], strict=True):
        alone = run.estimates.row(*row)
        assert [record[name] for name in ("value", "low", "high", "p10", "p50", "p90")] == [
            alone.value, alone.low, alone.high, alone.p10, alone.p50, alone.p90,
        ]  # fmt: skip
    assert repr(swept).startswith("<SweepResult: one desk, 4 points of 4 replications, ")
    assert not swept.interrupted
    assert swept.as_dict()["points"] == swept.records()


def test_a_file_of_a_sweep_says_all_of_it_and_the_command_line_goes_before_it(folder: Path) -> None:
    text = """\
scenario: desk.yaml
set: demand.volume=*4
vary: {agents.desk.staff: 1..2}
kpis: [calls.asa <= 20 s]
replications: 2
seed: 9
"""
    (folder / "sweep.yaml").write_text(text, encoding="utf-8")
    options = {"file": folder / "sweep.yaml", "processes": 1, "out": folder / "out", "cache": folder / "cache"}
    result = api.sweep(**options)
    assert (len(result.points), result.values.replications, result.manifest["seed"]) == (2, 2, 9)
    assert result.manifest["overrides"] == ["demand.volume=*4"]
    result = api.sweep(vary={"agents.desk.staff": "1..3"}, kpis=["asa"], replications=3, **options)
    assert (len(result.points), result.values.replications) == (3, 3)
    assert [row.kpi for row in result.values.rows] == ["asa"]


def test_a_list_of_points_leaves_empty_cells_as_they_are(folder: Path) -> None:
    (folder / "points.csv").write_text("agents.desk.staff,demand.volume\n1,\n,*4\n", encoding="utf-8")
    result = api.sweep(
        folder / "desk.yaml", points=folder / "points.csv", replications=2, processes=1, out=folder / "out",
        cache=folder / "cache",
    )  # fmt: skip
    assert [(row["agents.desk.staff"], row["demand.volume"]) for row in result.records()] == [(1, None), (None, "*4")]
    run = api.run(folder / "desk.yaml", overrides=["agents.desk.staff=1"], replications=2, processes=1, report=False,
                  out=folder / "run")  # fmt: skip
    assert result.records()[0]["value"] == run.estimates.value_of("service_level")


def test_anew_simulates_again_and_replaces_what_was_kept(folder: Path) -> None:
    options = {"replications": 2, "processes": 1, "out": folder / "out", "cache": folder / "cache"}
    sentences: list[str] = []
    for resume in (True, True, False):
        api.sweep(
            folder / "desk.yaml", {"agents.desk.staff": "1..2"}, resume=resume, announce=sentences.append, **options
        )
    assert ["kept from before" in sentence for sentence in sentences] == [False, True, False]


WRONG = {
    "no scenario": ([], ["sojourn sweep: needs a scenario, or --file FILE that names one"]),
    "nothing varied": (["desk.yaml"], ["--vary: is missing; say what varies: a path and its values, such as"]),
    "two wrong ranges": (
        ["desk.yaml", "--vary", "agents.desk.staff=4..1", "--vary", "demand.volume=0.8..1.2"],
        ['--vary agents.desk.staff: "4..1" should go up', '--vary demand.volume: "0.8..1.2" needs a step'],
    ),
    "no values": (["desk.yaml", "--vary", "agents.desk.staff"], ["--vary agents.desk.staff: write it as PATH=VALUES"]),
    "a path twice": (
        ["desk.yaml", "--vary", "agents.desk.staff=1", "--vary", "agents.desk.staff=2"],
        ["agents.desk.staff has values already; give all of them at once"],
    ),
    "a path that is not there": (
        ["desk.yaml", "--vary", "agents.desk.stafff=1..3"],
        ['point 1 (agents.desk.stafff=1): "stafff" is not in agents.desk; did you mean "staff"?', "at 2 other points"],
    ),
    "a wildcard that matches nothing": (
        ["desk.yaml", "--vary", "agents.*.stafff=1..3"],
        ["point 1 (agents.*.stafff=1): nothing in the scenario matches agents.*.stafff"],
    ),
    "values out of range at two paths": (
        ["desk.yaml", "--vary", "run.days=1,0", "--vary", "agents.desk.shrinkage=10 %,200 %"],
        [
            "point 3 (run.days=0, agents.desk.shrinkage=10 %): run.days: ",
            "point 2 (run.days=1, agents.desk.shrinkage=200 %): agents.desk.shrinkage: 200 % is not between",
        ],
    ),
    "a table that is not there": (
        ["desk.yaml", "--vary", "agents.desk.staff=few,many"],
        ["point 1 (agents.desk.staff=few): few: there is no such file"],
    ),
    "no such KPI": (
        ["desk.yaml", *GRID, "--kpi", "servce_level", "--kpi", "calls.asa <= soon"],
        ['--kpi: "servce_level": "servce_level" is not a KPI', '--kpi: "calls.asa <= soon": "soon" is no bound of asa'],
    ),
    "a bound that never holds": (
        ["desk.yaml", *GRID, "--kpi", "service_level >= 80"],
        ['--kpi: "service_level >= 80": service_level is from 0 to 1, so 80 % is 0.8'],
    ),
    "a bound of another kind": (
        ["desk.yaml", *GRID, "--kpi", "service_level = 80 %"],
        ['"service_level = 80 %" is not a KPI with a bound; write it like "voice.service_level >= 80 %"'],
    ),
    "a list and values": (
        ["desk.yaml", *GRID, "--points", "points.csv"],
        ["--vary: the list of points has the values of all paths; put agents.desk.staff, demand.volume into it"],
    ),
    "no such list": (["desk.yaml", "--points", "points.csv"], ["points.csv: there is no such file"]),
    "too long": (
        ["desk.yaml", "--vary", "agents.desk.staff=1..50", "--set", "demand.volume=*10000", "-n", "1000"],
        ["50,000 replications of", "give fewer points or --replications, or --yes if that is wanted"],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_and_nothing_is_run(refused: Command, folder: Path, name: str) -> None:
    words, sentences = WRONG[name]
    done = refused("sweep", *words, cwd=folder)
    assert done.code == 2
    for sentence in sentences:
        assert sentence in done.err, done.err
    assert not (folder / "results").exists()


FILES = {
    "a misspelt key": ("varry: {a: 1}\n", 'sweep.yaml:1: varry: is not a key of this; did you mean "vary"?'),
    "wrong points": (
        "scenario: desk.yaml\npoints: 1.5\n",
        "sweep.yaml:2: points: '1.5' should be a number of points, the name of a file",
    ),
    "no replications": ("scenario: desk.yaml\nreplications: 0\n", "sweep.yaml:2: replications: "),
}


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_file_of_a_sweep_is_refused(refused: Command, folder: Path, name: str) -> None:
    text, sentence = FILES[name]
    (folder / "sweep.yaml").write_text(text, encoding="utf-8")
    done = refused("sweep", "--file", "sweep.yaml", cwd=folder)
    assert done.code == 2
    assert sentence in done.err, done.err


@pytest.mark.command
@pytest.mark.slow
@pytest.mark.timeout(3 * SLOW_MACHINE)
def test_an_interrupted_sweep_goes_on_with_the_same_bytes(tmp_path: Path) -> None:
    desk(tmp_path, BUSY)
    words = ["sweep", "desk.yaml", "--vary", "agents.desk.staff=14..25", "-n", "200", "-p", "2", "--out", "out"]
    with start(*words, cwd=tmp_path) as process:
        wait_for(lambda: sum(file.is_file() for file in (tmp_path / CACHE).rglob("*")) > 25, process, seconds=200)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=SLOW_MACHINE)
    assert process.returncode == 130, err
    assert "of 12 points; the same command goes on." in err
    partial = _rows(tmp_path / "out")
    assert 1 <= len(partial) < 12
    assert "points were simulated before an interrupt" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    resumed = sojourn(*words, "--resume", cwd=tmp_path, seconds=SLOW_MACHINE)
    assert resumed.code == 0, resumed.err
    assert "of 2,400 kept from before" in resumed.err
    whole = sojourn(*words[:-1], "whole", "--cache", "other", cwd=tmp_path, seconds=SLOW_MACHINE)
    assert whole.code == 0, whole.err
    for name in ("sweep.csv", "sweep.parquet"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert _rows(tmp_path / "out")[: len(partial)] == partial
