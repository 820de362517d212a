"""Customers and visits that are under way, as `reference/visit.py`: records that are used again."""

from __future__ import annotations

import math

from sim.engine.compiled.draws import draw_ahead
from sim.engine.compiled.memory.records import Customer, Visit
from sim.engine.compiled.memory.room import MARGIN, request_room
from sim.engine.compiled.memory.world import World, customer_at, f8_at, i2_at, i4_at, step_at, u8_at, visit_at
from sim.engine.plan import Outcome, Result
from sim.jit.kernels import inner, numbers, part

__all__ = ["begin", "free_customer", "free_visit", "new_customer", "new_visit", "start"]

_INSIDE, _NOT_OVER = numbers(Result.INSIDE, -1 - Outcome.INSIDE)


@part
def new_customer(world: World, number: int) -> int:
    """Return a record for the customer with a number in the run."""
    if number == world.drawn_until:
        draw_ahead(world)
    index = world.customer_free
    if index >= 0:
        world.customer_free = customer_at(world, index).next
    else:
        index = world.customer_high
        world.customer_high = index + 1
    customer = customer_at(world, index)
    customer.number = number
    customer.key = u8_at(world.key)[number - world.part_begin]
    customer.segment = i4_at(world.segment)[number - world.part_begin]
    customer.time = f8_at(world.first_time)[number - world.drawn_from]
    customer.patience_u = f8_at(world.first_patience_u)[number - world.drawn_from]
    customer.line = -1
    customer.visits = customer.journey = customer.anew_visits = 0
    customer.anew_at = -math.inf
    begin(world, index)
    return index


@inner
def begin(world: World, index: int) -> None:
    """Begin the first journey of a customer, or begin anew after one that has ended."""
    customer = customer_at(world, index)
    customer.channel = customer.came_from = customer.before = -1
    customer.kept = True
    customer.waited = customer.elsewhere = 0.0
    customer.contacts = customer.switches = customer.abandonments = customer.repeats = 0
    counts = i2_at(world.visit_counts)
    for row in range(index * world.step_count, (index + 1) * world.step_count):
        counts[row] = 0


@inner
def free_customer(world: World, index: int) -> None:
    """Let a record be used again."""
    customer_at(world, index).next = world.customer_free
    world.customer_free = index


@part
def new_visit(world: World, customer_index: int, step: int) -> int:
    """Return a record for a visit that begins now, with its row in the log."""
    index = world.visit_free
    if index >= 0:
        world.visit_free = visit_at(world, index).next
    else:
        index = world.visit_high
        world.visit_high = index + 1
    customer = customer_at(world, customer_index)
    visit = visit_at(world, index)
    count = customer_index * world.step_count + step
    counts = i2_at(world.visit_counts)
    visit.earlier = counts[count]
    counts[count] += 1
    visit.customer = customer_index
    visit.customer_number = customer.number
    visit.key = customer.key
    visit.step = step
    visit.stream = step_at(world, step).stream
    visit.time, visit.patience_u = customer.time, customer.patience_u
    customer.time = customer.patience_u = math.nan
    visit.began = world.now
    visit.started = visit.announced = math.nan
    visit.hold = visit.repeat = 0.0
    visit.gives_up = math.inf
    visit.group = visit.agent = visit.ticket = visit.give_up_ticket = -1
    visit.phase = visit.stays_until = 0
    visit.callback = visit.broken = visit.waits = visit.works = visit.carried_over = False
    visit.row = _new_row(world, customer, visit)
    return index


@inner
def start(world: World, visit: Visit, instant: float) -> None:
    """Let the service of a visit, or what takes its place, start at an instant."""
    visit.started = instant
    f8_at(world.log_started)[visit.row] = instant


@inner
def free_visit(world: World, index: int) -> None:
    """Let a record be used again."""
    visit = visit_at(world, index)
    visit.ticket = visit.give_up_ticket = -1  # events that are still scheduled for it do nothing
    visit.row = -1
    visit.next = world.visit_free
    world.visit_free = index


@part
def _new_row(world: World, customer: Customer, visit: Visit) -> int:
    row = world.rows
    if row >= world.room - MARGIN and not request_room(world, row, world.room):
        return 0
    world.rows = row + 1
    i4_at(world.log_customer)[row] = customer.number
    if customer.visits:
        i4_at(world.log_visit)[row] = customer.visits
    i4_at(world.log_step)[row] = visit.step
    i4_at(world.log_result)[row] = _INSIDE
    i4_at(world.log_next)[row] = _NOT_OVER
    i4_at(world.log_group)[row] = -1
    i4_at(world.log_agent)[row] = -1
    if customer.journey:
        i4_at(world.log_journey)[row] = customer.journey
    f8_at(world.log_began)[row] = visit.began
    for column in (world.log_started, world.log_ended, world.log_freed, world.log_announced):
        f8_at(column)[row] = math.nan
    return row
