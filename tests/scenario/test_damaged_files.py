"""Damaged scenario files load or are refused with sentences, never with a traceback.

``SOJOURN_FUZZ=10000`` tries more than a default run does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.core.errors import InvalidInput
from sim.engine import make_plan
from sim.scenario import read_scenario
from tests.support.damage import EDITS, NASTY, Edit
from tests.support.minimal_scenario import changed

pytestmark = pytest.mark.slow

TRIES = int(os.environ.get("SOJOURN_FUZZ", "1000"))
fuzz = settings(deadline=None, max_examples=max(1, TRIES // 4), suppress_health_check=[HealthCheck.too_slow])
SEEDED = changed(
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
objectives: {simulation: [{kpi: service_level, at_least: 0.8}], load: {p95: 250 ms}}
"""  # fmt: skip
FILES = {
    "bank.yaml": SEEDED,
    "staff.csv": "time,desk\n08:00,1\n09:00,2\n",
    "forecast.csv": "# expected\ntime,question\n08:00,5.5\n09:00,7\n",
}


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """Return a folder for files that are damaged over and over."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def survives(room: Path, damaged: str, content: bytes) -> None:
    """Load the scenario with one of its files damaged; let nothing but sentences come out, and plan what loads."""
    for name, text in FILES.items():
        (room / name).write_bytes(content if name == damaged else text.encode())
    assert all(0 < len(sentence) < 2000 for sentence in refusal(room))


def refusal(room: Path, overrides: Sequence[str] = ()) -> list[str]:
    """Load and plan; return the sentences with which that is refused."""
    try:
        make_plan(read_scenario(room / "bank.yaml", overrides))
    except InvalidInput as error:
        return [str(problem) for problem in error.problems] or [""]
    return []


files = st.sampled_from([*FILES, "bank.yaml", "bank.yaml"])


def damage(edit: Edit) -> st.SearchStrategy[tuple[str, bytes]]:
    """Return a strategy that damages one of the files."""

    @st.composite
    def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
        name = draw(files)
        return name, edit(draw, FILES[name])

    return damaged()


def test_the_files_are_valid_before_they_are_damaged(room: Path) -> None:
    for name, text in FILES.items():
        (room / name).write_text(text, encoding="utf-8")
    assert make_plan(read_scenario(room / "bank.yaml")).volume.tolist() == [[8.25, 10.5]]


@pytest.mark.parametrize("edit", EDITS)
def test_damage_gives_sentences(room: Path, edit: str) -> None:
    @fuzz
    @given(damage(EDITS[edit]))
    def never_a_traceback(damaged: tuple[str, bytes]) -> None:
        survives(room, *damaged)

    never_a_traceback()


def test_overrides_give_sentences(room: Path) -> None:
    for name, text in FILES.items():
        (room / name).write_text(text, encoding="utf-8")
    words = "run seed hours interval demand forecast volume agents desk staff intents question start steps call"
    words += " patience survival next queues objectives simulation x"
    paths = st.lists(st.sampled_from(words.split()), min_size=1, max_size=6).map(".".join)
    known = st.sampled_from(
        ["run.interval", "demand.forecast", "agents.desk.staff", "intents.question.steps.call.patience"]
    )
    values = st.lists(st.sampled_from([*NASTY, "+", "*", "/", "4", "1.5", "staff.csv", " s"]), max_size=4).map("".join)

    @fuzz
    @given(st.lists(st.tuples(paths | known, values).map("=".join), min_size=1, max_size=2))
    def never_a_traceback(overrides: list[str]) -> None:
        assert all(refusal(room, overrides)), "a refusal without a sentence"

    never_a_traceback()
