"""``sojourn staff``: a plan that the scenario can use, what is refused, and what an interrupt keeps."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Command, sojourn

FEW = ("--days", "10", "--fresh-days", "20", "-p", "1", "--no-report", "--out", "plan")


@pytest.mark.command
def test_a_plan_is_printed_and_written_and_the_scenario_can_use_it(folder: Path) -> None:
    done = sojourn("staff", "desk.yaml", "--target", "calls.service_level >= 80 %", *FEW, cwd=folder)
    assert done.code == 0, done.err
    assert "The plan holds: 1 of 1 requirement holds over 20 fresh days" in done.out
    command = done.out[done.out.index("Simulate it: sojourn ") :].removeprefix("Simulate it: sojourn ").split()
    used = sojourn(*command, "-n", "2", "-p", "1", "--no-report", "--out", "used", cwd=folder)
    assert used.code == 0, used.err
    with (folder / "plan" / "requirements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    records = json.loads((folder / "plan" / "staffing.json").read_text(encoding="utf-8"))
    assert [row["time"] for row in rows] == ["08:00", "09:00"]
    assert [int(row["desk"]) for row in rows] == [interval["agents"]["desk"] for interval in records["intervals"]]
    assert records["cost"] == sum(int(row["desk"]) for row in rows)


@pytest.mark.command
def test_a_target_out_of_reach_is_named_with_exit_code_2(folder: Path) -> None:
    words = ["--target", "calls.service_level >= 90 %", "--max", "desk=0", "--per", "interval", *FEW]
    done = sojourn("staff", "desk.yaml", *words, cwd=folder)
    assert done.code == 2, done.err
    assert "calls.service_level from 08:00 cannot be >= 90 %" in done.out
    assert "It would take 1 agent of desk from 08:00" in done.out


@pytest.mark.command
def test_a_plan_that_too_few_days_leave_in_doubt_has_exit_code_3(folder: Path) -> None:
    words = ["--target", "calls.abandonment <= 99 %", "--confidence", "90 %", "--days", "2", "--fresh-days", "2"]
    done = sojourn("staff", "desk.yaml", *words, "-p", "1", "--no-report", "--out", "plan", cwd=folder)
    assert done.code == 3, done.err
    assert "It is in doubt whether the plan holds: 1 of 1 requirement holds over 32 fresh days" in done.out
    assert "That neither confirms nor refutes 90 % of the days; give more --days." in done.out
    records = json.loads((folder / "plan" / "staffing.json").read_text(encoding="utf-8"))
    assert records["verdict"] == "in doubt"


def test_all_that_is_wrong_is_said_at_once(folder: Path, refused: Command) -> None:
    words = ["--min", "desk=5", "--max", "desk@08:00-09:00=3", "--freeze", "desk", "--max", "sales=3"]
    done = refused("staff", "desk.yaml", *words, "--target", "asa <= 20 s", cwd=folder)
    assert done.code == 2
    assert '"sales" is not a group whose staff may change' in done.err
    done = refused("staff", "desk.yaml", *words[:4], "--target", "asa <= 20 s", cwd=folder)
    assert "desk at 08:00: at least 5 agents and at most 3 cannot both be" in done.err
    done = refused("staff", "desk.yaml", "--confidence", "120 %", "--target", "asa <= 20 s", cwd=folder)
    assert '--confidence: "120 %" is no probability; write it as "90 %" or 0.9' in done.err


@pytest.mark.parametrize(
    "words",
    [
        ["staff", "--days", "9" * 9], ["staff", "--fresh-days", "9" * 18], ["staff", "--set", "demand.volume=*1e5"],
        ["verify-plan", "--days", "9" * 9],
    ],
)  # fmt: skip
def test_a_search_of_hours_is_refused_before_it_begins(folder: Path, refused: Command, words: list[str]) -> None:
    done = refused(words[0], "desk.yaml", "--target", "asa <= 20 s", "--processes", "1", *words[1:], cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert "give fewer --days, less demand, or --yes if that is wanted (asked above 30 min or 8 GB)" in done.err


@pytest.mark.command
def test_an_interrupt_keeps_the_best_plan_so_far(folder: Path) -> None:
    program = """
import os, signal, sys, time
from unittest.mock import patch
from sim.core import interrupts
from sojourn.__main__ import main

def press(*_words, **_more):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.2)
    interrupts.check()

sys.argv = ["sojourn", "staff", "desk.yaml", "--days", "4", "-p", "1", "--out", "plan"]
with patch("sim.experiment.staffing.search.Search.improve", press):
    main()
"""
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, check=False, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 130, done.stderr
    assert done.stderr.endswith("Interrupted; this is the best plan so far.\n")
    assert "Not verified on fresh days." in done.stdout
    assert (folder / "plan" / "staffing.csv").is_file()
