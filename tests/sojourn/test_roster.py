"""``sojourn roster``: shifts that the scenario can use, what is refused, and what an interrupt keeps."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

import sojourn as api
from tests.support.command_line import Command, sojourn
from tests.support.rosters import week_table

NEEDS = "time,desk\n08:00,2\n09:00,3\n"
RULES = """
shifts:
  whole: {start: 08:00, length: 2 h, off: [{time: 15 min, begins: 08:30-09:45}]}
  short: {start: [09:00], length: 1 h}
contracts: {all: {people: 9, cost: 20}}
prices: {under: 1000}
"""


@pytest.fixture
def needs(folder: Path) -> Path:
    """Return the folder of ``desk.yaml`` with ``needs.csv`` and ``rules.yaml`` beside it."""
    (folder / "needs.csv").write_text(NEEDS, encoding="utf-8")
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    return folder


@pytest.mark.command
def test_a_roster_is_printed_and_written_and_the_scenario_can_use_it(needs: Path) -> None:
    done = sojourn("roster", "needs.csv", "--rules", "rules.yaml", "--out", "plan", cwd=needs)
    assert done.code == 0, done.err
    assert "Cost 120, which is the least possible." in done.out  # two of 2 h; one of 1 h for the third, one for breaks
    command = done.out[done.out.index("Simulate it: sojourn ") :].removeprefix("Simulate it: sojourn ").split()
    command[command.index("SCENARIO")] = "desk.yaml"
    used = sojourn(*command, "-n", "2", "-p", "1", "--no-report", "--out", "used", cwd=needs)
    assert used.code == 0, used.err
    with (needs / "plan" / "coverage.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(float(row["on_duty"]) >= float(row["needed"]) for row in rows)
    with (needs / "plan" / "roster.csv").open(encoding="utf-8", newline="") as file:
        assert sum(float(row["paid_hours"]) for row in csv.DictReader(file)) == 6
    records = json.loads((needs / "plan" / "roster.json").read_text(encoding="utf-8"))
    assert records["cost"] == pytest.approx(120)
    assert records["lower_bound"] == pytest.approx(120)
    assert {"report.html", "tables.xlsx", "tables"} <= {path.name for path in (needs / "plan").iterdir()}


def test_no_page_is_written_where_none_is_wanted(needs: Path) -> None:
    result = api.make_roster(needs / "needs.csv", needs / "rules.yaml", report=False, out=needs / "plan")
    assert not {"report.html", "tables.xlsx", "tables"} & {path.name for path in result.folder.iterdir()}


@pytest.mark.command
def test_a_time_that_is_not_covered_is_named_with_exit_code_2(needs: Path) -> None:
    (needs / "needs.csv").write_text(f"{NEEDS}10:00,1\n", encoding="utf-8")
    done = sojourn("roster", "needs.csv", "--rules", "rules.yaml", "--out", "plan", cwd=needs)
    assert done.code == 2, done.err
    assert "10:00-11:00: 1 agent missing; no kind of shift is on duty then" in done.out
    assert (needs / "plan" / "roster.csv").is_file()


def test_all_that_is_wrong_is_said_at_once(needs: Path, refused: Command) -> None:
    rules = RULES.replace("begins: 08:30-09:45", "").replace("short:", "short: {start: 25:00}\n  other:")
    (needs / "rules.yaml").write_text(rules, encoding="utf-8")
    done = refused("roster", "needs.csv", "--rules", "rules.yaml", cwd=needs)
    assert done.code == 2
    assert "shifts.short.length: is missing" in done.err
    assert "25:00" in done.err
    rules = RULES.replace("begins: 08:30-09:45", "").replace("people: 9", "shifts: [long], hours: 30")
    (needs / "rules.yaml").write_text(rules, encoding="utf-8")
    done = refused("roster", "needs.csv", "--rules", "rules.yaml", cwd=needs)
    assert 'shifts.whole.off.0: needs either "begins" or "after", and not both' in done.err
    assert 'contracts.all.shifts: "long" is not a kind of shift' in done.err
    assert 'contracts.all: hours and days are of people; give their number, such as "people: 20"' in done.err
    rules = RULES.replace("all: {", "all: {group: sales, ")
    (needs / "rules.yaml").write_text(rules, encoding="utf-8")
    done = refused("roster", "needs.csv", "--rules", "rules.yaml", cwd=needs)
    assert 'contracts.all.group: "sales" is no column of needs.csv; known are desk' in done.err


@pytest.mark.command
def test_an_interrupt_keeps_the_best_roster_so_far(needs: Path) -> None:
    program = """
import os, signal, sys, time
from unittest.mock import patch
from sim.core import interrupts
from sim.roster.program import Solver
from sojourn.__main__ import main
solve = Solver.solve

def press(self, *words, **more):
    solution = solve(self, *words, **more)
    os.kill(os.getpid(), signal.SIGINT)
    while not interrupts.presses():
        time.sleep(0.01)
    from dataclasses import replace
    return replace(solution, interrupted=True)

sys.argv = ["sojourn", "roster", "needs.csv", "--rules", "rules.yaml", "--out", "plan"]
with patch("sim.roster.program.Solver.solve", press):
    main()
"""
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, check=False, cwd=needs, capture_output=True, text=True, timeout=120)
    assert done.returncode == 130, done.stderr
    assert done.stderr.endswith("Interrupted; this is the best roster so far.\n")
    assert (needs / "plan" / "roster.csv").is_file()


@pytest.mark.command
def test_an_interrupt_within_the_solver_keeps_the_best_roster_with_its_bound(tmp_path: Path) -> None:
    numbers = [2, 9, 4, 11, 6, 3, 12, 5, 8, 2, 10, 7]
    (tmp_path / "needs.csv").write_text(week_table([numbers[day:] + numbers[:day] for day in range(7)]), "utf-8")
    rules = {
        "shifts": {"any": {"start": "08:00-16:00", "length": "4 h-9 h", "every": "1 h"}},
        "contracts": {"all": {"cost": 1}},
        "prices": {"under": 3, "over": 2, "different_shifts": 7},
    }
    (tmp_path / "rules.yaml").write_text(json.dumps(rules), encoding="utf-8")
    program = """
import math, os, signal, sys
from contextlib import contextmanager
from unittest.mock import patch
from sojourn.__main__ import main

@contextmanager
def pressing():
    def show(group, best, bound):  # is called from within the solver
        if best < 1e300:
            os.kill(os.getpid(), signal.SIGINT)
    yield show

sys.argv = ["sojourn", "roster", "needs.csv", "--rules", "rules.yaml", "--gap", "0", "--out", "plan"]
with patch("sojourn.terminal.progress.roster_progress", pressing):
    main()
"""
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 130, done.stderr
    assert done.stderr.endswith("Interrupted; this is the best roster so far.\n")
    record = json.loads((tmp_path / "plan" / "roster.json").read_text(encoding="utf-8"))
    assert record["interrupted"]
    assert record["broken_rules"] == []
    assert 0 < record["lower_bound"] < record["cost"]
