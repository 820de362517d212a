"""Records of compiled code, which one declaration lays out, and the world that holds their addresses."""

from __future__ import annotations

import numpy as np

from sim.core.draws import Purpose
from sim.engine.compiled.memory import records
from sim.engine.compiled.memory.room import MARGIN
from sim.engine.compiled.memory.state import State
from sim.engine.compiled.memory.world import PURPOSES, World
from sim.jit.records import Record, address, f8, flag, i8, u8
from tests.support.stories import call, people, plan_of


class Example(Record):
    """A record."""

    key: u8
    since: f8
    waits: flag
    row: i8
    rows: address


def test_a_record_has_its_fields_in_their_order() -> None:
    words = (np.uint64, np.float64, np.int64, np.int64, np.int64)
    names = ("key", "since", "waits", "row", "rows")
    assert Example.dtype == np.dtype(list(zip(names, words, strict=True)), align=True)


def test_the_records_of_a_run_have_fields() -> None:
    assert len(records.__all__) > 10
    for name in records.__all__:
        assert getattr(records, name).dtype.names


def test_a_state_sets_every_address_of_its_world() -> None:
    plan = plan_of({"call": call()})
    state = State(plan, iter([people(plan, 0.0)]), MARGIN * 2)
    hints = {name for name, field_type in World.__annotations__.items() if field_type == "address"}
    assert "log_began" in hints
    unset = {name for name in hints if not state.record[name][0]}
    assert unset <= {"group_score"}, "tables that `tables` or `state` do not lay down"


def test_every_purpose_of_a_draw_has_a_column() -> None:
    assert max(Purpose) < PURPOSES
