"""Customers and visits that are under way: records that are used again, however long a run is."""

from __future__ import annotations

import math
from typing import Any

from sim.engine.compiled.draws import draw_ahead
from sim.engine.compiled.memory.heap import is_room
from sim.engine.compiled.memory.records import customer_at, f8_at, i2_at, i4_at, step_at, u8_at, visit_at
from sim.engine.compiled.phases import MARGIN
from sim.engine.plan import Outcome, Result
from sim.jit.kernels import inner, numbers, part

__all__ = ["free_customer", "free_visit", "new_customer", "new_visit"]

_INSIDE, _NOT_OVER = numbers(Result.INSIDE, -1 - Outcome.INSIDE)


@part
def new_customer(world: Any, number: int) -> int:
    """Return a record for a row of the population."""
    if number == world.drawn:
        draw_ahead(world)
    who = world.customer_free
    if who >= 0:
        world.customer_free = customer_at(world, who).next
    else:
        who = world.customer_high
        world.customer_high = who + 1
    customer = customer_at(world, who)
    customer.number = number
    customer.key = u8_at(world.key)[number - world.before]
    customer.segment = i4_at(world.segment)[number - world.before]
    customer.channel = customer.came_from = customer.line = customer.before = -1
    customer.kept = 1
    customer.time = f8_at(world.first_time)[number - world.ahead]
    customer.luck = f8_at(world.first_luck)[number - world.ahead]
    customer.waited = customer.elsewhere = 0.0
    customer.contacts = customer.switches = customer.abandonments = customer.repeats = 0
    customer.visits = customer.journey = 0
    been = i2_at(world.been)
    for place in range(who * world.step_count, (who + 1) * world.step_count):
        been[place] = 0
    return who


@inner
def free_customer(world: Any, who: int) -> None:
    """Let a record be used again."""
    customer_at(world, who).next = world.customer_free
    world.customer_free = who


@part
def new_visit(world: Any, who: int, step: int) -> int:
    """Return a record for a visit that begins now, with its row in the log."""
    index = world.visit_free
    if index >= 0:
        world.visit_free = visit_at(world, index).next
    else:
        index = world.visit_high
        world.visit_high = index + 1
    customer = customer_at(world, who)
    visit = visit_at(world, index)
    times = who * world.step_count + step
    been = i2_at(world.been)
    visit.times = been[times]
    been[times] += 1
    visit.customer = who
    visit.who = customer.number
    visit.key = customer.key
    visit.step = step
    visit.stream = step_at(world, step).stream
    visit.time, visit.luck = customer.time, customer.luck
    customer.time = customer.luck = math.nan  # which are of the first visit alone
    visit.began = world.now
    visit.started = visit.announced = math.nan
    visit.hold = visit.repeat = 0.0
    visit.group = visit.agent = visit.ticket = visit.patience = -1
    visit.phase = visit.stays = visit.callback = visit.broken = visit.waits = visit.works = 0
    visit.row = _new_row(world, customer, visit)
    return index


@inner
def free_visit(world: Any, index: int) -> None:
    """Let a record be used again."""
    visit = visit_at(world, index)
    visit.ticket = visit.patience = -1  # what is still scheduled for it does nothing
    visit.row = -1
    visit.next = world.visit_free
    world.visit_free = index


@part
def _new_row(world: Any, customer: Any, visit: Any) -> int:
    row = world.rows
    if row >= world.room - MARGIN and not is_room(world, row, world.room):
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
