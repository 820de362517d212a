"""The tallies against NumPy, value for value."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.core.intervals import excess
from sim.core.tallies import folded, order_by_code

ROWS = st.lists(st.tuples(st.integers(0, 4), st.floats(-1e6, 1e6), st.booleans()), max_size=40)


def columns(rows: list[tuple[int, float, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.array([code for code, _, _ in rows], dtype=np.int64),
        np.array([value for _, value, _ in rows], dtype=np.float64),
        np.array([mark for _, _, mark in rows], dtype=np.bool_),
    )


@given(ROWS)
def test_folded_sums_are_those_of_bincount(rows: list[tuple[int, float, bool]]) -> None:
    code, value, mark = columns(rows)
    several = np.array([value, mark.astype(np.float64), 0.0 * value])
    found = folded(several.T, np.column_stack([np.where(code > 0, code - 1, -1), code + 4]), 9)
    for row, sums in zip(several, found.T, strict=True):
        np.testing.assert_array_equal(sums[:4], np.bincount(code, row, 5)[1:])  # code 0 stands for none
        np.testing.assert_array_equal(sums[4:], np.bincount(code, row, 5))


@given(ROWS)
def test_order_by_code_is_a_stable_sort(rows: list[tuple[int, float, bool]]) -> None:
    code = columns(rows)[0].astype(np.int32)
    np.testing.assert_array_equal(order_by_code(code, 5), np.argsort(code, kind="stable"))


SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=12)


@given(SPANS, st.lists(st.tuples(st.integers(0, 25), st.integers(0, 3)), max_size=6, unique_by=lambda it: it[0]))
def test_excess_is_what_one_counts_at_each_instant(spans: list[tuple[int, int]], duty: list[tuple[int, int]]) -> None:
    duty.sort()
    begin, end = (np.array(it, float) for it in ([b for b, _ in spans], [b + d for b, d in spans]))
    since, allowed = (np.array(it, float) for it in ([t for t, _ in duty], [n for _, n in duty]))
    found = excess(np.sort(begin), np.sort(end), since, allowed)
    for instant in np.arange(0.25, 31, 0.5):
        open_ = np.count_nonzero((begin <= instant) & (end > instant))
        there = ([0, *allowed])[np.searchsorted(since, instant, side="right")]
        told = [n for b, e, n in zip(*found, strict=True) if b <= instant < e]
        assert sum(told) == max(open_ - there, 0)
        assert len(told) <= 1


def test_a_compiled_function_is_pickled_by_its_name() -> None:
    """Before its first call, when it is a waiting function, and after it."""
    assert pickle.loads(pickle.dumps(order_by_code)) is order_by_code
    program = "import pickle, sys; from sim.core.intervals import excess; sys.stdout.buffer.write(pickle.dumps(excess))"
    text = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=120).stdout
    assert pickle.loads(text) is excess
