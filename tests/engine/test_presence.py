"""The table of presence: from when until when each agent is there, in both engines."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np
import pytest

from sim.engine import Block, Log, Plan, compiled, reference
from sim.engine.log import Presence
from sim.population import Population
from tests.support.stories import call, people, plan_of

Run = Callable[[Plan, Population], Log]
ENGINES = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])
LUNCH = {"agents": 1, "hours": "00:00-00:10", "off": [{"kind": "lunch", "hours": "00:02-00:05"}]}


def presence_of(run: Run, group: dict[str, Any], /, *arrivals: float, talk: str = "60 s", **more: Any) -> list[Any]:
    """Return agent, came and left of each stretch; left is None where somebody is there at the end."""
    plan = plan_of({"call": call(talk=talk)}, {"desk": {"serves": ["calls"], "staff": None} | group}, **more)
    presence = run(plan, people(plan, *arrivals)).presence
    assert not presence.group.any()
    rows = zip(presence.agent.tolist(), presence.came.tolist(), presence.left.tolist(), strict=True)
    return [(agent, came, None if isnan(left) else left) for agent, came, left in rows]


@ENGINES
def test_an_agent_is_there_until_the_contact_is_finished(run: Run) -> None:
    assert presence_of(run, {"staff": [2, 0]}, 30) == [(0, 0, 90), (1, 0, 60)]


@ENGINES
def test_who_is_there_when_the_run_ends_has_not_left(run: Run) -> None:
    assert presence_of(run, {"staff": [0, 1]}) == [(0, 60, None)]


@ENGINES
def test_who_is_called_back_before_they_left_has_one_stretch(run: Run) -> None:
    assert presence_of(run, {"staff": [1, 0, 1, 0]}, 30, talk="100 s") == [(0, 0, 180)]


@ENGINES
def test_who_is_called_back_later_has_two(run: Run) -> None:
    assert presence_of(run, {"staff": [1, 0, 1, 0]}, 30) == [(0, 0, 90), (0, 120, 180)]


@ENGINES
def test_a_lunch_is_no_presence_but_a_call_into_it_is(run: Run) -> None:
    assert presence_of(run, {"shifts": [LUNCH]}, 100) == [(0, 0, 160), (0, 300, 600)]


@ENGINES
def test_who_leaves_and_comes_at_one_instant_stays(run: Run) -> None:
    always = {"agents": 1, "hours": "00:00-24:00"}
    assert presence_of(run, {"shifts": [always]}, run={"days": 2}) == [(0, 0, None)]


@ENGINES
def test_lateness_and_absence_are_no_presence(run: Run) -> None:
    assert presence_of(run, {"shifts": [LUNCH], "lateness": "20 s"}) == [(0, 20, 120), (0, 320, 600)]
    assert presence_of(run, {"shifts": [LUNCH], "absence": "100 %"}) == []


@ENGINES
def test_rows_are_in_order_of_group_and_agent(run: Run) -> None:
    agents = {"nobody": {"serves": ["calls"], "staff": 0}, "early": {"serves": ["calls"], "staff": [2, 0, 2, 0]},
              "late": {"serves": ["mails"], "staff": [0, 1, 0]}}  # fmt: skip
    steps = {"call": call(), "mail": call(queue="mails")}
    plan = plan_of(steps, agents)
    presence = run(plan, people(plan)).presence
    assert presence.group.tolist() == [1, 1, 1, 1, 2]
    assert presence.agent.tolist() == [0, 0, 1, 1, 0]
    assert presence.came.tolist() == [0, 120, 0, 120, 60]
    assert presence.left.tolist() == [60, 180, 60, 180, 120]
    assert [column.dtype.str[1:] for column in vars(presence).values()] == ["i4", "i4", "f8", "f8"]


def test_a_block_has_the_stretches_that_overlap_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of one event each; every stretch is over in one block, and those before know of it."""
    monkeypatch.setattr(importlib.import_module("sim.engine.compiled.run"), "_EVENTS", 1)
    shifts = [LUNCH, LUNCH | {"hours": "00:02-00:06", "off": []}]
    plan = plan_of({"call": call()}, {"desk": {"serves": ["calls"], "staff": None, "shifts": shifts}})
    population = people(plan, 0, 100, 310, 700)
    whole = compiled.run(plan, population).presence
    blocks = list(compiled.blocks(plan, [population]))
    assert len(blocks) > 8
    over = [row for block in blocks for row in rows_of(block.completed.presence)]
    assert sorted(over) == rows_of(whole)
    for block in blocks:
        expected = [row for row in rows_of(whole) if row[2] < block.end and row[3] > block.begin]
        known = rows_of(block.under_way.presence, overlapping=block)
        assert [row[:3] for row in known] == [row[:3] for row in expected]
        assert all(isnan(mine[3]) or mine[3] == row[3] for mine, row in zip(known, expected, strict=True))
        assert all(mine[3] == row[3] for mine, row in zip(known, expected, strict=True) if row[3] < block.end)


def rows_of(presence: Presence, overlapping: Block | None = None) -> list[tuple[float, ...]]:
    rows = [tuple(row) for row in zip(*(column.tolist() for column in vars(presence).values()), strict=True)]
    if overlapping is None:
        return rows
    return [row for row in rows if row[2] < overlapping.end and not row[3] <= overlapping.begin]


def test_logs_differ_where_only_presence_does() -> None:
    plan = plan_of({"call": call()})
    log = reference.run(plan, people(plan, 0))
    assert not log.same_as(replace(log, presence=replace(log.presence, came=log.presence.came + 1)))
    assert not log.same_as(replace(log, presence=Presence(**log.presence.rows(np.zeros(1, np.bool_)))))
    assert log.same_as(replace(log, presence=replace(log.presence)))
