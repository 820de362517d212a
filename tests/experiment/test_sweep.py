"""Sweeps: each point is what a run of its scenario is, bit for bit, and only what is new is simulated."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sim.core import interrupts
from sim.core.errors import CannotWrite
from sim.engine import Plan, make_plan
from sim.experiment import sweep, workers
from sim.experiment.goals import Goal, read_goals
from sim.experiment.replicate import measure_once, replicate
from sim.experiment.sweep import prepare_sweep, simulate_points
from sim.experiment.sweep_cache import Piece, SweepCache
from sim.experiment.sweep_estimates import SweepPoint, SweepValues
from sim.kpis import Row
from sim.scenario import Scenario, read_scenario, scenario_hash
from tests.support.command_line import contents
from tests.support.minimal_scenario import changed

DESK = changed(("demand: 10", "demand: 70"), ("staff: 2", "staff: 2, cost: 30"))
KPIS = ("calls.service_level >= 70 %", "abandonment <= 20 %", "cost", "asa", "calls.intervals_on_target")
COLUMNS = ("value", "low", "high", "p10", "p50", "p90")
REPLICATIONS = 13


@pytest.fixture
def scenarios(tmp_path: Path) -> list[Scenario]:
    (tmp_path / "desk.yaml").write_text(DESK, encoding="utf-8")
    return [read_scenario(tmp_path / "desk.yaml", [f"agents.*.staff={staff}"]) for staff in (1, 2, 3)]


def _point(scenario: Scenario, kpis: Sequence[str] = KPIS) -> SweepPoint:
    plan = make_plan(scenario)
    return SweepPoint(plan, scenario_hash(scenario), read_goals(plan, scenario, kpis, "--kpi"))


def _swept(
    points: Sequence[SweepPoint], folder: Path, *, replications: int = REPLICATIONS, processes: int = 1
) -> SweepValues:
    work = prepare_sweep(points, SweepCache(folder), seed=3, replications=replications, engine="compiled")
    return simulate_points(work, processes=processes)


def _as_a_run(plan: Plan, goals: Sequence[Goal], replications: int) -> dict[str, list[float]]:
    estimates = replicate(plan, seed=3, replications=replications, processes=1).estimates
    rows = [estimates.row(*goal.row[:3]) for goal in goals]
    return {name: [getattr(row, name) for row in rows] for name in COLUMNS}


@pytest.fixture
def simulations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by each replication that is simulated in this process."""
    counted: list[int] = []

    def measure(plan: Plan, seed: int, replication: int, engine: str) -> object:
        counted.append(replication)
        return measure_once(plan, seed, replication, engine)

    monkeypatch.setattr(sweep, "measure_once", measure)
    return counted


@pytest.mark.parametrize("kpis", [KPIS, ("calls.service_level",), ("journeys",)])
@pytest.mark.parametrize("days", [1, 9])
def test_a_point_has_the_numbers_of_a_run_of_its_scenario(tmp_path: Path, kpis: tuple[str, ...], days: int) -> None:
    (tmp_path / "desk.yaml").write_text(DESK, encoding="utf-8")
    changes = [[f"run.days={days}", f"agents.desk.staff={staff}"] for staff in (1, 2)]
    points = [_point(read_scenario(tmp_path / "desk.yaml", change), kpis) for change in changes]
    values = _swept(points, tmp_path / "cache")
    for number, point in enumerate(points):
        wanted = _as_a_run(point.plan, point.goals, REPLICATIONS)
        for name in COLUMNS:
            assert np.array_equal(getattr(values, name)[number], wanted[name], equal_nan=True), (name, number)


def test_neither_processes_nor_the_cache_change_a_bit(
    scenarios: list[Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [_point(scenario) for scenario in scenarios]
    alone = _swept(points, tmp_path / "one")
    monkeypatch.setattr(workers, "WORTH", 0.0)  # seconds: processes are started
    spread = _swept(points, tmp_path / "two", processes=2)
    again = _swept(points, tmp_path / "one")
    for name in (*COLUMNS, "meets", "at_least", "at_most"):
        for other in (spread, again):
            assert np.array_equal(getattr(alone, name), getattr(other, name), equal_nan=True), name
    assert {file.name: file.read_bytes() for file in (tmp_path / "one").rglob("*") if file.is_file()} == {
        file.name: file.read_bytes() for file in (tmp_path / "two").rglob("*") if file.is_file()
    }


def test_days_that_keep_a_bound_are_counted_from_above_and_from_below(
    scenarios: list[Scenario], tmp_path: Path
) -> None:
    plan = make_plan(scenarios[1])
    days = [measure_once(plan, 3, number)[0] for number in range(REPLICATIONS)]
    level = np.array([each.value_of("service_level", "queue", "calls") for each in days])
    abandoned = np.array([each.value_of("abandonment") for each in days])
    bounds = f"calls.service_level >= {np.median(level)}", f"abandonment <= {np.median(abandoned)}", "cost"
    values = _swept([_point(scenarios[1], bounds)], tmp_path / "cache")
    assert values.meets[0, :2].tolist() == [
        (level >= np.median(level)).mean(),
        (abandoned <= np.median(abandoned)).mean(),
    ]
    assert 0 < values.meets[0, 0] < 1
    assert np.isnan(values.meets[0, 2])


def test_a_larger_sweep_simulates_only_what_is_new(
    scenarios: list[Scenario], tmp_path: Path, simulations: list[int]
) -> None:
    points = [_point(scenario) for scenario in scenarios]
    _swept(points[:2], tmp_path / "cache", replications=10)
    assert simulations == 2 * list(range(10))
    simulations.clear()
    _swept([points[2], *points[:2], points[0]], tmp_path / "cache", replications=10)  # the same point twice
    assert simulations == list(range(10))
    simulations.clear()
    _swept(points, tmp_path / "cache", replications=15)
    assert simulations == 3 * list(range(10, 15))
    simulations.clear()
    _swept([_point(scenarios[0], ("cost",))], tmp_path / "cache", replications=10)  # other rows
    assert simulations == list(range(10))


def test_a_pipe_or_a_device_in_the_cache_counts_as_missing_and_is_not_replaced(tmp_path: Path) -> None:
    """Reading them would wait for ever, or have no end."""
    cache, piece, rows = SweepCache(tmp_path), Piece("a", 1, "compiled", 0, 1), [Row("asa", "all", "", None)]
    values = np.ones((1, 1)), np.ones((1, 1))
    cache.write(piece, rows, values)
    assert cache.read(piece, rows) == values
    (file,) = (each for each in tmp_path.rglob("*") if each.is_file())
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to(path), Path.mkdir):
        file.unlink(missing_ok=True)
        make(file)
        assert cache.read(piece, rows) is None
    with pytest.raises(CannotWrite, match="Is a directory"):
        cache.write(piece, rows, values)


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 500])
def test_what_is_damaged_is_simulated_anew(
    scenarios: list[Scenario], tmp_path: Path, simulations: list[int], damage: bytes
) -> None:
    points = [_point(scenario) for scenario in scenarios[:2]]
    whole = _swept(points, tmp_path / "cache")
    files = sorted(file for file in (tmp_path / "cache").rglob("*") if file.is_file())
    kept = [file.read_bytes() for file in files]
    files[0].write_bytes(damage or kept[0][:-1])
    files[1].write_bytes(kept[0])  # a whole one of another piece
    simulations.clear()
    again = _swept(points, tmp_path / "cache")
    assert 0 < len(simulations) < 2 * REPLICATIONS
    assert np.array_equal(whole.value, again.value)
    assert [file.read_bytes() for file in files] == kept


def test_an_interrupt_keeps_the_points_that_are_complete(
    scenarios: list[Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, simulations: list[int]
) -> None:
    points = [_point(scenario) for scenario in scenarios]
    whole = _swept(points, tmp_path / "whole")

    def interrupt(done: int, _total: int) -> None:
        if done > REPLICATIONS:
            raise KeyboardInterrupt

    monkeypatch.setattr(interrupts, "allow", lambda _seconds: None)
    work = prepare_sweep(points, SweepCache(tmp_path / "cache"), seed=3, replications=REPLICATIONS, engine="compiled")
    part = simulate_points(work, processes=1, progress=interrupt)
    assert part.done.tolist() == [True, False, False]
    assert np.array_equal(part.value[0], whole.value[0])
    assert np.isnan(part.value[1:]).all()
    simulations.clear()
    resumed = _swept(points, tmp_path / "cache")
    assert len(simulations) == 2 * REPLICATIONS - 10  # a piece of the second point was done
    for name in ("value", "low", "high", "p10", "p50", "p90"):
        assert getattr(resumed, name).tobytes() == getattr(whole, name).tobytes(), name
    assert contents(tmp_path / "cache") == contents(tmp_path / "whole") != {}


def test_an_interrupt_before_the_first_point_is_complete_is_one(scenarios: list[Scenario], tmp_path: Path) -> None:
    def interrupt(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    work = prepare_sweep([_point(scenarios[0])], SweepCache(tmp_path), seed=3, replications=20, engine="compiled")
    with pytest.raises(KeyboardInterrupt):
        simulate_points(work, processes=1, progress=interrupt)


def test_bounds_come_from_the_text_or_else_from_objectives_or_queues(tmp_path: Path) -> None:
    text = DESK + "queues: {calls: {service_level: {within: 20 s, target: 90 %}}}\n"
    text += "objectives: {simulation: [{kpi: abandonment, at_most: 0.05}]}\n"
    (tmp_path / "desk.yaml").write_text(text, encoding="utf-8")
    scenario = read_scenario(tmp_path / "desk.yaml")
    goals = read_goals(make_plan(scenario), scenario, ["calls.service_level", "abandonment", "cost", "asa<=1 min"], "k")
    assert goals[0].row == Row("service_level", "queue", "calls", None)
    bounds = np.array([goal[1:] for goal in goals])
    assert np.array_equal(bounds, [[0.9, np.nan], [np.nan, 0.05], [np.nan] * 2, [np.nan, 60.0]], equal_nan=True)
