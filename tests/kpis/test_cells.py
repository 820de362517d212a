"""Cells against going over the records one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.kpis.cells import Cells, Coded, alike
from sim.kpis.model import Kpi
from sim.kpis.sums import Sums

Row = tuple[int, int, bool, bool, int]
ROWS = st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 3), st.booleans(), st.booleans(), st.integers(0, 9)))
RATE = Kpi("rate", "Rate", "share", None, "Marked / all.", ("all", "channel", "queue_interval"))


@dataclass(frozen=True, eq=False)
class Records:
    cells: Cells
    marked: np.ndarray
    late: np.ndarray
    seconds: np.ndarray


def records_of(rows: list[Row]) -> Records:
    one, other = (Coded(np.array([row[i] for row in rows], dtype=np.int64), 3 + i) for i in range(2))
    marked, late = (np.array([row[i] for row in rows], dtype=np.bool_) for i in (2, 3))
    cuts = {"all": (), "channel": (one,), "queue_interval": (one, other)}
    cells = Cells.find((one, other), (marked, late), cuts)
    return Records(cells, marked, late, np.array([row[4] for row in rows], dtype=np.float64))


@given(ROWS, st.sampled_from([(3, 4), (2**40, 2**40), (2**62 - 2, 2**61)]))
def test_records_of_a_cell_agree_in_everything(rows: list[Row], sizes: tuple[int, int]) -> None:
    """Whatever the sizes: where the codes would not fit into one number, cells are found step by step."""
    one, other = (Coded(np.array([row[i] for row in rows], dtype=np.int64), sizes[i]) for i in range(2))
    marks = [np.array([row[i] for row in rows], dtype=np.bool_) for i in (2, 3)]
    cells = Cells.find((one, other), marks, {})
    kinds = [row[:4] for row in rows]
    assert [kinds[i] for i in cells.first] == list(dict.fromkeys(kinds))
    assert [kinds[cells.first[cell]] for cell in cells.of] == kinds
    assert cells.number.tolist() == [kinds.count(kind) for kind in dict.fromkeys(kinds)]


@given(ROWS, st.integers(1, 3))
def test_a_ratio_counts_marks_and_adds_up_quantities(rows: list[Row], parts: int) -> None:
    sums = Sums()
    for i in range(parts):
        them = alike(records_of(rows[i::parts]))
        sums.add([them.cells.ratio(RATE, them.marked & ~them.late, them.seconds)])
    found = sums.finish()
    for by, keys in (("all", 1), ("channel", 3), ("queue_interval", 12)):
        num, den = np.zeros(keys), np.zeros(keys)
        for one, other, marked, late, seconds in rows:
            key = {"all": 0, "channel": one, "queue_interval": -1 if min(one, other) < 0 else 4 * one + other}[by]
            if key >= 0:
                num[key] += marked and not late
                den[key] += seconds
        part = found["rate", by]
        assert (part.num.tolist(), part.below.tolist()) == (num.tolist(), den.tolist())
