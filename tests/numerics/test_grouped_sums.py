"""Grouped sums against NumPy, value for value."""

from __future__ import annotations

import pickle
import subprocess
import sys
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.numerics.grouped_sums import folded, order_by_code
from sim.numerics.intervals import Changes, excess

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
    folded_sums = folded(several, np.vstack([np.where(code > 0, code - 1, -1), code + 4]), 9)
    for row, sums in zip(several, folded_sums.T, strict=True):
        np.testing.assert_array_equal(sums[:4], np.bincount(code, row, 5)[1:])  # code 0 stands for none
        np.testing.assert_array_equal(sums[4:], np.bincount(code, row, 5))


@given(ROWS)
def test_order_by_code_is_a_stable_sort(rows: list[tuple[int, float, bool]]) -> None:
    code = columns(rows)[0].astype(np.int32)
    np.testing.assert_array_equal(order_by_code(code, 5), np.argsort(code, kind="stable"))


SPANS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20), st.integers(0, 9)), max_size=14)
DUTY = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 25), st.integers(0, 3)), max_size=8, unique_by=lambda change: change[:2]
)


def changes(pairs: list[tuple[int, int]]) -> Changes:
    pairs = sorted(pairs, key=lambda pair: pair[1])
    return Changes(np.array([group for group, _ in pairs], np.int64), np.array([at for _, at in pairs], np.float64))


@given(SPANS, DUTY)
def test_excess_is_what_one_counts_at_each_instant(
    spans: list[tuple[int, int, int]], duty: list[tuple[int, int, int]]
) -> None:
    duty.sort(key=lambda change: change[1])
    begins, ends = changes([(group, b) for group, b, _ in spans]), changes([(group, b + d) for group, b, d in spans])
    allowed = np.array([n for *_, n in duty], np.float64)
    rows = excess(begins, ends, changes([(group, t) for group, t, _ in duty]), allowed, 2)
    for group, instant in product((0, 1), np.arange(0.25, 31, 0.5)):
        open_ = sum(code == group and b <= instant < b + d for code, b, d in spans)
        there = ([0] + [n for code, t, n in duty if code == group and t <= instant])[-1]
        amounts = [n for code, b, e, n in zip(*rows, strict=True) if code == group and b <= instant < e]
        assert sum(amounts) == max(open_ - there, 0)
        assert len(amounts) <= 1


def test_a_compiled_function_is_pickled_by_its_name() -> None:
    """Before its first call, when it is a waiting function, and after it."""
    assert pickle.loads(pickle.dumps(order_by_code)) is order_by_code
    program = (
        "import pickle, sys; from sim.numerics.grouped_sums import folded; "
        "sys.stdout.buffer.write(pickle.dumps(folded))"
    )
    text = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=120).stdout
    assert pickle.loads(text) is folded
