"""Order statistics against sorting."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.core.ranks import at_ranks, buckets_of

SECONDS = st.one_of(st.sampled_from([0.0, 1.0, 1e-12, 5e-324, 1e7, 1e300]), st.floats(0, 1e6))


def by_sorting(code: np.ndarray, values: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    mine = [np.sort(values[code == one]) for one in range(ranks.shape[1])]
    return np.array([[it[rank - 1] if rank else 0.0 for it, rank in zip(mine, row, strict=True)] for row in ranks])


def wanted_of(code: np.ndarray, codes: int) -> np.ndarray:
    number = np.array([np.count_nonzero(code == one) for one in range(codes)])
    return np.array([np.minimum(number, 1), -(-number // 2), -(-9 * number // 10), number])


@given(st.lists(st.tuples(st.integers(-1, 3), SECONDS), max_size=60))
def test_ranks_are_those_of_sorted_values(rows: list[tuple[int, float]]) -> None:
    code = np.array([code for code, _ in rows], dtype=np.int64)
    values = np.array([value for _, value in rows], dtype=np.float64)
    ranks = wanted_of(code, 4)
    np.testing.assert_array_equal(at_ranks(code, values, buckets_of(values), ranks), by_sorting(code, values, ranks))


@given(st.integers(0, 2**32), st.integers(1, 300), st.floats(0.1, 4))
def test_ranks_of_many(seed: int, codes: int, spread: float) -> None:
    """So many that buckets are told apart, and so many codes that they are not."""
    rng = np.random.default_rng(seed)
    code, values = rng.integers(-1, codes, 10_000), rng.lognormal(3.0, spread, 10_000)
    ranks = wanted_of(code, codes)
    np.testing.assert_array_equal(at_ranks(code, values, buckets_of(values), ranks), by_sorting(code, values, ranks))


@given(st.lists(SECONDS, min_size=1))
def test_buckets_keep_the_order(values: list[float]) -> None:
    ascending = np.sort(np.array(values))
    assert (np.diff(buckets_of(ascending)) >= 0).all()
