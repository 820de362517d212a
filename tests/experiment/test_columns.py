"""Columns of replications: the same values from memory and from a file, in memory that does not grow."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.experiment.columns import Columns, blocks_of
from sim.kpis import Measures
from sim.kpis.model import Row

ROWS = 7
INDEX = tuple(Row("offered", "queue", str(number), None) for number in range(ROWS))


def filled(replications: int, room: int) -> tuple[Columns, np.ndarray, np.ndarray]:
    """Return columns with as many replications, and what they should hold."""
    num, den = np.random.default_rng(replications).random((2, replications, ROWS))
    columns = Columns(room=room)
    for above, below in zip(num, den, strict=True):
        columns.add(Measures(INDEX, above, below))
    return columns, num, den


@given(
    replications=st.integers(1, 40),
    kept=st.integers(1, 50),
    first=st.integers(0, 45),
    rows=st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=12),
    begin=st.integers(0, ROWS),
    end=st.integers(0, ROWS),
)
def test_what_comes_back_is_what_was_added(
    replications: int, kept: int, first: int, rows: list[int], begin: int, end: int
) -> None:
    columns, num, den = filled(replications, room=16 * ROWS * kept)
    part, count = columns.first(first), min(first, replications)
    assert (len(columns), len(part)) == (replications, count)
    table = np.array(rows * 2).reshape(2, -1)
    for source, length in ((columns, replications), (part, count)):
        for wanted in (slice(begin, end), np.array(rows), table):
            above, below = source.take(wanted)
            np.testing.assert_array_equal(above, num[:length, wanted])
            np.testing.assert_array_equal(below, den[:length, wanted])
        again = list(source.replications())
        np.testing.assert_array_equal(np.array([above for above, _ in again]).reshape(-1, ROWS), num[:length])
        np.testing.assert_array_equal(np.array([below for _, below in again]).reshape(-1, ROWS), den[:length])


def test_replications_of_another_plan_are_refused() -> None:
    columns, num, den = filled(2, room=1)
    with pytest.raises(ValueError, match="different plans"):
        columns.add(Measures(INDEX[:-1], num[0, :-1], den[0, :-1]))


@given(st.integers(0, 1 << 20), st.integers(2, 3000))
def test_blocks_have_each_row_once_and_never_one_of_many(values: int, rows: int) -> None:
    blocks = list(blocks_of(values, rows))
    assert [row for block in blocks for row in range(block.start, block.stop)] == list(range(rows))
    assert min(block.stop - block.start for block in blocks) >= 2


@pytest.mark.slow
def test_ten_times_the_replications_take_the_same_memory() -> None:
    """Before the columns had a file, 600 replications took 110 MB more than 60."""
    few, many = (peak(replications) for replications in (60, 600))
    assert many < 1.05 * few, f"{few} MB for 60 replications with every KPI, {many} MB for 600"


def peak(replications: int) -> float:
    """Return the peak memory of a process that simulates as many days of a quiet bank, in MB."""
    command = [sys.executable, "-m", "benchmarks.peak_memory", "quiet_days", str(replications)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(answer.stdout.splitlines()[-1])["peak_mb"])
