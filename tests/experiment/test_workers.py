"""Work on processes: the results of one process, in order; a process that dies or fails is noticed, and none stays."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import psutil
import pytest

from sim.core import interrupts
from sim.core.errors import InvalidInput, Problem, SojournError
from sim.experiment import workers
from sim.experiment.batches import MOST
from sim.experiment.workers import on_processes


def _done(work: Callable[[int], Any], tasks: int, processes: int) -> list[Any]:
    with on_processes(work, range(tasks), processes) as results:
        return list(results)


@pytest.fixture(autouse=True)
def nobody_stays() -> Any:
    before = set(psutil.Process().children())
    yield
    assert set(psutil.Process().children()) == before


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("tasks", [0, 1, 7, 60])
def test_everything_is_done_in_order(tasks: int, processes: int) -> None:
    assert _done(lambda task: task * task, tasks, processes) == [task * task for task in range(tasks)]


def test_results_may_be_larger_than_a_pipe() -> None:
    assert _done(lambda task: bytes([task]) * 3_000_000, 9, 2) == [bytes([task]) * 3_000_000 for task in range(9)]


def test_a_slow_task_neither_changes_the_order_nor_lets_the_others_run_far_ahead() -> None:
    def work(task: int) -> float:
        time.sleep(0.5 if task == 0 else 0.0)
        return time.monotonic()

    ends = _done(work, 300, 2)
    assert sum(end < ends[0] for end in ends) <= 7 * MOST, "8 batches may be out"


class _Answering:
    """A child whose answers come when the test wants them."""

    def __init__(self, drawn: random.Random) -> None:
        self.connection, self.asked, self._drawn = self, deque[list[int]](), drawn

    def send(self, tasks: list[int]) -> None:
        self.asked.append(tasks)

    def recv(self) -> tuple[list[int], float, None]:
        tasks = self.asked.popleft()
        return tasks, len(tasks) * self._drawn.choice([1e-6, 0.001, 0.01, 0.1]), None


def test_in_whichever_order_the_processes_answer_everything_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Single ones are late for long, so that all that is out is done at once, and nothing more was handed out."""
    for seed in range(1000):
        drawn = random.Random(seed)
        chances: dict[_Answering, float] = {}

        def answered(
            children: list[_Answering],
            _: float,
            drawn: random.Random = drawn,
            chances: dict[_Answering, float] = chances,
        ) -> list[_Answering]:
            for child in children:
                if drawn.random() < 0.1 or child not in chances:
                    chances[child] = drawn.choice([0.005, 0.02, 0.2, 0.9])
            return [child for child in children if child.asked and drawn.random() < chances[child]]

        monkeypatch.setattr(workers, "child", lambda *_, drawn=drawn: nullcontext(_Answering(drawn)))
        monkeypatch.setattr(workers, "wait", answered)
        tasks = drawn.randint(1, 400)
        assert _done(lambda task: task, tasks, drawn.randint(1, 4)) == list(range(tasks)), seed


def test_both_processes_work() -> None:
    assert len(set(_done(lambda _: (time.sleep(0.01), os.getpid())[1], 20, 2))) == 2


def test_what_goes_wrong_is_raised_here_with_where_it_went_wrong() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        _done(lambda task: 1 // (task - 7), 20, 2)
    assert "1 // (task - 7)" in "".join(raised.value.__notes__)


def test_wrong_input_comes_with_all_its_problems() -> None:
    def work(_: int) -> None:
        raise InvalidInput([Problem("a.yaml", "run", "is wrong"), Problem("b.csv", "", "is empty")])

    with pytest.raises(InvalidInput, match=r"a\.yaml: run: is wrong") as raised:
        _done(work, 1, 1)
    assert [problem.file for problem in raised.value.problems] == ["a.yaml", "b.csv"]


def test_an_error_that_cannot_be_sent_is_told_in_words() -> None:
    def work(_: int) -> None:
        raise ValueError(lambda: None)

    with pytest.raises(SojournError, match="ValueError"):
        _done(work, 1, 1)


def test_a_process_that_was_killed_is_noticed_even_if_it_was_writing() -> None:
    with (
        pytest.raises(SojournError, match=r"exit code -9; if memory was short, give fewer --processes"),
        on_processes(lambda _: os.kill(os.getpid(), signal.SIGKILL), range(5), 2) as results,
    ):
        list(results)
    others = set(psutil.Process().children())
    with on_processes(_write_much, range(5), 1) as results:
        time.sleep(1.0)
        for worker in set(psutil.Process().children()) - others:
            worker.kill()
        with pytest.raises(SojournError, match="exit code -9"):
            list(results)


def _write_much(_: int) -> bytes:
    return bytes(50_000_000)


def test_an_interrupt_ends_it_with_what_was_done_before(monkeypatch: pytest.MonkeyPatch) -> None:
    with on_processes(lambda task: (time.sleep(0.001), task)[1], range(10**6), 2) as results:
        done = [next(results) for _ in range(100)]
        monkeypatch.setattr(interrupts, "presses", lambda: 1)
        with pytest.raises(KeyboardInterrupt):
            done.extend(results)  # as far as they are done
    assert done == list(range(len(done)))
    assert 100 <= len(done) < 10_000


def test_processes_ignore_interrupts() -> None:
    def work(_: int) -> str:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
        return "goes on"

    assert _done(work, 2, 2) == ["goes on", "goes on"]


@pytest.mark.parametrize("number", [1, 3])
def test_processes_end_with_their_parent_even_by_sigkill(number: int) -> None:
    """They are busy, and none of them writes or reads anything."""
    reads, writes = os.pipe()
    if not (parent := os.fork()):
        with on_processes(lambda _: (os.write(writes, b"%d\n" % os.getpid()), time.sleep(300)), range(9), number) as r:
            list(r)
        os._exit(1)
    try:
        pids: set[int] = set()
        while len(pids) < number:
            pids |= {int(line) for line in os.read(reads, 1000).split()}
        processes = [psutil.Process(pid) for pid in pids]
    finally:
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        os.close(reads)
        os.close(writes)
    assert psutil.wait_procs(processes, timeout=10)[1] == []
