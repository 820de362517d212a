"""Starts where each different shift has a price: near the optimum of small weeks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import highspy
import numpy as np
import pytest

from sim.roster import Limits, read_requirements
from sim.roster.different_shifts import start_of_used
from sim.roster.fixed_charge_cuts import add_cuts
from sim.roster.patterns import patterns_of
from sim.roster.program import Program, Solver
from sim.roster.shift_model import GroupProblem, shift_model
from tests.support.rosters import rules_of, week_table


def problem_of(folder: Path, seed: int, *, at_night: bool = False) -> GroupProblem:
    """Return a week of random needs, with a price of each different pair of start and length."""
    needs = np.random.default_rng(seed).integers(0, 6, size=(7, 24 if at_night else 8)).tolist()
    (folder / "needs.csv").write_text(week_table(needs, 0 if at_night else 8), encoding="utf-8")
    rules = rules_of(
        folder,
        {
            "shifts": {"any": {"start": "20:00-01:00" if at_night else "08:00-13:00", "length": "3 h-5 h"}},
            "contracts": {"all": {"cost": 0, "rest": 0}},
            "prices": {"under": 2, "over": 2, "different_shifts": 5},
        },
    )
    slots = patterns_of(rules, read_requirements(folder / "needs.csv"), "rules.yaml")
    return GroupProblem("desk", rules, dict(rules.contracts), slots, slots.requirements.needed[0])


def test_no_cut_is_added_when_the_time_is_over(tmp_path: Path) -> None:
    model = shift_model(problem_of(tmp_path, 0))
    plain, cut, late = (Solver(model.program) for _ in range(3))
    assert add_cuts(model, cut)
    assert add_cuts(model, late, seconds=-1.0)
    bounds = [float(each.relax() @ np.array(model.program.costs)) for each in (plain, cut, late)]
    assert bounds[1] > bounds[0] + 1.0
    assert bounds[2] == pytest.approx(bounds[0])


class RecordedSolver(Solver):
    """A solver that keeps the rows that are added to it."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.added: list[tuple[dict[int, float], float]] = []

    def add_row(self, factors: Mapping[int, float], at_least: float) -> None:
        self.added.append((dict(factors), at_least))
        super().add_row(factors, at_least)


@pytest.mark.parametrize(("seed", "at_night"), [(0, False), (1, False), (2, True)])
def test_no_cut_removes_any_numbers_of_shifts(seed: int, at_night: bool, tmp_path: Path) -> None:
    """Numbers are drawn, thin and dense ones; what is missing and too much is counted slot by slot."""
    problem = problem_of(tmp_path, seed, at_night=at_night)
    model = shift_model(problem)
    solver = RecordedSolver(model.program)
    add_cuts(model, solver)
    assert len(solver.added) > 50
    random = np.random.default_rng(seed)
    for _ in range(100):
        values, covered = np.zeros(len(model.program.costs)), np.zeros(len(problem.needed))
        used = random.random(len(problem.slots.patterns)) < random.random()
        for (_, number, day), column in model.shifts.items():
            pattern = problem.slots.patterns[number]
            if used[number]:
                values[column] = random.integers(0, 4)
            if values[column]:
                values[model.different[pattern.start, pattern.end]] = 1.0
            hours = np.arange(24 * day + pattern.start // 3600, 24 * day + pattern.end // 3600)
            covered[hours % len(covered)] += values[column]
        for slot, column in model.under.items():
            values[column] = max(problem.needed[slot] - covered[slot], 0.0)
        for slot, column in model.over.items():
            values[column] = max(covered[slot] - problem.needed[slot], 0.0)
        for factors, least in solver.added:
            assert sum(factor * values[column] for column, factor in factors.items()) >= least - 1e-9


def test_rows_that_do_not_bind_are_dropped_and_the_relaxation_stays() -> None:
    program = Program()
    first, second = program.column(1.0), program.column(2.0)
    program.row({first: 1.0, second: 1.0}, at_least=2.0)
    solver = Solver(program)
    solver.add_row({first: 1.0}, 1.0)
    solver.add_row({second: 1.0}, 1.0)
    assert solver.relax() == pytest.approx([1.0, 1.0])
    solver.add_row({first: 1.0, second: 1.0}, 1.0)  # does not bind
    solver.relax()
    assert solver.drop_slack_rows() == 2
    assert solver.relax() == pytest.approx([1.0, 1.0])


def test_a_search_that_ended_before_it_had_a_bound_has_that_of_the_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS says minus infinity then, which no JSON can hold."""
    program = Program()
    for cost, lower, upper in ((2.0, 1.0, math.inf), (-3.0, 0.0, 2.0), (0.0, -math.inf, math.inf)):
        program.column(cost, lower, upper, integer=True)
    info = SimpleNamespace(primal_solution_status=2, objective_function_value=-3.5, mip_dual_bound=-math.inf)
    monkeypatch.setattr(highspy.Highs, "getInfo", lambda _: info)
    assert program.solve(Limits()).bound == -4.0


@pytest.mark.parametrize("seed", range(3))
def test_the_start_keeps_all_rows_and_comes_near_the_optimum(seed: int, tmp_path: Path) -> None:
    model = shift_model(problem_of(tmp_path, seed))
    solver = Solver(model.program)
    start = start_of_used(model, solver, add_cuts(model, solver), Limits())
    assert start is not None
    for least, factors, most in model.program.rows:
        total = sum(factor * start[column] for column, factor in factors.items())
        assert least - 1e-6 <= total <= most + 1e-6
    value = float(start @ np.array(model.program.costs))
    best = model.program.solve(Limits(gap=0.0))
    assert best.is_optimal
    assert best.value - 1e-6 <= value <= 1.05 * best.value
