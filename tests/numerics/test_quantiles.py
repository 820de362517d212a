"""Order statistics against sorting."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.numerics.quantiles import order_statistics

SHARES = (0.1, 0.5, 0.9, 1.0)
SECONDS = st.one_of(st.sampled_from([0.0, 1.0, 1e-12, 5e-324, 1e7, 1e300]), st.floats(0, 1e6))


def assert_they_are(code: np.ndarray, values: np.ndarray, codes: int, parts: int) -> None:
    """With two cells to each code, one that counts nowhere, and other ways to count, before and after."""
    cell = np.where(code < 0, 2 * codes, 2 * code + np.arange(len(code)) % 2).astype(np.int32)
    number, positive = np.bincount(cell, minlength=2 * codes + 1), values > 0
    chunks = zip(*(np.array_split(array[positive], parts) for array in (values, cell)), strict=True)
    nobody, everybody = np.full(2 * codes + 1, -1), np.full(2 * codes + 1, codes + 1)
    by_code = np.append(np.repeat(np.arange(codes), 2) + 1, -1)
    keys, ends = np.vstack([nobody, by_code, everybody]), (0, 1, codes + 1, codes + 2)
    statistics, counts = order_statistics(list(chunks), number, keys, ends, SHARES)
    assert (statistics[:, 0].any(), counts[0], counts[-1]) == (False, 0, len(values))
    assert statistics[-1, -1] == values.max(initial=0.0)
    ours, number = statistics[:, 1:-1], counts[1:-1]
    for cell_code in range(codes):
        mine = np.sort(values[code == cell_code])
        assert number[cell_code] == len(mine)
        wanted = [mine[int(np.ceil(share * len(mine))) - 1] if len(mine) else 0.0 for share in SHARES]
        assert ours[:, cell_code].tolist() == wanted


@given(st.lists(st.tuples(st.integers(-1, 3), SECONDS), max_size=60), st.integers(1, 3))
def test_they_are_those_of_sorted_values(rows: list[tuple[int, float]], parts: int) -> None:
    code = np.array([code for code, _ in rows], dtype=np.int64)
    assert_they_are(code, np.array([value for _, value in rows], dtype=np.float64), 4, parts)


@given(st.integers(0, 2**32), st.integers(1, 300), st.floats(0.1, 4), st.integers(1, 3))
def test_those_of_many(seed: int, codes: int, spread: float, parts: int) -> None:
    """So many that buckets are told apart, and so many codes that they are not."""
    rng = np.random.default_rng(seed)
    values = rng.lognormal(3.0, spread, 10_000) * (rng.random(10_000) < 0.7)
    assert_they_are(rng.integers(-1, codes, 10_000), values, codes, parts)
