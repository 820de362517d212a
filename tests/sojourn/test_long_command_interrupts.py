"""Interrupts at random instants of the commands that search, plan, sweep and compare, and of duels.

They run when ``SOJOURN_INTERRUPTS`` is set: 200 tries 20 instants of each command. A command has 2 seconds, or longer
where it says so, multiplied by the slowdown that this process measures meanwhile.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.command_line import BUSY, desk, end_of, family, session, start, stopped, watches

pytestmark = [pytest.mark.command, pytest.mark.slow]

BANK = str(Path(__file__).parents[2] / "scenarios" / "retail_bank")
NUMBER = int(os.environ.get("SOJOURN_INTERRUPTS", "0")) // 10
SECONDS = 2.0

NEEDS = "weekday,time,desk,back\n" + "".join(
    f"mon-fri,{hour:02}:{minute:02},{3 + hour % 5},{2 + (hour + minute) % 4}\n"
    for hour in range(8, 18)
    for minute in (0, 30)
)
RULES = """
shifts:
  day: {start: 08:00-10:00, every: 30 min, length: 7 h-8 h, off: [{kind: lunch, time: 30 min, after: 3 h-5 h}]}
  short: {start: 08:00-14:00, every: 30 min, length: 4 h-5 h, off: [{time: 30 min, after: 1 h 30 min-2 h 30 min}]}
contracts:
  full: {group: desk, people: 9, shifts: [day], hours: 30-40, days: 5, cost: 30}
  part: {group: desk, people: 12, shifts: [short], hours: 12-25, days: 5, cost: 28}
  back: {group: back, people: 14, hours: 12-40, days: 5, cost: 31}
prices: {under: 1000, over: 3, different_shifts: 5}
"""
PLAN_RULES = """
shifts: {whole: {start: 08:00, length: 2 h}, short: {start: 08:00-09:00, length: 1 h}}
contracts: {all: {cost: 20}}
prices: {under: 1000}
"""


@dataclass(frozen=True)
class Long:
    """A command that takes a while: its words, how long it runs about, and what it may leave in its folder."""

    words: tuple[str, ...]
    seconds: float
    within: float = SECONDS
    left: frozenset[str] = frozenset({"out"})


LONG = {
    "sweep": Long(
        ("sweep", BANK, "--vary", "demand.volume=*0.8..*1.2 step 0.1", "-n", "400", "--cache", "cache"), 8.0,
        left=frozenset({"out", "cache"}),
    ),
    "compare": Long(("compare", BANK, "--variant", "agents.phone.staff=+1", "-n", "2000"), 8.0),
    "staff": Long(("staff", BANK), 12.0),
    "verify-plan": Long(("verify-plan", BANK, "--days", "3000"), 8.0),
    "roster": Long(("roster", "needs.csv", "--rules", "rules.yaml"), 12.0),
    "plan": Long(("plan", "desk.yaml", "--rules", "plan.yaml", "--target", "calls.service_level >= 80 %"), 12.0),
}  # fmt: skip


def _folder(folder: Path) -> Path:
    for name, text in (("needs.csv", NEEDS), ("rules.yaml", RULES), ("plan.yaml", PLAN_RULES)):
        (folder / name).write_text(text, encoding="utf-8")
    return desk(folder, BUSY)


def _interrupted(folder: Path, words: tuple[str, ...], seconds: float, within: float, number: int) -> tuple[int, str]:
    """Interrupt a command at a random instant; return its exit code and what it said."""
    drawn = random.Random(f"{words} {number}")
    with start(*words, "--out", "out", cwd=folder) as process:
        while not watches(process):
            time.sleep(0.001)
        time.sleep(seconds * drawn.random())
        everybody = family(process)
        for _ in range(drawn.choice([1, 1, 2, 5])):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.01)
        took, slow = end_of(process)
        _, err = process.communicate(timeout=20)
        assert stopped(everybody)
        assert not session(process)
    assert took <= within * slow, (words, number, took, slow)
    assert "Traceback" not in err, (words, number, err)
    return process.returncode, err


@pytest.mark.parametrize("number", range(NUMBER))
@pytest.mark.parametrize("name", LONG)
def test_a_long_command_ends_soon_and_keeps_what_is_done(name: str, number: int, tmp_path: Path) -> None:
    """What it keeps is a whole folder; nothing else is left of it."""
    long, before = LONG[name], {path.name for path in _folder(tmp_path).iterdir()}
    code, err = _interrupted(tmp_path, long.words, long.seconds, long.within, number)
    assert "nothing was run" not in err
    assert code in ({130} if "nterrupted" in err or not (tmp_path / "out").exists() else {0, 2, 3, 130}), (code, err)
    assert {path.name for path in tmp_path.iterdir()} <= before | long.left
    for folder in (tmp_path / "out").iterdir() if name == "plan" and (tmp_path / "out").exists() else ():
        assert json.loads((folder / "manifest.json").read_text(encoding="utf-8")), folder
    if name != "plan" and (tmp_path / "out").exists():
        assert json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.load
@pytest.mark.parametrize("number", range(NUMBER))
def test_a_duel_ends_soon_and_keeps_its_pairs(number: int, tmp_path: Path, host: str) -> None:
    """Set up, send, read back and judge: of several short runs."""
    words = ("duel", "desk.yaml", "--a", host, "--b", host, "--speed", "600", "--duration", "2", "--pairs", "2")
    at_once = ("--duet", "--calibrate") if number % 2 else ("--workers", "2") if number % 4 == 2 else ()
    code, err = _interrupted(desk(tmp_path, BUSY), (*words, *at_once), 30.0, SECONDS, number)
    assert code == 130, (code, err)
    assert {path.name for path in tmp_path.iterdir()} <= {"desk.yaml", "out"}
    if (tmp_path / "out").exists():
        result = json.loads((tmp_path / "out" / "duel.json").read_text(encoding="utf-8"))
        assert result["interrupted"] is True
