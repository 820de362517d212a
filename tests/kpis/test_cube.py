"""Cubes against going over the records one by one, and the memory of cells and values."""

from __future__ import annotations

import io
import os
import tempfile
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kpis import kpi
from sim.kpis.accumulator import Accumulator
from sim.kpis.aggregate.cube import NONE, CodeColumn, Cube
from sim.kpis.aggregate.declaration import flag, total
from sim.kpis.aggregate.scan import CODES, FLAGS, NUMBER
from sim.kpis.aggregate.tables import CellTable, ValueStore
from sim.kpis.dimensions import keys_of
from tests.support.kpi_days import make_plan

Row = tuple[int, int, bool, int]  # queue, interval, a flag, seconds
ROWS = st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 2), st.booleans(), st.integers(0, 9)))
PLAN = make_plan()
LEVEL = kpi("service_level")


@given(ROWS)
def test_a_ratio_counts_flags_and_adds_up_quantities(rows: list[Row]) -> None:
    """Each cell here is of one record, or of two."""
    queue, interval = (np.array([row[i] for row in rows], dtype=np.int64) for i in range(2))
    flagged = np.array([row[2] for row in rows], dtype=np.bool_)
    number = 1.0 + np.arange(len(rows)) % 2
    seconds = np.array([row[3] for row in rows], dtype=np.float64)
    by_queue, by_interval = CodeColumn(np.where(queue < 0, NONE, queue), 3), CodeColumn(interval, 3)
    sizes = {by: len(keys_of(PLAN, by)) for by in LEVEL.dimensions}
    dimensions = {by: (CodeColumn(np.full(len(rows), NONE), size),) for by, size in sizes.items()} | {
        "all": (),
        "queue": (by_queue,),
        "interval": (by_interval,),
        "queue_interval": (by_queue, by_interval),
    }
    cube = Cube.build(number, dimensions)
    accumulator = Accumulator(PLAN)
    accumulator.add([cube.ratio(LEVEL, flagged, seconds)])
    assert accumulator.measured == {(LEVEL.name, by) for by in LEVEL.dimensions}
    for by, key in (
        ("all", 0 * queue),
        ("queue", queue),
        ("interval", interval),
        ("queue_interval", 3 * queue + interval),
    ):
        counts = key >= 0 if by != "queue_interval" else queue >= 0
        values = accumulator[LEVEL.name, by]
        assert values.num.tolist() == np.bincount(key[counts], (flagged * number)[counts], sizes[by]).tolist()
        assert values.denominators.tolist() == np.bincount(key[counts], seconds[counts], sizes[by]).tolist()
    assert not accumulator[LEVEL.name, "channel"].num.any()


@dataclass
class Recorded:
    here: Any = total(float)
    there: Any = total(float)
    low: Any = flag(bool)
    middle: Any = flag(bool)
    high: Any = flag(bool)


def test_room_is_made_without_losing_what_is_there() -> None:
    table, store = CellTable(Recorded), ValueStore()
    table.make_room(1)
    store.make_room(1)
    room = int(table.record["room"][0])
    table._rows[:] = 1.5
    table._rows[:, NUMBER] = 3
    table._rows.view(np.int64)[:, CODES], table._rows.view(np.int64)[:, FLAGS] = 7, 5
    table.record["size"] = room
    store._values[:2], store._cell[:2] = 2.5, 1
    store.record["size"] = 2
    table.make_room(3 * room)
    store.make_room(10_000_000)
    assert int(table.record["room"][0]) >= 4 * room
    assert (table.codes == 7).all()
    assert (table.number == 3).all()
    assert len(table.codes) == room
    columns = table.columns()
    assert list(columns) == ["here", "there", "low", "middle", "high"]
    assert (columns["here"] == 1.5).all()
    assert (columns["low"].all(), columns["middle"].any(), columns["high"].all()) == (True, False, True)
    assert [(values.tolist(), cell.tolist()) for values, cell in store] == [([2.5, 2.5], [1, 1]), ([], [])]


@given(st.lists(st.integers(1, 40), max_size=12), st.integers(1, 30), st.integers(1, 60))
def test_values_are_kept_in_a_file_beyond_some(sizes: list[int], part: int, in_memory: int) -> None:
    with (
        patch("sim.kpis.aggregate.tables.LEAST", 1),
        patch("sim.kpis.aggregate.tables.PART", part),
        patch("sim.kpis.aggregate.tables.IN_MEMORY", in_memory),
    ):
        store, so_far = ValueStore(), 0
        for size in sizes:
            store.make_room(size)
            at = int(store.record["size"][0])
            store._values[at : at + size] = np.arange(so_far, so_far + size)
            store._cell[at : at + size] = size
            store.record["size"], so_far = at + size, so_far + size
    for _ in range(2):
        values, cells = (np.concatenate(column) for column in zip(*store, strict=True))
        assert values.tolist() == list(range(so_far))
        assert cells.tolist() == [size for size in sizes for _ in range(size)]
    assert sum(len(values) for values, _ in store._full) < in_memory + part + max(sizes, default=0)


@pytest.mark.parametrize("room", [0, 1, 3, 4])
def test_values_stay_in_memory_where_a_file_has_no_room(room: int) -> None:
    """A file that takes so many columns, and half of the next one."""
    store, made = ValueStore(), tempfile.TemporaryFile
    taken: list[int] = []

    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            taken.append(1)
            return super().write(data if len(taken) <= room else memoryview(data).cast("B")[: data.nbytes // 2])

    def limited(*, buffering: int) -> Full:
        assert buffering == 0
        if room == 0:
            raise FileNotFoundError
        with made(buffering=0) as file:
            return Full(os.dup(file.fileno()), "r+")

    with (
        patch("sim.kpis.aggregate.tables.LEAST", 1),
        patch("sim.kpis.aggregate.tables.PART", 4),
        patch("sim.kpis.aggregate.tables.IN_MEMORY", 4),
        patch("tempfile.TemporaryFile", limited),
    ):
        for part in range(6):
            store.make_room(4)
            store._values[:4], store._cell[:4] = np.arange(4) + 4 * part, part
            store.record["size"] = 4
    assert store._is_full
    for _ in range(2):
        values, cells = (np.concatenate(column) for column in zip(*store, strict=True))
        assert values.tolist() == list(range(24))
        assert cells.tolist() == [i // 4 for i in range(24)]
