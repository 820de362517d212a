"""Handing work over in batches: in order, all of it, and the longer the fewer at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from threading import Event
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.experiment.batches import AHEAD, HELD, MOST, SECONDS, in_order


class Here(Executor):
    """Does the oldest batch when somebody waits, and remembers how much it was given at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.due: deque[Callable[[], None]] = deque()

    def submit(self, work: Any, /, *given: Any, **named: Any) -> Future[Any]:
        self.sizes.append(len(given[-1]))
        future: Future[Any] = Future()
        self.due.append(lambda: future.set_result(work(*given, **named)))
        return future

    def wait(self, *_: Any, **__: Any) -> None:
        self.due.popleft()()


@given(st.integers(0, 60), st.integers(1, 4))
def test_everything_is_done_in_order(pieces: int, number: int) -> None:
    with ThreadPoolExecutor(number) as workers:
        assert list(in_order(workers, number, lambda one: one * one, range(pieces))) == [i * i for i in range(pieces)]


@pytest.mark.parametrize(("seconds", "most"), [(0.0, MOST), (SECONDS / 4.0, 4), (SECONDS, 1), (60.0, 1)])
def test_batches_are_as_long_as_they_should_be(seconds: float, most: int) -> None:
    now = [0.0]

    def work(_: int) -> None:
        now[0] += seconds

    workers = Here()
    with patch.multiple("sim.experiment.batches", perf_counter=lambda: now[0], wait=workers.wait):
        assert len(list(in_order(workers, 2, work, range(101)))) == 101
    assert sum(workers.sizes) == 101
    assert workers.sizes[:4] == [1, 1, 1, 1], "nobody knows yet how long they take"
    assert max(workers.sizes) in {most, max(most - 1, 1)}, "but for rounding"


def test_they_begin_at_once_and_not_all_of_them() -> None:
    gate = Event()
    with ThreadPoolExecutor(3) as workers:
        with patch.object(workers, "submit", wraps=workers.submit) as submit:
            they = in_order(workers, 3, lambda one: gate.wait() and one, range(100))
            assert submit.call_count == AHEAD * 3
        gate.set()
        assert list(they) == list(range(100))


def test_nobody_waits_for_a_long_one() -> None:
    """While the first piece takes as long as all others, they are done; but only so many results are held."""
    gate, done = Event(), []

    def work(one: int) -> int:
        if one == 0:
            gate.wait(60.0)
        done.append(one)
        if len(done) == HELD - 1:
            gate.set()
        return one

    with ThreadPoolExecutor(2) as workers, patch("sim.experiment.batches.MOST", 1):
        assert list(in_order(workers, 1, work, range(100))) == list(range(100))
    assert done.index(0) == HELD - 1


def test_the_last_batches_are_small() -> None:
    workers = Here()
    with patch.multiple("sim.experiment.batches", perf_counter=lambda: 0.0, wait=workers.wait):
        list(in_order(workers, 2, abs, range(100)))
    assert max(workers.sizes) == MOST
    following = workers.sizes[workers.sizes.index(MOST) :]
    assert following == sorted(following, reverse=True)
    assert workers.sizes[-4:] == [1, 1, 1, 1]


def test_what_goes_wrong_is_told() -> None:
    with ThreadPoolExecutor(2) as workers, pytest.raises(ZeroDivisionError):
        list(in_order(workers, 2, lambda one: 1 // (one - 7), range(20)))
