"""The tallies against NumPy, value for value."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.core.intervals import excess
from sim.core.tallies import extremes, firsts, folded, groups_of, only, order_by_code, packed, sums

ROWS = st.lists(st.tuples(st.integers(0, 4), st.floats(-1e6, 1e6), st.booleans()), max_size=40)


def columns(rows: list[tuple[int, float, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.array([code for code, _, _ in rows], dtype=np.int64),
        np.array([value for _, value, _ in rows], dtype=np.float64),
        np.array([mark for _, _, mark in rows], dtype=np.bool_),
    )


@given(ROWS)
def test_sums_are_those_of_bincount(rows: list[tuple[int, float, bool]]) -> None:
    code, value, mark = columns(rows)
    np.testing.assert_array_equal(sums(code, value, 5), np.bincount(code, value, 5))
    several = np.array([value, mark.astype(np.float64)])
    wanted = [np.bincount(code, row, 5)[1:] for row in several]  # code 0 stands for none
    np.testing.assert_array_equal(folded(several, code - 1, 4), wanted)


@given(ROWS)
def test_extremes_and_what_is_marked(rows: list[tuple[int, float, bool]]) -> None:
    code, value, mark = columns(rows)
    for one, (low, high) in enumerate(zip(*extremes(code, value, 5), strict=True)):
        mine = value[code == one]
        assert (low, high) == (mine.min(initial=np.inf), mine.max(initial=-np.inf))
    gone = np.where(mark, value, np.nan)
    np.testing.assert_array_equal(only(mark, gone), np.where(mark, gone, 0.0))


@given(ROWS, st.integers(1, 5))
def test_firsts_are_the_first_of_their_group(rows: list[tuple[int, float, bool]], each: int) -> None:
    code, _, mark = columns(rows)
    group = np.arange(len(code)) // each
    seen: set[tuple[int, int]] = set()
    for one, first in zip(zip(group, code, mark, strict=True), firsts(group, code, mark, 5), strict=True):
        assert first == (bool(one[2]) and one[:2] not in seen)
        if one[2]:
            seen.add(one[:2])


@given(ROWS)
def test_order_by_code_is_a_stable_sort(rows: list[tuple[int, float, bool]]) -> None:
    code = columns(rows)[0].astype(np.int32)
    np.testing.assert_array_equal(order_by_code(code, 5), np.argsort(code, kind="stable"))


@given(st.integers(0, 2**62), st.integers(1, 5000), st.integers(1, 2**40))
def test_groups_are_those_of_unique(seed: int, rows: int, size: int) -> None:
    """With up to thousands of codes, so that the table of codes grows, and some far apart."""
    code = np.random.default_rng(seed).integers(0, size, rows)
    first, group = groups_of(code)
    np.testing.assert_array_equal(first, np.sort(np.unique(code, return_index=True)[1]))
    np.testing.assert_array_equal(code[first][group], code)


@given(st.integers(0, 63).flatmap(lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), max_size=5)))
def test_packed_marks_are_binary_numbers(rows: list[list[bool]]) -> None:
    marks = np.array(rows, dtype=np.bool_).reshape(len(rows), len(rows[0]) if rows else 0).T
    wanted = [int("0" + "".join(str(int(mark)) for mark in row), 2) for row in rows]
    assert packed(np.ascontiguousarray(marks)).tolist() == wanted


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
