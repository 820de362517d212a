"""``sojourn plan``: each step has a folder, a file takes the place of a step, and the last step judges."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Command, sojourn

RULES = """
shifts:
  whole: {start: 08:00, length: 2 h}
contracts: {all: {cost: 20}}
prices: {under: 1000}
"""
FEW = (
    "--days",
    "10",
    "--fresh-days",
    "20",
    "-p",
    "1",
    "-n",
    "2",
    "--no-report",
    "--target",
    "calls.service_level >= 50 %",
)


@pytest.fixture
def ruled(folder: Path) -> Path:
    """Return the folder of ``desk.yaml`` with ``rules.yaml`` beside it."""
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    return folder


@pytest.mark.command
def test_each_step_has_a_folder_and_its_file_can_take_its_place(ruled: Path) -> None:
    whole = sojourn("plan", "desk.yaml", "--rules", "rules.yaml", *FEW, "--out", "whole", cwd=ruled)
    assert whole.code == 0, (whole.out, whole.err)
    assert sorted(path.name for path in (ruled / "whole").iterdir()) == [
        "plans.csv", "plans.json", "roster", "service", "staffing", "verification"
    ]  # fmt: skip
    again = sojourn("plan", "desk.yaml", "--shifts", "whole/roster/shifts.yaml", *FEW, "--out", "again", cwd=ruled)
    assert again.code == 0, (again.out, again.err)
    assert sorted(path.name for path in (ruled / "again").iterdir()) == [
        "plans.csv", "plans.json", "service", "verification"
    ]  # fmt: skip
    assert again.out.splitlines()[-1] == whole.out.splitlines()[-1]  # the same shifts cost the same
    assert "FTE net" in again.out.splitlines()[-1]


@pytest.mark.command
def test_levels_make_a_plan_each_and_a_page_with_cost_against_service(ruled: Path) -> None:
    few = [word for word in FEW if word != "--no-report"]
    words = ["--rules", "rules.yaml", *few, "--levels", "50 %, 90 %", "--out", "levels"]
    done = sojourn("plan", "desk.yaml", *words, cwd=ruled)
    assert done.code in {0, 2}, (done.out, done.err)
    assert sorted(path.name for path in (ruled / "levels").iterdir()) == [
        "level-50", "level-90", "plans.csv", "plans.json", "report.html"
    ]  # fmt: skip
    records = json.loads((ruled / "levels" / "plans.json").read_text(encoding="utf-8"))
    assert [record["name"] for record in records] == ["50 %", "90 %"]
    assert records[0]["paid_hours"] <= records[1]["paid_hours"]
    page = (ruled / "levels" / "report.html").read_text(encoding="utf-8")
    assert 'aria-label="Service level of each plan over its cost' in page
    assert page.count("<code>level-") == 2


def test_a_plan_that_would_take_long_is_refused(ruled: Path, refused: Command) -> None:
    words = ["--rules", "rules.yaml", "--days", "100000000", "--target", "calls.service_level >= 80 %"]
    done = refused("plan", "desk.yaml", *words, cwd=ruled)
    assert done.code == 2
    assert "fewer --days, less demand, or --yes" in done.err


@pytest.mark.command
def test_shifts_chosen_against_simulated_service_cost_no_more_than_those_of_the_requirements(ruled: Path) -> None:
    (ruled / "needs.csv").write_text("time,desk\n08:00,9\n09:00,9\n", encoding="utf-8")
    words = ["--requirements", "needs.csv", "--rules", "rules.yaml", *FEW, "--integrated", "--out", "both"]
    done = sojourn("plan", "desk.yaml", *words, cwd=ruled)
    assert done.code == 0, (done.out, done.err)
    record = json.loads((ruled / "both" / "integrated" / "roster" / "roster.json").read_text(encoding="utf-8"))
    assert record["cost"] < record["cost_of_two_steps"] == 9 * 2 * 20
    assert record["broken_rules"] == []
    rows = json.loads((ruled / "both" / "plans.json").read_text(encoding="utf-8"))
    assert [(row["name"], row["verdict"]) for row in rows] == [("plan", "holds"), ("integrated", "holds")]
    assert rows[1]["paid_hours"] < rows[0]["paid_hours"]
    assert f"Cost {record['cost']:,.0f}, " in done.out


@pytest.mark.command
def test_shifts_that_fail_the_target_end_with_exit_code_2(ruled: Path) -> None:
    (ruled / "few.csv").write_text("time,desk\n08:00,0\n09:00,1\n", encoding="utf-8")
    words = ["--requirements", "few.csv", "--rules", "rules.yaml", *FEW, "--target", "abandonment <= 0 %"]
    done = sojourn("plan", "desk.yaml", *words, "--out", "few", cwd=ruled)
    assert done.code == 2, (done.out, done.err)
    assert not (ruled / "few" / "staffing").exists()
    assert (ruled / "few" / "roster" / "shifts.yaml").is_file()


def test_files_that_contradict_each_other_are_refused(ruled: Path, refused: Command) -> None:
    done = refused("plan", "desk.yaml", cwd=ruled)
    assert done.code == 2
    assert "--rules: is missing" in done.err
    done = refused("plan", "desk.yaml", "--rules", "rules.yaml", "--shifts", "shifts.yaml", cwd=ruled)
    assert "--shifts: takes the place of the other steps" in done.err
    done = refused("plan", "desk.yaml", "--rules", "rules.yaml", "--levels", "80 %", "--shifts", "s.yaml", cwd=ruled)
    assert "--shifts: takes the place of the headcounts" in done.err
    done = refused("plan", "desk.yaml", "--shifts", "shifts.yaml", "--integrated", cwd=ruled)
    assert "--integrated: changes the shifts of a roster" in done.err
    words = ["--rules", "rules.yaml", "--levels", "80 %", "--target", "abandonment <= 5 %"]
    assert "--levels: no target is a service level" in refused("plan", "desk.yaml", *words, cwd=ruled).err


@pytest.mark.command
def test_an_interrupt_keeps_the_steps_that_were_done(ruled: Path) -> None:
    (ruled / "needs.csv").write_text("time,desk\n08:00,1\n09:00,1\n", encoding="utf-8")
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
    return solution

sys.argv = ["sojourn", "plan", "desk.yaml", "--requirements", "needs.csv", "--rules", "rules.yaml", "--out", "plan"]
with patch("sim.roster.program.Solver.solve", press):
    main()
"""
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, check=False, cwd=ruled, capture_output=True, text=True, timeout=120)
    assert done.returncode == 130, done.stderr
    assert done.stderr.endswith("Interrupted; the steps that were done are kept.\n")
    assert [path.name for path in (ruled / "plan").iterdir()] == ["roster"]
