"""Scenarios that are too large are refused before anything of their size is built."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.minimal_scenario import changed

GIGABYTE = 1 << 30
PLANNED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from sim.core.errors import InvalidInput
from sim.engine import make_plan
from sim.scenario import read_scenario
try:
    make_plan(read_scenario("bank.yaml"))
except InvalidInput as error:
    print(error)
"""
SHIFTS = "shifts: [{agents: 100000, hours: 08:00-10:00}]"
BURSTS = "demand: 10\n    arrivals: {bursts: {states: [{rate: 1, mean: 1 h}, {rate: 1.0e+9, mean: 1 h}]}}"
TOO_MANY = "and the limit is 50,000; give"
LIMIT = "are expected in a replication, and the limit is 100,000,000; this intent has the most; give a smaller demand, "
LIMIT += "demand.volume ({}) or run.days"
OUTSIDE = {
    "demand": (
        [("demand: 10", "demand: 1.0e+9")],
        f"scenario: intents.question.demand: 2,000,000,000 journeys {LIMIT.format(1)}",
    ),
    "volume": (
        [("agents:", "demand: {volume: 1.0e+300}\nagents:")],
        f"scenario: intents.question.demand: 2e+301 journeys {LIMIT.format('1e+300')}",
    ),
    "infinite volume": (
        [("agents:", "demand: {volume: 1.0e+300}\nagents:"), ("demand: 10", "demand: 1.0e+300")],
        f"scenario: intents.question.demand: inf journeys {LIMIT.format('1e+300')}",
    ),
    "bursts": (
        [("demand: 10", BURSTS)],
        f"scenario: intents.question.demand: 10,000,000,010 journeys {LIMIT.format(1)}",
    ),
    "days": (
        [("interval: 1 h", "interval: 1 h, days: 3660")],
        f"bank.yaml:2: run.days: 3660 makes 87,840 intervals, {TOO_MANY} at most 2083 days, or longer intervals",
    ),
    "seconds": (
        [("interval: 1 h", "interval: 1 s")],
        f"bank.yaml:2: run.interval: 1 s makes 86,400 intervals, {TOO_MANY} longer intervals, such as 1 min",
    ),
    "drain": (
        [("drain: 1 h", "drain: 1.0e+14")],
        ("bank.yaml:2: run.drain: 1157407407 d 9 h after the last day make 27,777,777,802 intervals of 1 groups of "
        "agents; the limit is 5,000,000 in all, so give a shorter time"),
    ),
    "present": (
        [("drain: 1 h", "drain: 1 h, start_with: {question.call: 2000000000}")],
        "bank.yaml:2: run.start_with.question.call: 2000000000 is too many customers; give at most 10,000,000",
    ),
    "staff": (
        [("staff: 2", "staff: 1.0e+12")],
        "bank.yaml:4: agents.desk.staff: 1e+12 is too many agents; give at most 100,000",
    ),
    "agents on shifts": (
        [("staff: 2", SHIFTS.replace("100000", "1000000000"))],
        "bank.yaml:4: agents.desk.shifts: 1000000000 is too many agents; give at most 100,000",
    ),
    "shifts": (
        [("staff: 2", SHIFTS), ("drain: 1 h", "drain: 1 h, days: 1000")],
        ("bank.yaml:4: agents.desk.shifts: 100,000 agents on 1,001 days make 100,100,000 parts of shifts, and the "
        "limit is 2,000,000; give fewer agents or days, or a headcount"),
    ),
}  # fmt: skip


def _planned(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Plan a scenario in a process of little memory and processor time."""
    (folder / "bank.yaml").write_text(text, encoding="utf-8")
    program = PLANNED.format(memory=3 * GIGABYTE)
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_too_large_is_refused_in_little_time_and_memory(folder: Path, name: str) -> None:
    changes, sentence = OUTSIDE[name]
    planned = _planned(folder, changed(*changes))
    assert (planned.returncode, planned.stdout, planned.stderr) == (0, f"{sentence}\n", "")


@pytest.mark.parametrize(
    "changes",
    [
        [("demand: 10", "demand: 4.9e+7")],
        [("interval: 1 h", "interval: 1 h, days: 2083")],
        [("interval: 1 h", "interval: 2 s")],
        [("staff: 2", "staff: 100000")],
    ],
    ids=["demand", "days", "interval", "staff"],
)
def test_what_is_just_within_the_limits_is_planned(folder: Path, changes: list[tuple[str, str]]) -> None:
    planned = _planned(folder, changed(*changes))
    assert (planned.returncode, planned.stdout, planned.stderr) == (0, "", "")
