"""Damaged files of variants, sweeps, caches and earlier versions, and damaged targets of a staffing search."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, NoReturn

import pytest

from sim.core.errors import SojournError
from sim.experiment.replicate import Replications
from sim.experiment.sweep import SweepValues, SweepWork, simulate_points
from sim.experiment.variants import replicate_variants
from sojourn.api import comparison, staffing, sweeps
from tests.support.command_line import Finished, desk
from tests.support.damage import damage_values, nasty_text, remove
from tests.support.damaged_inputs import command_here, is_refusal, try_inputs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200, method="thread")]

LONG = "longer than a test may take"
MOST = 6  # replications of all variants or points together

VARIANTS = {
    "variants.yaml": """\
scenario: .
set: [demand.volume=*1.1]
baseline: today
variants:
  one more: agents.desk.staff=+1
  "two, and longer": [agents.desk.staff=+2, "run.drain=2 h"]
  other: {scenario: other.yaml, set: intents.question.steps.call.talk=+10 s}
""",
    "scenario.yaml": "",
    "other.yaml": "",
}
SWEEP = {
    "sweep.yaml": """\
scenario: scenario.yaml
set: demand.volume=*1.05
points: points.csv
kpis: [service_level >= 80 %, calls.asa]
replications: 1
seed: 7
""",
    "grid.yaml": """\
scenario: scenario.yaml
vary:
  agents.desk.staff: 1..3
  demand.volume: ["*0.8"]
kpis: service_level
replications: 1
""",
    "points.csv": "agents.desk.staff,demand.volume\n1,*1.1\n+1,\n2,0.9\n",
    "scenario.yaml": "",
}
OLD = """\
name: old   # of the first version
run: { hours: "08:00-10:00", days: 7, interval: 1 h, drain: 1 h, warm_up: 90 min }
agents:
  desk:
    serves: [calls]
    shifts:
        - agents: 2   # the early ones
          hours: 08:00-10:00
          days: [0, 1, 2, 3, 4]   # Monday to Friday
        - {agents: 1, hours: '09:00-10:00', days: [5]}
  late: {serves: [calls], staff: 1, absence: 5 %}
queues:
  calls:
    balk:
      - {waiting: 9, probability: 50 %}   # never
      - {waiting: 3, probability: 80 %}
intents:
  question:
    demand: 10
    start: call
    steps:
      call: {channel: voice, queue: calls, talk: "60 s", next: resolved}
"""
ROWS = ["service_level", "calls.service_level", "voice.asa", "*.asa", "desk.occupancy", "cost", "abandonment", "calls"]
SIGNS = [" >= ", " <= ", "=", ">", " => "]
BOUNDS = ["80 %", "30 s", "0.8", "2 min", "-1", "nan", "1e999", "9" * 30, "1_0", "100 %", "0", "5 %", ".5"]
HOURS = ["", "@08:00-09:00", "@24/7", "@22:00-06:00", "@09:00-08:00", "@12:00-13:00", "@08:00", "@ 08:10-08:20 "]
PARTS: list[Any] = [
    *["+1", "*1.1", "4", "1..3", "1..9999999", "*0.5..*1.5", "scenario.yaml", "other.yaml", "sweep.yaml", "points.csv"],
    *["agents.desk.staff=+1", "demand.volume=*1e9", "agents.desk.staff=1; seed=3", "agents.*.staff=2", "service_level"],
    *["cost <= 100", "asa >= 1e999", "today", "run.hours=24/7", "/dev/zero", "../../..", ".", "\x1b[2J", "x" * 999],
    *[[], {}, None, True, 0, 1, 2, -1, 1.5, 10**40, "", " ", "\ud800", ["*1", "*2"], {"set": "demand.volume=2"}],
    *[[{"agents.desk.staff": 3}], {"scenario": "nope"}, "=1+1"],
]  # fmt: skip


def _few_variants(plans: Any, **options: Any) -> tuple[Replications, ...]:
    if options["replications"] * len(plans) > MOST:
        raise SojournError(LONG)
    return replicate_variants(plans, **{**options, "processes": 1})


def _few_points(work: SweepWork, **options: Any) -> SweepValues:
    if work.replications * len(work.points) > MOST:
        raise SojournError(LONG)
    return simulate_points(work, **{**options, "processes": 1})


def _no_search(*_: Any, **__: Any) -> NoReturn:
    raise SojournError(LONG)


def _target(random: Random) -> str:
    """Return an option of a staffing search."""
    option = random.choice(["--target"] * 4 + ["--per", "--confidence", "--min", "--max", "--freeze"])
    row, sign, bound, hours = (random.choice(pieces) for pieces in (ROWS, SIGNS, BOUNDS, HOURS))
    text = {
        "--target": f"{row}{sign}{bound}" + random.choice(["", " per day", " per interval", " per run", " per x"]),
        "--per": random.choice(["day", "interval", "run", "", "week"]),
        "--confidence": bound,
        "--freeze": random.choice(["desk", "des", ""]),
    }.get(option, f"desk{hours}={random.choice(['2', '0', '99999', '100001', bound])}")
    damage = nasty_text(random, [*ROWS, *SIGNS, *BOUNDS, *HOURS]) if random.random() < 0.2 else ""
    return f"{option}={text}{damage}".replace("\0", "\1")  # no argument can hold a zero byte


def _is_refused(done: Finished) -> bool:
    """Tell whether a command was refused with sentences, or by this test because it would take long."""
    first, _, others = done.err.partition("\n")
    rest = others if " of each: " in first else done.err  # the size of a sweep is said first
    return is_refusal(Finished(done.code, done.out, rest)) or (done.code, rest) == (1, f"{LONG}\n")


def _write_all(folder: Path, files: dict[str, str]) -> None:
    desk(folder)
    for name, text in files.items():
        remove(folder / name)
        (folder / name).write_text(text or (folder / "desk.yaml").read_text(encoding="utf-8"), encoding="utf-8")


def test_damaged_variants_give_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_all(tmp_path, VARIANTS)
    monkeypatch.setattr(comparison, "replicate_variants", _few_variants)
    words = ["compare", "--variants", "variants.yaml", "-n", "1", "--out", "result", "--yes", "--kpis", "service_level"]
    with command_here(monkeypatch) as command:

        def attempt(random: Random) -> int:
            file = tmp_path / random.choice(["variants.yaml"] * 3 + ["other.yaml"])
            damage_values(random, file, PARTS)
            done = command(*words, cwd=tmp_path)
            assert done.code == 0 or _is_refused(done), done
            remove(file)
            _write_all(tmp_path, {file.name: VARIANTS[file.name]})
            return done.code

        assert command(*words, cwd=tmp_path).code == 0
        try_inputs("variants", attempt)


def test_damaged_sweeps_and_caches_give_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged cache counts as missing: the table stays the same, byte by byte."""
    _write_all(tmp_path, SWEEP)
    monkeypatch.setattr(sweeps, "simulate_points", _few_points)
    cache, words = tmp_path / "cache", ["sweep", "--out", "result", "--cache", "cache", "--yes", "--file"]
    with command_here(monkeypatch) as command:
        plain = command(*words, "sweep.yaml", cwd=tmp_path)
        table = (tmp_path / "result" / "sweep.csv").read_bytes()
        assert plain.code == 0

        def attempt(random: Random) -> int:
            name = random.choice(["sweep.yaml", "grid.yaml", "points.csv", "cache"])
            kept = sorted(path for path in cache.rglob("*") if path.is_file())
            file = random.choice(kept) if name == "cache" else tmp_path / name
            damage_values(random, file, PARTS)
            done = command(*words, "grid.yaml" if name == "grid.yaml" else "sweep.yaml", cwd=tmp_path)
            if name == "cache":
                assert done.code == 0 or not file.is_file(), (file, done)
                assert done.code in {0, 1, 2}, (file, done)
                assert done.code or (tmp_path / "result" / "sweep.csv").read_bytes() == table, (file, done)
                assert done.code == 0 or f"{file.relative_to(tmp_path)}: " in done.err, (file, done)
                if file.is_symlink() or not file.is_file():  # a later sweep would find it
                    remove(file)
            else:
                assert done.code == 0 or _is_refused(done), done
                remove(file)
                _write_all(tmp_path, {name: SWEEP[name]})
            return done.code

        try_inputs("sweep", attempt)


def test_damaged_targets_give_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk(tmp_path)
    monkeypatch.setattr(staffing, "find_headcounts", _no_search)
    with command_here(monkeypatch) as command:

        def attempt(random: Random) -> int:
            words = [_target(random) for _ in range(random.randint(1, 3))]
            done = command("staff", "desk.yaml", *words, "--out", "result", cwd=tmp_path)
            assert _is_refused(done), (words, done)
            return done.code

        try_inputs("staffing", attempt)


def test_damaged_files_of_earlier_versions_are_rewritten_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written can be read, and says what it said; without ``--write`` nothing is."""
    file = tmp_path / "old.yaml"
    with command_here(monkeypatch) as command:

        def attempt(random: Random) -> int:
            file.write_text(OLD, encoding="utf-8")
            damage_values(random, file, PARTS)
            content = file.read_bytes() if file.is_file() and not file.is_symlink() else b""
            more = ["--days-from-0"] if random.random() < 0.3 else []
            shown = command("migrate", "old.yaml", *more, cwd=tmp_path)
            assert shown.code in {0, 2}, shown
            assert not content or file.read_bytes() == content
            written = command("migrate", "old.yaml", "--write", *more, cwd=tmp_path)
            assert written.code == shown.code, (shown, written)
            if written.code == 0:
                done = command("validate", "old.yaml", cwd=tmp_path)
                assert done.code == 0, (content, written, done)
                again = command("migrate", "old.yaml", cwd=tmp_path)
                assert again.out.endswith("old.yaml: nothing to rewrite.\n") or more, (content, written, again)
            else:
                assert written.err.splitlines()[-1].endswith(("nothing was written.", "mend the file by hand.")), (
                    written
                )
            remove(file)
            return written.code

        try_inputs("migration", attempt)
