"""Batches of work: all tasks are handed out, in order, and the longer they take the fewer are in a batch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.experiment.batches import MOST, SECONDS, Batches


def _sizes(tasks: int, seconds: float, workers: int = 2) -> list[int]:
    """Return the sizes of all batches, of tasks that take so long each; each worker has two before any is done."""
    batches, sizes = Batches(range(tasks), workers), []
    while batches:
        size = len(batches.take())
        sizes.append(size)
        if len(sizes) >= 2 * workers:
            batches.measured(size, size * seconds)
    return sizes


@given(st.integers(0, 300), st.integers(1, 4), st.floats(0.0, 1.0))
def test_everything_is_handed_out_in_order(tasks: int, workers: int, seconds: float) -> None:
    batches, order = Batches(range(tasks), workers), []
    while batches:
        batch = batches.take()
        assert batch
        order += batch
        batches.measured(len(batch), seconds)
    assert order == list(range(tasks))
    assert batches.take() == []


@pytest.mark.parametrize(("seconds", "most"), [(0.0, MOST), (SECONDS / 4.0, 4), (SECONDS, 1), (60.0, 1)])
def test_batches_are_as_long_as_they_should_be(seconds: float, most: int) -> None:
    sizes = _sizes(101, seconds)
    assert sum(sizes) == 101
    assert sizes[:4] == [1, 1, 1, 1], "their duration is not known yet"
    assert max(sizes) in {most, max(most - 1, 1)}, "but for rounding"


def test_the_last_batches_are_small() -> None:
    sizes = _sizes(100, 0.0)
    assert sizes[:4] == [1, 1, 1, 1]
    assert max(sizes) == MOST
    assert sizes[4:] == sorted(sizes[4:], reverse=True)
    assert sizes[-4:] == [1, 1, 1, 1]
