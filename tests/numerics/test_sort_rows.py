"""Fast sorting and searching against NumPy, bit for bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.core.draws import uniform_pairs, uniforms
from sim.numerics.intervals import _per_second, _position
from sim.numerics.sort_rows import order_of

INSTANTS = hnp.arrays(
    np.float64, st.integers(0, 200), elements=st.one_of(st.integers(0, 9).map(float), st.floats(-5.0, 15.0))
)


@given(INSTANTS, st.data())
def test_rows_are_put_in_order_as_lexsort_does(instants: np.ndarray, data: st.DataObject) -> None:
    second = data.draw(hnp.arrays(np.int32, len(instants), elements=st.integers(0, 2)))
    third = data.draw(hnp.arrays(np.uint64, len(instants), elements=st.integers(0, 3)))
    np.testing.assert_array_equal(order_of(instants, second, third), np.lexsort((third, second, instants)))


def test_a_crowd_at_one_instant_is_put_in_order() -> None:
    instants = np.r_[np.full(500, 7.0), 1.0, 9.0, np.linspace(0.0, 10.0, 300)]
    second, third = np.zeros(len(instants), np.int32), np.arange(len(instants), dtype=np.uint64)[::-1].copy()
    np.testing.assert_array_equal(order_of(instants, second, third), np.lexsort((third, second, instants)))


@given(INSTANTS, st.integers(1, 12), st.floats(0.01, 3.0), st.booleans())
def test_instants_are_found_among_edges_as_searchsorted_does(
    instants: np.ndarray, number: int, width: float, after: bool
) -> None:
    edges = 1.0 + width * np.arange(number, dtype=np.float64)
    those = np.r_[instants, edges, np.nan, np.inf, -np.inf]
    positions = np.searchsorted(edges, those, "right" if after else "left")
    assert [_position(edges, _per_second(edges), instant, after) for instant in those] == positions.tolist()


def test_two_draws_of_one_run_are_the_draws_of_two() -> None:
    keys = np.arange(1000, dtype=np.uint64) << np.uint64(30)
    for got, purpose in zip(uniform_pairs(7, 1, 99, keys, 3, 4), (4, 5), strict=True):
        np.testing.assert_array_equal(got, uniforms(7, 1, 99, keys, 3, purpose))
