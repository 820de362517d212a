"""A replication: customers arrive, agents come and leave, queues close; every visit is logged."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from sim.engine.attendance import draw_attendance
from sim.engine.log import Log, table_of
from sim.engine.order import EventOrder
from sim.engine.plan import Plan
from sim.engine.reference.carried_over import carried_of
from sim.engine.reference.clock import Clock, InlineProcess, ProcessGenerator
from sim.engine.reference.dialer import Dialer
from sim.engine.reference.draws import Draws
from sim.engine.reference.floor import Floor
from sim.engine.reference.journey import Journeys
from sim.engine.reference.paths import Paths
from sim.engine.reference.visit import Customer
from sim.population import Population

__all__ = ["simulate"]


def simulate(plan: Plan, population: Population) -> Log:
    """Simulate one replication (`sim.engine.reference.run`)."""
    seed, replication = population.seed, population.replication
    clock = Clock(plan.clock_changes, plan.day_values.tolist())
    floor = Floor(clock, plan, seed, replication)
    journeys = Journeys(
        clock,
        plan,
        floor,
        Draws(clock, plan, seed, replication),
        Paths(clock, plan, seed, replication),
        seed,
        replication,
    )
    on_shifts = set(plan.shifts.group.tolist())
    for group in range(len(plan.groups)):
        if group not in on_shifts:
            InlineProcess(_staffing(clock, plan, floor, group))
    InlineProcess(_attendance(clock, plan, floor, population))
    for queue in plan.queueing.clears.nonzero()[0].tolist():
        InlineProcess(_closing(clock, plan, floor, queue))
    for number, dialer in enumerate(floor.dialers.values()):
        InlineProcess(_dialing(clock, dialer, number))
    InlineProcess(_arrivals(clock, population, journeys))
    with _garbage_collection_off():
        clock.run(until=plan.end)
        return table_of(Log, journeys.visits, presence=floor.presence(), interruptions=floor.interruptions())


def _arrivals(clock: Clock, population: Population, journeys: Journeys) -> ProcessGenerator:
    carried = carried_of(population.present)
    columns = population.arrival, population.entry, population.key, population.segment
    for number, (arrival, entry, key, segment) in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        yield clock.at(arrival, EventOrder.ARRIVED, number)
        customer = Customer(number, key, segment)
        if number < len(carried):
            InlineProcess(journeys.go_on(customer, entry, carried[number]))
        else:
            InlineProcess(journeys.journey(customer, entry))


def _staffing(clock: Clock, plan: Plan, floor: Floor, group: int) -> ProcessGenerator:
    changes = slice(plan.staff_ptr[group], plan.staff_ptr[group + 1])
    for time, count in zip(plan.staff_time[changes].tolist(), plan.staff_count[changes].tolist(), strict=True):
        yield clock.at(time, EventOrder.STAFF, group)
        floor.staff(group, count)


def _attendance(clock: Clock, plan: Plan, floor: Floor, population: Population) -> ProcessGenerator:
    for time, group, agent, action in draw_attendance(plan, population.seed, population.replication):
        yield clock.at(time, EventOrder.STAFF, group)
        floor.attend(group, agent, action)


def _closing(clock: Clock, plan: Plan, floor: Floor, queue: int) -> ProcessGenerator:
    for closes in plan.open_until[plan.open_ptr[queue] : plan.open_ptr[queue + 1]].tolist():
        yield clock.at(closes, EventOrder.CLOSED, queue)
        floor.clear(queue)


def _dialing(clock: Clock, dialer: Dialer, number: int) -> ProcessGenerator:
    for begins in dialer.begins:
        yield clock.at(begins, EventOrder.DIALS, number)
        dialer.dial(anew=True)


@contextmanager
def _garbage_collection_off() -> Iterator[None]:
    # Visits pile up and are never garbage, and a finished journey leaves no cycle: a search for cycles costs a third.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
