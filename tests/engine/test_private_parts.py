"""Parts of SimPy that its documentation does not promise, and what breaks without them.

A new version is let in by its bound in ``pyproject.toml`` when these tests pass with it.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from packaging.requirements import Requirement
from simpy import Environment, Event
from simpy.events import NORMAL, URGENT

from sim.core.time_of_day import ClockChanges
from sim.engine.order import EventOrder
from sim.engine.reference.clock import Clock

NO_CHANGES = ClockChanges(np.empty(0), np.empty(0))


def test_the_installed_version_is_within_an_upper_bound() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bound = next(bound for bound in map(Requirement, project["dependencies"]) if bound.name == "simpy")
    assert version("simpy") in bound.specifier
    assert any(part.operator == "<" for part in bound.specifier), "simpy has no upper bound"


def test_the_queue_of_an_environment_is_a_heap_of_time_priority_number_and_event() -> None:
    environment = Environment()
    event = environment.event().succeed()
    number = next(environment._eid)
    assert environment._queue == [(0, NORMAL, number - 1, event)], "`Clock.at` cannot schedule an event at an instant"


def test_an_event_has_happened_when_it_is_ok_and_has_a_value() -> None:
    event = Event(Environment())
    assert not event.triggered
    event._ok = True
    event._value = None
    assert event.triggered, "`Clock.at` cannot make events that happen, as a timeout is"
    assert event.ok


def test_what_is_called_back_is_a_list_until_the_event_has_happened() -> None:
    clock, happened = Clock(NO_CHANGES), []
    event = clock.at(1.0, EventOrder.LEFT, 0)
    assert event.callbacks == [], "`Clock.call` and `InlineProcess` cannot append to the callbacks"
    event.callbacks.append(happened.append)
    clock.run(until=2.0)
    assert happened == [event]


def test_consequences_come_before_the_next_event_of_an_instant() -> None:
    assert max(URGENT, NORMAL) < min(EventOrder), "events of ADR 2 would come before the consequences of others"
    clock, happened = Clock(NO_CHANGES), []

    def note(name: str) -> Any:
        return lambda _event: happened.append(name)

    def succeed(_event: Event) -> None:
        consequence = clock.event()
        consequence.callbacks.append(note("consequence"))
        consequence.succeed()

    clock.call(1.0, EventOrder.LEFT, 1, note("next"))
    clock.call(1.0, EventOrder.LEFT, 0, succeed)
    clock.run(until=2.0)
    assert happened == ["consequence", "next"]


@pytest.mark.parametrize("instant", [0.1 + 0.2, 1e6 / 3])
def test_an_event_happens_at_its_instant_to_the_bit(instant: float) -> None:
    clock, instants = Clock(NO_CHANGES), []
    clock.call(0.1, EventOrder.ARRIVED, 0, lambda _: clock.call(instant, EventOrder.LEFT, 0, note))

    def note(_event: Event) -> None:
        instants.append(clock.now)

    clock.run(until=1e6)
    assert instants == [instant]
