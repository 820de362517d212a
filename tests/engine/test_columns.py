"""The memory of a log: sparse columns begin as zeros, and growing keeps what was written."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sim.engine.compiled.memory.columns import SPARSE, grown, new_columns
from sim.engine.log import COLUMNS

ROOM, USED = 1000, 700
SIZES = pytest.mark.parametrize("room", [ROOM, 1_000_000], ids=["small", "large"])


@SIZES
def test_sparse_columns_are_zeros_however_often_memory_is_used_again(room: int) -> None:
    for _ in range(5):
        columns = new_columns(room)
        assert not any(columns[name].any() for name in SPARSE)
        for column in columns.values():
            column[:] = 7


@SIZES
def test_columns_are_as_they_are_declared(room: int) -> None:
    columns = new_columns(room)
    assert {name: column.dtype for name, column in columns.items()} == {
        name: np.dtype(dtype) for name, dtype in COLUMNS.items()
    }
    assert all(len(column) == room and column.flags.aligned and column.flags.writeable for column in columns.values())


def test_growing_keeps_what_is_written_and_adds_zeros() -> None:
    columns = new_columns(ROOM)
    for number, column in enumerate(columns.values()):
        column[:USED] = np.arange(USED) + number
    larger = grown(columns, USED)
    for number, name in enumerate(columns):
        assert len(larger[name]) == 2 * ROOM
        assert larger[name][:USED].tolist() == (np.arange(USED) + number).tolist()
    assert not any(larger[name][USED:].any() for name in SPARSE)


def test_a_large_log_gets_the_memory_of_one_that_is_gone() -> None:
    earlier = new_columns(1_000_000)
    where = earlier["began"].ctypes.data
    del earlier
    assert new_columns(1_200_000)["began"].ctypes.data == where, "a somewhat longer one too"


def test_a_log_does_not_hold_the_memory_of_a_much_larger_one() -> None:
    larger = new_columns(5_000_000)
    where = larger["began"].ctypes.data
    del larger
    assert new_columns(1_000_000)["began"].ctypes.data != where


def test_nobody_gets_the_memory_of_a_log_at_which_somebody_looks() -> None:
    """Threads make large logs and drop them; each sees what it wrote for as long as it keeps a piece of it."""

    def writes(number: int) -> bool:
        pieces = []
        for at in range(0, 1_000_000, 100_000):
            column = new_columns(1_000_000)["ended"]
            column[at : at + 10] = number
            pieces.append(column[at : at + 10])
        return all((piece == number).all() for piece in pieces)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(writes, range(40)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows forks nobody")
def test_a_forked_process_writes_to_columns_of_its_own() -> None:
    column = new_columns(ROOM)["hold"]
    column[0] = 1.0
    child = os.fork()
    if not child:
        column[0] = 2.0
        os._exit(0)
    os.waitpid(child, 0)
    assert column[0] == 1.0
