"""Damaged scenario files, tables, recordings and overrides are valid or refused with sentences."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.support.damage import damage_file, nasty_text, remove
from tests.support.damaged_inputs import command_here, is_refusal, simulates, try_inputs
from tests.support.minimal_scenario import changed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200, method="thread")]

SCENARIO = changed(
    ("staff: 2", "staff: staff.csv"),
    ("    demand: 10\n", ""),
    ("name: one desk", "name: one desk\ndemand: {forecast: &it forecast.csv, volume: 1.5}"),
    ("agents:", "segments: {new: {share: 20 %}, old: {share: 0.8}}\nagents:"),
    ("next: resolved", "next: {resolved: 80 %, mail: 15 %, later: rest}\n        if_abandoned: later"),
    ("patience: 30 s", "patience: {law: empirical, survival: {0 s: 1, 20 s: 90 %}, beyond: 2 min, zero: 1 %}"),
    ("60 s", "{law: lognormal, mean: 4 min, sd: 3 min}"),
) + """\
      mail: {channel: web, time: {law: uniform, low: 1 s, high: 3 min}, next: resolved}
      later: {channel: pause, resume_at: "08:30", time: {law: exponential, mean: 1 h}, next: call}
  recorded:
    arrivals: {replay: arrivals.csv}
    start: call
    steps:
      call: {channel: web, time: {law: empirical, durations: durations.csv, beyond: 5 min}, next: resolved}
objectives: {simulation: [{kpi: service_level, at_least: 0.8}], load: {p95: 250 ms}}
"""  # fmt: skip
FILES = {
    "bank.yaml": SCENARIO,
    "staff.csv": "time,desk\n08:00,1\n09:00,2\n",
    "forecast.csv": "# expected\ntime,question\n08:00,5.5\n09:00,7\n",
    "arrivals.csv": "# recorded\ntime,day,segment\n08:00:30,1,new\n09:30,1,old\n34000.5,1,new\n09:59:59,1,old\n",
    "durations.csv": "seconds,observed\n10,yes\n20.5,no\n30,yes\n40,1\n55,false\n",
}
DAMAGED = {
    "scenario": ["bank.yaml"],
    "table": ["staff.csv", "forecast.csv"],
    "recording": ["arrivals.csv", "durations.csv"],
}


def _write_all(folder: Path) -> None:
    for name, text in FILES.items():
        remove(folder / name)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("files", DAMAGED)
def test_damage_gives_sentences(files: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_all(tmp_path)
    with command_here(monkeypatch) as command:
        done = command("validate", "bank.yaml", cwd=tmp_path)
        assert (done.code, done.err) == (0, "")
        assert simulates(command, tmp_path / "bank.yaml", done)

        def attempt(random: Random) -> int:
            file = tmp_path / random.choice(DAMAGED[files])
            damage_file(random, file)
            done = command("validate", "bank.yaml", cwd=tmp_path)
            assert simulates(command, tmp_path / "bank.yaml", done) if done.code == 0 else is_refusal(done), done
            remove(file)
            file.write_text(FILES[file.name], encoding="utf-8")
            return done.code

        try_inputs(files, attempt)


WORDS = ["+", "*", "/", "4", "1.5", "staff.csv", " s"]
VALUES = ["+1", "*1.1", "/2", "-10 %", "4", "1.5", "{resolved: 50 %}", "1 h", "08:00-10:00", "[1, 2]", "rest", "null"]
NAMES = [
    "run",
    "seed",
    "hours",
    "interval",
    "demand",
    "forecast",
    "volume",
    "agents",
    "desk",
    "staff",
    "intents",
    "question",
    "start",
    "steps",
    "call",
    "patience",
    "survival",
    "next",
    "queues",
    "objectives",
    "simulation",
    "x",
]
KNOWN = [
    *["run.interval", "run.hours", "run.days", "demand.forecast", "demand.volume", "agents.desk.staff", "segments.new"],
    *["intents.question.steps.call.patience", "intents.recorded.arrivals", "intents.question.steps.call.next"],
]


def test_overrides_give_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_all(tmp_path)
    with command_here(monkeypatch) as command:

        def override(random: Random) -> str:
            path = random.choice(KNOWN) if random.random() < 0.5 else ".".join(random.choices(NAMES, k=3))
            value = random.choice(VALUES) if random.random() < 0.5 else nasty_text(random, WORDS)
            return f"{path}={value}".replace("\0", "\1")  # no argument can hold a zero byte

        def attempt(random: Random) -> int:
            words = [word for _ in range(random.randint(1, 2)) for word in ("--set", override(random))]
            done = command("validate", "bank.yaml", *words, cwd=tmp_path)
            assert done.code == 0 or is_refusal(done), (words, done)
            return done.code

        try_inputs("override", attempt)
