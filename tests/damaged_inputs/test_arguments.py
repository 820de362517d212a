"""Damaged command lines: all commands with options and values in disorder, up to what would take long."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import pytest
import typer.main

import orchestrator
import sojourn.app
from loadtests.run import duel, run
from loadtests.run.run import check_host
from sim.core.errors import SojournError, Unreachable
from sim.experiment.replicate import Replications, replicate
from sim.experiment.staffing.verification import Verification, verify_plan
from sim.experiment.sweep import SweepValues, SweepWork, simulate_points
from sim.experiment.variants import replicate_variants
from sojourn.api import comparison, demo, plan_verification, simulation, staffing, sweeps
from tests.support.command_line import Finished, desk
from tests.support.damage import nasty_text, remove
from tests.support.damaged_inputs import command_here, try_inputs
from tests.support.minimal_scenario import MINIMAL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200, method="thread")]

COMMANDS: Any = typer.main.get_command(sojourn.app.app)
VALUES = [
    *["desk.yaml", ".", "run", "new", "kept.json", "pipe", "none", "none/none", "file/none", "x" * 300, "é", "\udcff"],
    *["-1", "0", "1", "2", "3.5", "1e9", "9" * 30, "1_0", "nan", "inf", "compiled", "simpy", "auto", "first", "anna"],
    *["http://127.0.0.1:1", "http://127.0.0.1:99999", "http://[::1", f"http://{'a' * 70}.x", "http://a..b", "ftp://a"],
    *["http://127.0.0.1:1/x?y", "http://u:p@127.0.0.1:1", "http://\udcff", "127.0.0.1/8", "::1", "journeys.db"],
    *[
        "postgresql://127.0.0.1:1/x",
        "postgresql://[",
        "postgresql://x:y:z@",
        "demand.volume=*1.1",
        "agents.desk.staff=+1",
        "more: agents.desk.staff=+1; demand.volume=*1.1",
        "calls.service_level",
        "cost",
    ],
    *["backup", "forget", "add", "list", "remove", "rotate", "--", "-", "", " ", "--help", "--version"],
    *["variants.yaml", "sweep.yaml", "points.csv", "needs.csv", "rules.yaml", "shifts.yaml", "staffing.csv"],
]
RIGHT: dict[str, list[str]] = {
    **{name: ["desk.yaml"] for name in ("scenario", "scenarios")},
    **{name: ["needs.csv"] for name in ("requirements", "--requirements")},
    **{name: ["new", "run"] for name in ("--out", "--cache")},
    **{name: ["service_level", "calls.asa", "cost"] for name in ("--kpi", "--kpis", "--steady")},
    **{name: ["1", "2"] for name in ("--replications", "--at-most", "--processes", "--workers", "--seed", "--pairs")},
    **{name: ["2", "3"] for name in ("--days", "--fresh-days", "--looks", "--duration", "--max-requests")},
    **{name: ["desk=1", "desk@08:00-09:00=2", "desk=30 %"] for name in ("--min", "--max")},
    **{name: ["http://127.0.0.1:1"] for name in ("--host", "--a", "--b")},
    **{name: ["kept.json"] for name in ("file", "--baseline")},
    "result": ["run", "kept"], "--target": ["calls.service_level >= 80 %", "asa <= 1 min per day", "cost <= 9"],
    "--per": ["day", "interval", "run", "weekday", "all"], "--confidence": ["90 %"], "--freeze": ["desk"],
    "--by": ["all", "queue", "group"], "--set": ["demand.volume=*1.1", "agents.desk.staff=+1"],
    "--variant": ["agents.desk.staff=+1", "more: demand.volume=*1.1"], "--variants": ["variants.yaml"],
    "--vary": ["agents.desk.staff=1..2", "demand.volume=*0.9,*1.1"], "--points": ["points.csv"],
    "--file": ["sweep.yaml"], "--rules": ["rules.yaml"], "--shifts": ["shifts.yaml"], "--staffing": ["staffing.csv"],
    "--gap": ["0.01", "0"], "--seconds": ["0.1", "1"], "--engine": ["auto", "compiled"], "--noise": ["kept"],
    "--log": ["none", "first"], "--precision": ["calls.asa: 1 s"], "--objectives": ["desk.yaml"],
}  # fmt: skip
"""Values with which commands go further than to a refusal."""
NEEDED = {"--target", "--rules", "--vary", "--host", "--a", "--b", "--staffing", "--variant"}
FILES = {
    "file": "a file",
    "variants.yaml": "scenario: .\nvariants:\n  one more: agents.desk.staff=+1\n",
    "scenario.yaml": MINIMAL,
    "sweep.yaml": "scenario: desk.yaml\nvary: {agents.desk.staff: 1..2}\nreplications: 1\n",
    "points.csv": "agents.desk.staff,demand.volume\n1,*1.1\n+1,\n",
    "needs.csv": "time,desk\n08:00,2\n09:00,3\n",
    "rules.yaml": """\
shifts: {whole: {start: 08:00, length: 2 h}}
contracts: {all: {people: 9, cost: 20}}
prices: {under: 1000}
""",
    "shifts.yaml": "desk: [{agents: 2, hours: 08:00-10:00}]\n",
    "staffing.csv": "time,desk\n08:00,1\n09:00,3\n",
}
JUDGING = {"roster", "plan", "verify-plan", "staff"}
LONG = "longer than a test may take"


def _refuse_long(*arguments: Any, **options: Any) -> Replications:
    """Simulate short work only, and in this process."""
    if options["replications"] > 3:
        raise SojournError(LONG)
    return replicate(*arguments, **{**options, "processes": 1})


def _refuse_long_variants(*arguments: Any, **options: Any) -> tuple[Replications, ...]:
    """Simulate short work only, and in this process."""
    if options["replications"] > 3 or len(arguments[0]) > 3:
        raise SojournError(LONG)
    return replicate_variants(*arguments, **{**options, "processes": 1})


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise SojournError(LONG)


def _few_points(work: SweepWork, **options: Any) -> SweepValues:
    """Simulate short work only, and in this process."""
    if work.replications * len(work.points) > 6:
        raise SojournError(LONG)
    return simulate_points(work, **{**options, "processes": 1})


def _few_days(*arguments: Any, **options: Any) -> Verification:
    """Simulate short work only, and in this process."""
    if len(options["numbers"]) > 3:
        raise SojournError(LONG)
    return verify_plan(*arguments, **{**options, "workers": 1})


def _reached(host: str) -> None:
    """Check a URL as if something listened there."""
    with suppress(Unreachable):
        check_host(host)


def _words(random: Random) -> list[str]:
    """Return a command line."""
    name = random.choice(list(COMMANDS.commands))
    words = [name]
    wrong = random.choice([0.02, 0.3, 1.0])  # in some command lines all values are damaged, in others hardly any
    for parameter in COMMANDS.commands[name].params:
        right = RIGHT.get(parameter.name if parameter.param_type_name == "argument" else parameter.opts[0], [])
        value = random.choice(right) if right and random.random() > wrong else _value(random)
        if parameter.param_type_name == "argument":
            words += [value] if random.random() < 0.95 else []
        elif random.random() < (0.8 if parameter.opts[0] in NEEDED else 0.2):
            words += [random.choice(parameter.opts)] + ([] if parameter.is_flag else [value])
    if random.random() < 0.2:
        words.insert(random.randrange(len(words) + 1), _value(random))
    return words


def _value(random: Random) -> str:
    value = random.choice(VALUES) if random.random() < 0.9 else nasty_text(random, VALUES, 3)
    return value.replace("\0", "\1")  # no argument can hold a zero byte


def _further_codes(words: list[str]) -> set[int]:
    """Return the exit codes that only some commands have."""
    if words[0] == "verify-plan" or (words[0] == "validate" and "--strict" in words):
        return {3}
    return set()


def _is_judged(name: str, done: Finished) -> bool:
    """Tell whether a command says on standard output why it fails."""
    verdicts = {"check": "INVALID", "load": '"valid": false', "validate": '"valid": false'}
    return verdicts.get(name, "") in done.out if name in verdicts else name in JUDGING and bool(done.out)


def test_damaged_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "folder"
    whole.mkdir()
    desk(whole)
    monkeypatch.setattr(simulation, "replicate", _refuse_long)
    monkeypatch.setattr(comparison, "replicate_variants", _refuse_long_variants)
    monkeypatch.setattr(sweeps, "simulate_points", _few_points)
    monkeypatch.setattr(staffing, "find_headcounts", _refuse)
    monkeypatch.setattr(plan_verification, "verify_on_fresh_days", _few_days)
    monkeypatch.setattr(run, "set_up", _refuse)
    for module in (run, duel):
        monkeypatch.setattr(module, "check_host", _reached)
    monkeypatch.setattr(demo, "demo", _refuse)
    monkeypatch.setattr(orchestrator, "serve", _refuse)
    with command_here(monkeypatch) as command:
        for words in (["run", "desk.yaml", "-n", "2", "--no-report", "--out", "run"], ["baseline", "run", "kept.json"]):
            done = command(*words, cwd=whole)
            assert done.code == 0, done.err
        for name, text in FILES.items():
            (whole / name).write_text(text, encoding="utf-8")

        def attempt(random: Random) -> int:
            remove(folder)
            shutil.copytree(whole, folder)
            os.mkfifo(folder / "pipe")
            words = _words(random)
            done = command(*words, cwd=folder)
            assert done.code in {0, 1, 2, 4} | _further_codes(words), (words, done)
            assert done.code != 1 or LONG in done.err or "cannot" in done.err, (words, done)
            assert done.code == 0 or done.err or _is_judged(words[0], done), (words, done)
            assert (folder / "pipe").is_fifo(), words
            assert (folder / "desk.yaml").read_bytes() == (whole / "desk.yaml").read_bytes(), words
            return done.code

        try_inputs("arguments", attempt)
