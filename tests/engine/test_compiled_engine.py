"""Behaviour of the compiled engine alone: growing memory, rounds, and unsupported scenarios."""

from __future__ import annotations

import importlib
import threading
import time
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from routing import Policy, WaitingContact
from sim.core.errors import InvalidInput, SojournError
from sim.engine import Plan, make_plan
from sim.engine.compiled import run as compiled
from sim.engine.compiled.kernel import advance
from sim.engine.compiled.memory.room import GROW, MARGIN, OVERFULL
from sim.engine.compiled.memory.state import State
from sim.engine.reference import run as reference
from sim.experiment.replicate import choose_engine, simulate_once
from sim.population import draw_population
from sim.scenario import read_scenario

ENGINE = importlib.import_module("sim.engine.compiled.run")  # the module, not the function of its name
PLAN = make_plan(read_scenario("scenarios/retail_bank"))
PEOPLE = draw_population(PLAN.demand(), 3, 0)


@pytest.mark.slow
def test_a_log_that_is_full_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    grown: list[int] = []
    grow = State.grow

    def note(state: State) -> None:
        grown.append(state.rows)
        grow(state)

    monkeypatch.setattr(ENGINE, "_ROOM", MARGIN + 50)
    monkeypatch.setattr(ENGINE, "_ROWS_EACH", 0)
    monkeypatch.setattr(State, "grow", note)
    plan = make_plan(read_scenario("scenarios/retail_bank", ["demand.volume=*3"]))  # more rows than a margin has
    people = draw_population(plan.demand(), 3, 0)
    assert compiled(plan, people).same_as(reference(plan, people))
    assert len(grown) >= 2


def test_a_run_that_had_no_room_within_an_event_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rooms: list[int] = []

    def too_full(record: Any, events: int) -> int:
        rooms.append(int(record["room"][0]))
        return OVERFULL if len(rooms) == 1 else advance(record, events)

    monkeypatch.setattr(ENGINE, "_prepare", lambda _world: None)
    monkeypatch.setattr(ENGINE, "advance", too_full)
    assert compiled(PLAN, PEOPLE).same_as(reference(PLAN, PEOPLE))
    assert rooms[1] == 4 * rooms[0]


def test_a_kernel_without_room_says_so() -> None:
    """It asks when it comes near to the end, and must not write beyond it, however often it is told to go on."""
    state = State(PLAN, iter([PEOPLE]), MARGIN * 2)
    state.record["room"] = MARGIN + 100
    assert advance(state.record, 1 << 20) == GROW
    assert state.rows == 101
    state.record["room"] = 5000
    while (why := advance(state.record, 1 << 20)) == GROW:
        assert state.rows <= 5000
    assert (why, state.rows) == (OVERFULL, 5000)


def test_who_goes_round_in_circles_is_stopped() -> None:
    plan = make_plan(read_scenario("scenarios/single_queue"))
    to_the_first = plan.routes._replace(next=plan.routes.next * 0)
    endless = replace(plan, routes=to_the_first, open_until=plan.open_from)  # closed, so no time passes
    people = draw_population(plan.demand(), 1, 0)
    sentences = []
    for run in (compiled, reference):
        with pytest.raises(SojournError, match="goes round in circles here") as caught:
            run(endless, people)
        sentences.append(str(caught.value))
    assert sentences[0] == sentences[1]


def _plan_with(policy: Policy, name: str, monkeypatch: pytest.MonkeyPatch) -> Plan:
    for module in ("sim.engine.compiled.memory.scores", "sim.engine.policy"):
        monkeypatch.setattr(importlib.import_module(module), "policies", lambda: {name: policy})
    return replace(PLAN, routing=name)


def _shortest_wait(contact: WaitingContact) -> float:
    return contact.waited


def _exact_wait(contact: WaitingContact) -> float:
    return float(Fraction(-contact.waited))


def test_a_policy_of_plain_numbers_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = _plan_with(Policy(about="", contact_score=_shortest_wait), "shortest", monkeypatch)
    assert choose_engine(plan, "auto") == ("compiled", "")
    log = compiled(plan, PEOPLE)
    assert log.same_as(reference(plan, PEOPLE))
    assert not log.same_as(compiled(PLAN, PEOPLE))


def test_plain_python_is_for_simpy(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = _plan_with(Policy(about="", contact_score=_exact_wait), "plain", monkeypatch)
    why = 'the routing policy "plain" is plain Python, which only the simpy engine runs'
    assert choose_engine(plain, "auto") == ("simpy", why)
    with pytest.raises(InvalidInput, match="give --engine simpy, or auto"):
        compiled(plain, PEOPLE)
    _, log = simulate_once(plain, 3, 0)
    assert log.same_as(reference(plain, PEOPLE))


def test_auto_takes_the_compiled_engine() -> None:
    assert choose_engine(PLAN, "auto") == ("compiled", "")


def test_threads_run_side_by_side() -> None:
    """While a kernel runs, Python goes on: the kernel does not hold the interpreter's lock."""
    plan = make_plan(read_scenario("scenarios/retail_bank", ["demand.volume=*20"]))
    people = draw_population(plan.demand(), 3, 0)
    state = State(plan, iter([people]), 8 * len(people))
    advance(state.record, 1)
    over = threading.Event()

    def simulate() -> None:
        advance(state.record, 1 << 40)
        over.set()

    thread = threading.Thread(target=simulate)
    thread.start()
    counted = 0
    while not over.is_set():
        counted += 1
        time.sleep(0)
    thread.join()
    assert counted > 100  # with the lock held, it could count only before and after
