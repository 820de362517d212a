"""Damaged files of planning and of what was kept: rosters, shifts, staffing tables, calibrations, kept replications."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

import pytest

import sojourn
from loadtests.run.calibration import read_noise
from loadtests.verdict.pairs import Noise
from loadtests.verdict.results import ALIKE
from sim.core.checksums import write_checksums
from sim.core.errors import SojournError
from sim.experiment.kept_replications import KEPT
from tests.support.command_line import Finished, desk
from tests.support.damage import damage_file, damage_values, damaged_json, damaged_text, remove
from tests.support.damaged_inputs import command_here, exit_code, is_refusal, try_inputs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200, method="thread")]

NEEDS = "weekday,time,desk,night\nmon,08:00,2,1\nmon,08:30,3,0\nmon,09:00,1,2\nsat,08:00,1,0\nsat,08:30,2,1\n"
RULES = """\
shifts:
  whole: {start: 08:00, length: 2 h, off: [{time: 15 min, begins: 08:30-09:00}]}
  short: {start: [08:30, 09:00], length: 1 h-90 min, every: 30 min, days: [mon-fri, sat]}
  late: {start: 21:00-23:30, length: 8 h, off: [{kind: lunch, time: 30 min, after: 3 h-4 h, paid: true}]}
contracts:
  all: {people: 9, cost: 20, rest: 11 h, hours: 0-38, days: 5, group: desk}
  others: {shifts: [short], cost: 25, group: night}
prices: {under: 1000, over: 1, different_shifts: 2}
shrinkage: 10 %
"""
SHIFTS = """\
desk:
  - {agents: 2, hours: 08:00-10:00, days: [mon-fri], off: [{kind: lunch, hours: 09:00-09:15}]}
  - {agents: 1, hours: "08:30-09:30"}
"""
STAFFING = ["time,desk\n08:00,1\n09:00,3\n", "group,08:00,09:00\ndesk,1,3\n"]
PARTS: list[Any] = [
    *["00:00-24:00", "00:00-23:59", "1 min - 24 h", "1 s", "0 min", "24:00", "1e9 h", "-1 h", "22:00-06:00", "100 %"],
    *["mon-sun", "holiday", "2025-03-30", "desk", "night", "all", "whole", "=1+1", "\x1b[2J", "x" * 999, "/dev/zero"],
    *[[], {}, None, True, 0, 1, -1, 1.5, 10**6, 10**40, 1e300, float("inf"), "", " ", "\ud800", [["08:00"]], [None]],
    *[{"start": "08:00", "length": "1 h"}, {"time": "15 min", "after": "1 h"}, [{"time": "1 min", "begins": "08:00"}]],
]  # fmt: skip
FEW = ["--fresh-days", "2", "-n", "1", "-p", "1", "--no-report", "--target", "calls.asa <= 1 h", "--out", "result"]


def _write(folder: Path) -> None:
    for name, text in (("needs.csv", NEEDS), ("rules.yaml", RULES)):
        remove(folder / name)
        (folder / name).write_text(text, encoding="utf-8")


def _judged(done: Finished, *codes: int) -> bool:
    """Tell whether a command came to a result, which may be that somebody is missing, or was refused."""
    return (done.code in codes and bool(done.out) and "Traceback" not in done.err) or is_refusal(done)


def test_damaged_requirements_and_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["roster", "needs.csv", "--rules", "rules.yaml", "--seconds", "1", "--out", "result"]
    with command_here(monkeypatch) as command:
        _write(tmp_path)
        whole = command(*words, cwd=tmp_path)
        assert whole.out, whole.err  # somebody is missing

        def attempt(random: Random) -> int:
            _write(tmp_path)
            damage_values(random, tmp_path / random.choice(["needs.csv", "rules.yaml", "rules.yaml"]), PARTS)
            done = command(*words, cwd=tmp_path)
            assert _judged(done, 0, 2), done
            return done.code

        try_inputs("roster", attempt, most=15.0)  # a grid of minutes takes seconds before the search's one begins


def test_damaged_shifts_and_staffing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk(tmp_path)
    shifts, staffing = tmp_path / "shifts.yaml", tmp_path / "staffing.csv"
    verify = ["verify-plan", "desk.yaml", "--staffing", "staffing.csv", "--days", "2", "-p", "1", "--out", "result"]
    with command_here(monkeypatch) as command:

        def attempt(random: Random) -> int:
            file = random.choice([shifts, staffing])
            remove(file)
            file.write_text(SHIFTS if file is shifts else random.choice(STAFFING), encoding="utf-8")
            damage_values(random, file, PARTS)
            duty = random.choice([[], ["--on-duty"]])
            words = ["plan", "desk.yaml", "--shifts", "shifts.yaml", *FEW] if file is shifts else [*verify, *duty]
            done = command(*words, cwd=tmp_path)
            assert _judged(done, 0, 2, 3), done
            remove(tmp_path / "result")
            return done.code

        try_inputs("plan", attempt)


def test_damaged_replications_that_were_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With their checksums, only the whole ones are gone on from; made anew, they are numbers or refused."""
    desk(tmp_path)

    def press(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    options: dict[str, Any] = {"replications": 3, "processes": 1, "report": False, "log": "none"}
    sojourn.run(tmp_path / "desk.yaml", **options, out=tmp_path / "whole", progress=press)
    words = ["run", "desk.yaml", "-n", "3", "-p", "1", "--no-report", "--log", "none", "--resume", "--out", "out"]
    file = tmp_path / "out" / KEPT
    with command_here(monkeypatch) as command:

        def attempt(random: Random) -> int:
            remove(tmp_path / "out")
            shutil.copytree(tmp_path / "whole", tmp_path / "out")
            made_anew = random.random() < 0.5
            if made_anew:
                _damage_member(random, file)
            else:
                damage_file(random, file)
            done = command(*words, cwd=tmp_path)
            assert done.code == 0 or is_refusal(done), done
            if done.code == 0 and not made_anew:
                assert (tmp_path / "out" / "kpis.json").read_bytes() == expected
            return done.code

        shutil.copytree(tmp_path / "whole", tmp_path / "out")
        assert command(*words, cwd=tmp_path).code == 0
        expected = (tmp_path / "out" / "kpis.json").read_bytes()
        try_inputs("kept", attempt)


def _damage_member(random: Random, file: Path) -> None:
    """Damage a member of an archive, and write it with the right checksum."""
    with ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice(list(members))
    if name == "origin.json" and random.random() < 0.8:
        members[name] = json.dumps(damaged_json(random, json.loads(members[name]))).encode()
    else:
        members[name] = damaged_text(random, members[name])
    with ZipFile(file, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)


def test_damaged_calibrations(tmp_path: Path) -> None:
    """Half of them get new checksums, as if somebody had made them: then all else is tried."""
    manifest = dict.fromkeys(ALIKE, "1")
    noise = {"p95": {"mean": 0.01, "deviation": 0.02, "pairs": 15}}
    files = {"manifest.json": manifest, "duel.json": {"calibration": True, "noise": noise, "runs": []}}

    def attempt(random: Random) -> int:
        folder = tmp_path / "noise"
        remove(folder)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_text(json.dumps(content), encoding="utf-8")
        write_checksums(folder, files)
        damage_file(random, folder / random.choice(sorted(path.name for path in folder.iterdir())))
        if random.random() < 0.5:
            names = [name for name in files if (folder / name).is_file() and not (folder / name).is_symlink()]
            remove(folder / "SHA256SUMS")
            write_checksums(folder, names)
        try:
            read = read_noise(folder, manifest)
        except SojournError as error:
            return exit_code(error)
        assert all(isinstance(each, Noise) for each in read.values())
        return 0

    try_inputs("noise", attempt)
