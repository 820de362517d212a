"""Trunk lines, which customers hold, and calls to customers wait for; as `reference/lines.py`."""

from __future__ import annotations

from sim.engine.compiled.memory.records import Customer, Queue, Visit
from sim.engine.compiled.memory.world import World, customer_at, i4_at, step_at, visit_at
from sim.jit.kernels import inner, part

__all__ = [
    "first_in_person",
    "first_to_take",
    "first_waiting",
    "first_with_line",
    "is_free",
    "take_for_call_back",
    "take_line",
]


@inner
def is_free(world: World, line: int) -> bool:
    """Return whether a line is free, or none is needed."""
    return line < 0 or i4_at(world.lines)[line] > 0


@inner
def take_line(world: World, customer: Customer, line: int) -> bool:
    """Let a customer hold the lines of their step and no others; return whether one was free."""
    free = i4_at(world.lines)
    if customer.line >= 0:
        free[customer.line] += 1
        customer.line = -1
    if line < 0:
        return True
    if not free[line]:
        return False
    free[line] -= 1
    customer.line = line
    return True


@part
def take_for_call_back(world: World, visit: Visit) -> None:
    """Let a customer who is called back hold a line of their step, which is free."""
    if visit.callback:
        take_line(world, customer_at(world, visit.customer), step_at(world, visit.step).line)


@part
def first_with_line(world: World, index: int) -> int:
    """Return the first contact, from one on, that is no call back without a line."""
    while index >= 0 and not _has_line(world, visit_at(world, index)):
        index = visit_at(world, index).next
    return index


@part
def first_waiting(world: World, queue: Queue) -> int:
    """Return the first contact of a queue that waits for its first agent and can be taken, -1 if none is."""
    index = queue.first
    if queue.callback_last:
        while index >= 0 and not visit_at(world, index).waits:  # interrupted work is at the head
            index = visit_at(world, index).next
        return first_in_person(world, index)
    while index >= 0 and not (visit_at(world, index).waits and _has_line(world, visit_at(world, index))):
        index = visit_at(world, index).next
    return index


@part
def first_to_take(world: World, queue: Queue) -> int:
    """Return the first contact that an agent could take of a queue in which call backs matter."""
    return first_in_person(world, queue.first) if queue.callback_last else first_with_line(world, queue.first)


@part
def first_in_person(world: World, index: int) -> int:
    """Return the first contact, from one on, that is no call back, or else the first call back that has a line."""
    call_back = -1
    while index >= 0:
        visit = visit_at(world, index)
        if not visit.callback:
            return index
        if call_back < 0 and _has_line(world, visit):
            call_back = index
        index = visit.next
    return call_back


@inner
def _has_line(world: World, visit: Visit) -> bool:
    """Return whether a contact has a line already, needs none, or one is free for the call back."""
    return not visit.callback or is_free(world, step_at(world, visit.step).line)
