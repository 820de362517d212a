"""A comparison says where a change was rounded, or has no effect."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

import sojourn
from sim.report.terminal_tables import difference_table

DESK = """\
name: desk
run: {hours: 08:00-10:00, interval: 30 min}
agents:
  desk: {serves: [calls], staff: 10, shrinkage: 30 %, cost: 30}
intents:
  question:
    demand: 40
    start: call
    steps:
      call: {channel: voice, queue: calls, talk: 4 min, patience: 3 min, next: resolved}
"""
ROUNDED = (
    "desk: the change is {0} agents on duty after {2} % shrinkage, and {1} after rounding to whole agents; "
    "agents.desk.rounding=spread keeps fractions."
)
NO_EFFECT = "The change has no effect: no customer's log changed in 2 replications, and no KPI."


@pytest.mark.parametrize(
    ("changes", "notes"),
    [
        (["agents.desk.staff=+1"], [ROUNDED.format("+0.7", "+1", 30)]),
        (["agents.desk.staff=+2"], [ROUNDED.format("+1.4", "+1", 30)]),
        (["agents.desk.staff=+10"], []),
        (["agents.desk.staff=+1", "agents.desk.rounding=spread"], []),
        (["agents.desk.shrinkage=31 %"], [ROUNDED.format("-0.1", "+0", 31), NO_EFFECT]),
        (["agents.desk.leaving=own"], [NO_EFFECT]),
        (
            ["agents.desk.cost=31"],
            ["No customer's log changed in 2 replications: the change shows in agents' hours and cost alone."],
        ),
        (["demand.volume=*1.1"], []),
    ],
    ids=lambda value: value[0] if value and "=" in value[0][:30] else "",
)
def test_notes_of_a_comparison(tmp_path: Path, changes: list[str], notes: list[str]) -> None:
    (tmp_path / "desk.yaml").write_text(DESK, encoding="utf-8")
    result = sojourn.whatif(
        tmp_path / "desk.yaml", changes, replications=2, processes=1, seed=1, out=tmp_path / "result"
    )
    assert list(result.notes) == result.as_dict()["notes"] == notes
    page = (tmp_path / "result" / "report.html").read_text(encoding="utf-8")
    assert all(note.replace("'", "&#39;") in page for note in notes)


def test_a_sweep_says_once_how_headcounts_were_rounded(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(DESK, encoding="utf-8")
    result = sojourn.sweep(
        tmp_path / "desk.yaml", {"agents.desk.staff": "+0..+2", "demand.volume": ["*1", "*1.1"]}, kpis=["asa"],
        replications=2, processes=1, seed=1, out=tmp_path / "result", cache=tmp_path / "cache",
    )  # fmt: skip
    (note,) = result.notes
    assert result.as_dict()["notes"] == [note]
    assert note == (
        "desk: the changes are +0.7 and +1.4 agents on duty after 30 % shrinkage, and +1 and +1 after rounding to "
        "whole agents; agents.desk.rounding=spread keeps fractions."
    )
    assert note in (tmp_path / "result" / "report.html").read_text(encoding="utf-8")
    assert not sojourn.sweep(
        tmp_path / "desk.yaml", {"demand.volume": ["*1", "*1.1"]}, kpis=["asa"], replications=2, processes=1, seed=1,
        out=tmp_path / "result", cache=tmp_path / "cache",
    ).notes  # fmt: skip


def test_a_comparison_warns_of_what_its_change_brings_about(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(DESK, encoding="utf-8")
    result = sojourn.whatif(
        tmp_path / "desk.yaml",
        ["agents.desk.staff=[10, 0, 10, 10]"],
        replications=2,
        processes=1,
        report=False,
        out=tmp_path / "result",
    )
    times = "day 1 (Monday) 08:30-09:00, 40 contacts expected then"
    assert result.notes[0] == f"warning: queues.calls: is open on {times}, nobody on duty."
    assert not any("wrap_up" in note for note in result.notes)  # the baseline leaves it out, too
    assert not (tmp_path / "result" / "report.html").exists()


def test_the_table_of_a_comparison_has_who_came_outside_the_hours(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(DESK, encoding="utf-8")
    shorter = ["queues.calls.hours=08:00-09:30"]
    result = sojourn.whatif(
        tmp_path / "desk.yaml", shorter, replications=5, processes=1, report=False, out=tmp_path / "r"
    )
    console = Console(record=True, width=120, file=StringIO())
    console.print(difference_table(result.differences))
    row = next(line for line in console.export_text().splitlines() if line.startswith("Outside hours, calls"))
    assert row.split()[3] == "0"
    assert 25 < float(row.split()[4]) < 60
    assert row.rstrip().endswith("*")
