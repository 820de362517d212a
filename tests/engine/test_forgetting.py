"""A run that discards touchpoints as customers leave gives the same results as one that keeps the log."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from sim.core.errors import SojournError
from sim.engine import Block, Log, Plan, make_plan, single_block
from sim.engine.compiled import blocks, run
from sim.engine.compiled.memory.room import MARGIN, OVERFULL
from sim.engine.log import Interruptions, Presence, Table, columns_of
from sim.experiment.replicate import measure_once, replicate
from sim.kpis import measure_blocks
from sim.population import Population, draw_in_parts, draw_population
from sim.scenario import Scenario, read_scenario
from tests.support.random_scenarios import interrupting, on_whole_seconds, scenarios

ENGINE = importlib.import_module("sim.engine.compiled.run")  # the module, not the function of its name
COLUMNS = ("arrival", "intent", "segment", "entry", "key")
T = TypeVar("T", bound=Table)
SHIPPED = sorted(Path("scenarios").glob("*/*.yaml"))


def put_together(cut: list[Block]) -> Log:
    columns = joined(Log, [block.completed for block in cut])
    columns["customer"] = np.concatenate([block.numbers[block.completed.customer] for block in cut]).astype(np.int32)
    log = in_order(Log, columns)
    presence = in_order(Presence, joined(Presence, [block.completed.presence for block in cut]))
    interruptions = joined(Interruptions, [block.completed.interruptions for block in cut])
    whose = [block.numbers[block.completed.interruptions.customer] for block in cut]
    interruptions["customer"] = np.concatenate(whose).astype(np.int32)
    return replace(log, presence=presence, interruptions=in_order(Interruptions, interruptions))


def joined(table: type[Table], parts: Sequence[Table]) -> dict[str, Any]:
    return {name: np.concatenate([getattr(part, name) for part in parts]) for name in columns_of(table)}


def in_order(table: type[T], columns: dict[str, Any]) -> T:
    order = np.lexsort([columns[name] for name in reversed(table.order)])
    return table(**{name: column[order] for name, column in columns.items()})


def in_parts(population: Population, size: int = 3) -> Iterator[Population]:
    """Cut a population into parts of a few customers, and an empty one."""
    for begin in range(0, len(population) + 1, size):
        columns = {name: getattr(population, name)[begin : begin + size] for name in COLUMNS}
        yield replace(population, **columns)


def assert_they_are(cut: list[Block], plan: Plan, population: Population) -> None:
    log = run(plan, population)
    assert put_together(cut).same_as(log)
    assert [block.begin for block in cut[1:]] == [block.end for block in cut[:-1]]
    assert (cut[0].begin, cut[-1].end) == (-np.inf, np.inf)
    (blockwise, moves), (once, all_moves) = (
        measure_blocks(plan, cut),
        measure_blocks(plan, [single_block(population, log)]),
    )
    for mine, wanted in ((blockwise.num, once.num), (blockwise.den, once.den)):
        off = np.flatnonzero(~np.isclose(mine, wanted, rtol=1e-9, atol=1e-6))
        assert not len(off), [(once.index[i], mine[i], wanted[i]) for i in off[:5]]
    assert np.array_equal(moves, all_moves)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_on_every_shipped_scenario(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENGINE, "_EVENTS", 1000)
    plan = make_plan(read_scenario(path))
    population = draw_population(plan.demand(), 1, 0)
    cut = list(blocks(plan, draw_in_parts(plan.demand(), 1, 0, 500)))
    assert len(cut) > 1
    assert_they_are(cut, plan, population)


@pytest.mark.slow
def test_on_random_scenarios_cut_within_instants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times are whole seconds, so that stretches end in the middle of what happens at one instant."""
    monkeypatch.setattr(ENGINE, "_EVENTS", 1)
    number = interruptions = 0

    @settings(max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(scenarios() | interrupting())
    def tell(data: dict[str, Any]) -> None:
        nonlocal number, interruptions
        plan = make_plan(Scenario.model_validate(data))
        population = on_whole_seconds(draw_population(plan.demand(), 7, 1))
        cut = list(blocks(plan, in_parts(population)))
        number += len(cut)
        interruptions += sum(len(block.completed.interruptions) for block in cut)
        assert_they_are(cut, plan, population)

    tell()
    assert interruptions > 5
    assert number > 500


def test_room_does_not_grow_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Almost fifty thousand customers need no more than the room for those who are there at once."""
    monkeypatch.setattr(ENGINE, "_BLOCK", 2 * MARGIN + 8000)
    plan = make_plan(read_scenario("scenarios/single_queue", ["demand.volume=*30", "agents.desk.staff=*30"]))
    sizes = []
    for block in blocks(plan, draw_in_parts(plan.demand(), 1, 0)):
        sizes.append(len(block.under_way))
        assert len(block.under_way) - len(block.completed) < 4000
    assert sum(sizes) > 45_000
    assert max(sizes) < MARGIN + 8010


CALL = {"channel": "voice", "queue": "calls", "talk": {"law": "exponential", "mean": "60 s"}, "next": "resolved"}
MAIL = {"channel": "email", "queue": "mails", "talk": "60 s", "next": "resolved"}
BUSY = {
    "name": "A mail that nobody answers",
    "run": {"hours": "08:00-20:00", "interval": "60 min"},
    "queues": {"calls": {}, "mails": {}},
    "agents": {"desk": {"serves": ["calls"], "staff": 100}, "nobody": {"serves": ["mails"], "staff": 0}},
    "intents": {
        "call": {"demand": 4000, "start": "call", "steps": {"call": CALL}},
        "mail": {"demand": [3] + [0] * 11, "start": "mail", "steps": {"mail": MAIL}},
    },
}


def test_who_stays_keeps_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """With customers who never leave, a block knows of them, of those who were there, and of the part that comes."""
    monkeypatch.setattr(ENGINE, "_EVENTS", 3000)
    plan = make_plan(Scenario.model_validate(BUSY))
    population = draw_population(plan.demand(), 1, 0)
    cut = list(blocks(plan, draw_in_parts(plan.demand(), 1, 0, 4000)))
    assert_they_are(cut, plan, population)
    assert len(cut) > 5
    last = cut[-1].numbers[cut[-1].completed.customer]
    assert last.min() < 4100  # of the first hour, and there until the end
    assert max(len(block.population) for block in cut) < 10_000 < len(population) / 4


def test_what_fits_no_block_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENGINE, "_prepare", lambda _world: None)
    monkeypatch.setattr(ENGINE, "advance", lambda _record, _events: OVERFULL)
    plan = make_plan(read_scenario("scenarios/single_queue"))
    with pytest.raises(SojournError, match="give --log first"):
        list(blocks(plan, draw_in_parts(plan.demand(), 1, 0)))


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_replications_that_forget_are_the_same(engine: str) -> None:
    plan = make_plan(read_scenario("scenarios/single_queue"))
    both = [
        replicate(plan, seed=1, replications=2, engine=engine, forgetting=forgetting, processes=1)
        for forgetting in (False, True)
    ]
    assert np.allclose(both[0].num, both[1].num, rtol=1e-12)
    assert np.allclose(both[0].den, both[1].den, rtol=1e-12)
    assert np.array_equal(both[0].flows, both[1].flows)
    measures, _ = measure_once(plan, 1, 0, engine, forgetting=True)
    assert np.allclose(measures.num, both[0].num[0], rtol=1e-12)
