"""One replication: customers arrive, agents come and leave, queues close; their stories run, and are logged."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from sim.core.units import DAY
from sim.engine.attendance import draw_attendance
from sim.engine.log import Log, log_of
from sim.engine.plan import Plan
from sim.engine.reference.clock import At, Clock, Story
from sim.engine.reference.draws import Draws
from sim.engine.reference.floor import Floor
from sim.engine.reference.journey import MAX_VISITS, Happening, Journeys
from sim.engine.reference.paths import Paths
from sim.engine.reference.visit import Customer
from sim.population import Population

__all__ = ["MAX_VISITS", "run"]


def run(plan: Plan, population: Population) -> Log:
    """Simulate one replication.

    Parameters
    ----------
    plan
        What the scenario says.
    population
        Who comes.

    Returns
    -------
    Log
        Every touchpoint, in order of (began, customer, visit).

    Raises
    ------
    SojournError
        A journey goes round in circles for more than `MAX_VISITS` touchpoints.
    """
    seed, replication = population.seed, population.replication
    clock = Clock()
    floor = Floor(clock, plan, seed, replication)
    journeys = Journeys(clock, plan, floor, Draws(plan, seed, replication), Paths(plan, seed, replication))
    on_shifts = set(plan.shifts.group.tolist())
    for group in range(len(plan.groups)):
        if group not in on_shifts:
            Story(_staffing(clock, plan, floor, group))
    Story(_attendance(clock, plan, floor, population))
    for queue in plan.queueing.clears.nonzero()[0].tolist():
        Story(_closing(clock, plan, floor, queue))
    Story(_arrivals(clock, population, journeys))
    with _no_search_for_cycles():
        clock.run(until=plan.end)
        return log_of(journeys.visits)


def _arrivals(clock: Clock, population: Population, journeys: Journeys) -> Happening:
    columns = population.arrival, population.entry, population.key, population.segment
    for number, (arrival, entry, key, segment) in enumerate(zip(*(it.tolist() for it in columns), strict=True)):
        yield clock.at(arrival, At.ARRIVED, number)
        Story(journeys.journey(Customer(number, key, segment), entry))


def _staffing(clock: Clock, plan: Plan, floor: Floor, group: int) -> Happening:
    changes = slice(plan.staff_ptr[group], plan.staff_ptr[group + 1])
    for time, count in zip(plan.staff_time[changes].tolist(), plan.staff_count[changes].tolist(), strict=True):
        yield clock.at(time, At.STAFF, group)
        floor.staff(group, count)


def _attendance(clock: Clock, plan: Plan, floor: Floor, population: Population) -> Happening:
    for time, group, agent, comes in draw_attendance(plan, population.seed, population.replication):
        yield clock.at(time, At.STAFF, group)
        floor.attend(group, agent, comes=bool(comes))


def _closing(clock: Clock, plan: Plan, floor: Floor, queue: int) -> Happening:
    for day in range(ceil(plan.end / DAY)):
        yield clock.at(day * DAY + float(plan.queue_open[queue, 1]), At.CLOSED, queue)
        floor.clear(queue)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    # Visits pile up and are never garbage, and a finished journey leaves no cycle behind: searching them costs a third.
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()
