"""Batches of work: all tasks are done, in order, and the longer they take the fewer are in a batch."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.experiment.batches import MOST, SECONDS, in_order


class InlineExecutor(Executor):
    """Works at once, and records the sizes of batches."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def submit(self, work: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        self.sizes.append(len(arguments[-1]))
        done: Future[Any] = Future()
        done.set_result(work(*arguments, **named))
        return done


@given(st.integers(0, 60), st.integers(1, 4))
def test_everything_is_done_in_order(tasks: int, number: int) -> None:
    with ThreadPoolExecutor(number) as workers:
        assert list(in_order(workers, number, lambda task: task * task, range(tasks))) == [i * i for i in range(tasks)]


@pytest.mark.parametrize(("seconds", "most"), [(0.0, MOST), (SECONDS / 4.0, 4), (SECONDS, 1), (60.0, 1)])
def test_batches_are_as_long_as_they_should_be(seconds: float, most: int) -> None:
    now = [0.0]

    def work(_: int) -> None:
        now[0] += seconds

    workers = InlineExecutor()
    with patch("sim.experiment.batches.perf_counter", lambda: now[0]):
        assert len(list(in_order(workers, 2, work, range(101)))) == 101
    assert sum(workers.sizes) == 101
    assert workers.sizes[:4] == [1, 1, 1, 1], "their duration is not known yet"
    assert max(workers.sizes) in {most, max(most - 1, 1)}, "but for rounding"


def test_the_last_batches_are_small() -> None:
    workers = InlineExecutor()
    with patch("sim.experiment.batches.perf_counter", lambda: 0.0):
        list(in_order(workers, 2, abs, range(100)))
    assert workers.sizes[:4] == [1, 1, 1, 1]
    assert max(workers.sizes) == MOST
    assert workers.sizes[4:] == sorted(workers.sizes[4:], reverse=True)
    assert workers.sizes[-4:] == [1, 1, 1, 1]


def test_they_begin_at_once_and_not_all_of_them() -> None:
    workers = InlineExecutor()
    in_order(workers, 3, abs, range(100))
    assert len(workers.sizes) == 6


def test_what_goes_wrong_is_told() -> None:
    with ThreadPoolExecutor(2) as workers, pytest.raises(ZeroDivisionError):
        list(in_order(workers, 2, lambda task: 1 // (task - 7), range(20)))
