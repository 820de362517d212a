"""Damaged scenario files load or are refused with sentences, never with a traceback.

``SOJOURN_FUZZ=10000`` tries more than a default run does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.core.errors import InvalidInput
from sim.engine import make_plan
from sim.scenario import read_scenario
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
TOKENS = re.findall(r"\w+|\s+|[^\w\s]", SEEDED)
NASTY = [
    ":", "{", "}", "[", "]", ",", "#", "*a", "*it", "!", "|", ">", "'", '"', "%", "...", "<<", "~", "null", "true",
    ".nan", ".inf", "-.inf", "0", "-1", "1e999", "1e-320", "0x_", "0o9", "0b", "10:00", "2001-99-99", "-", "=",
    "resolved", "rest", "call", "voice", "pause", "", " ", "\t", "\n", ": ", "- ", "? ", "&a ", "!!int ", "!!set ",
    "!!binary ", "!!timestamp ", "%YAML 1.1\n", "---\n", "<<: ", "\x00", "\x85", "\ufeff", "\ud7ff", "\xe9",
    "\U0001f600", "\u2028", "100 %", "-3 s", "9" * 400,
]  # fmt: skip


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


def damage(edit: Callable[[st.DrawFn, str], bytes]) -> st.SearchStrategy[tuple[str, bytes]]:
    """Return a strategy that damages one of the files."""

    @st.composite
    def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
        name = draw(files)
        return name, edit(draw, FILES[name])

    return damaged()


def bytes_(draw: st.DrawFn, text: str) -> bytes:
    """Change, insert or drop bytes."""
    content = bytearray(text.encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(content)


def lines(draw: st.DrawFn, text: str) -> bytes:
    """Drop, double, swap and indent lines."""
    rows = text.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        a, b = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows) - 1))
        rows[a] = draw(st.sampled_from(["", rows[a] * 2, rows[b], "  " + rows[a], rows[a].lstrip(), rows[a][: b + 1]]))
    return "".join(rows).encode()


def tokens(draw: st.DrawFn, text: str) -> bytes:
    """Put other words, nasty ones among them, in the place of words."""
    pieces = re.findall(r"\w+|\s+|[^\w\s]", text)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(pieces) - 1))
        pieces[at] = draw(st.sampled_from([*NASTY, *TOKENS]))
    return "".join(pieces).encode()


def test_the_files_are_valid_before_they_are_damaged(room: Path) -> None:
    for name, text in FILES.items():
        (room / name).write_text(text, encoding="utf-8")
    assert make_plan(read_scenario(room / "bank.yaml")).volume.tolist() == [[8.25, 10.5]]


@pytest.mark.parametrize("edit", [bytes_, lines, tokens], ids=["bytes", "lines", "tokens"])
def test_damage_gives_sentences(room: Path, edit: Callable[[st.DrawFn, str], bytes]) -> None:
    @fuzz
    @given(damage(edit))
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
