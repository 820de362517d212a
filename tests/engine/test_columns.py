"""The memory of a log: sparse columns begin as zeros, and what is written survives growing."""

from __future__ import annotations

import os

import numpy as np
import pytest

from sim.engine.compiled.columns import grown, new_columns
from sim.engine.compiled.records import LOG, SPARSE

ROOM, USED = 1000, 700


def test_sparse_columns_are_zeros_however_often_memory_is_used_again() -> None:
    for _ in range(20):
        columns = new_columns(ROOM)
        assert not any(columns[name].any() for name in SPARSE)
        for column in columns.values():
            column[:] = 7


def test_columns_are_as_they_are_declared() -> None:
    columns = new_columns(ROOM)
    assert {name: column.dtype for name, column in columns.items()} == {name: np.dtype(it) for name, it in LOG.items()}
    assert all(len(it) == ROOM and it.flags.aligned and it.flags.writeable for it in columns.values())


def test_growing_keeps_what_is_written_and_adds_zeros() -> None:
    columns = new_columns(ROOM)
    for number, column in enumerate(columns.values()):
        column[:USED] = np.arange(USED) + number
    larger = grown(columns, USED)
    for number, name in enumerate(columns):
        assert len(larger[name]) == 2 * ROOM
        assert larger[name][:USED].tolist() == (np.arange(USED) + number).tolist()
    assert not any(larger[name][USED:].any() for name in SPARSE)


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
