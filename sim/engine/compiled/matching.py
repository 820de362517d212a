"""Matching: who takes whom, by the state of queues and agents and by the routing policy; as `reference/matching.py`."""

from __future__ import annotations

import math

from routing import FreeAgent, WaitingContact
from sim.core.draws import Purpose
from sim.engine.compiled import agents
from sim.engine.compiled.draws import draw
from sim.engine.compiled.lines import can_be_taken
from sim.engine.compiled.memory.records import Group, Queue, Stage, Visit
from sim.engine.compiled.memory.scores import agent_score, contact_score
from sim.engine.compiled.memory.world import World, group_at, i4_at, queue_at, served_at, stage_at, visit_at
from sim.jit.kernels import inner, numbers, part
from sim.numerics.time_grid import HALF_MICROSECOND

__all__ = ["best_stage", "first_contact", "first_waiting", "is_due", "pick_contact"]

(_CHOICE,) = numbers(Purpose.CHOICE)


@part
def pick_contact(world: World, group: Group) -> int:
    """Return the stage through which a group takes its next contact, the first of the stage's queue; or -1."""
    best, lowest = -1, math.inf
    for row in range(group.served_first, group.served_last):
        served = served_at(world, row)
        queue = queue_at(world, served.queue)
        index = first_contact(world, queue)
        if index < 0:
            continue
        visit = visit_at(world, index)
        stage = stage_at(world, served.stage)
        if _may_take(world, stage, group, queue, visit):
            waited = world.now - visit.began + queue.head_start
            score = contact_score(world.contact_score, (WaitingContact(stage.rank, waited, queue.weight),))
            if score < lowest:
                best, lowest = served.stage, score
    return best


@inner
def first_contact(world: World, queue: Queue) -> int:
    """Return the first contact of a queue that an agent could take, -1 if none is."""
    return _first_to_take(world, queue) if queue.calls_back else queue.first


@part
def first_waiting(world: World, queue: Queue) -> int:
    """Return the first contact of a queue that waits for its first agent and can be taken, -1 if none is."""
    index = queue.first
    if queue.callback_last:
        while index >= 0 and not visit_at(world, index).waits:  # interrupted work is at the head
            index = visit_at(world, index).next
        return _first_in_person(world, index)
    while index >= 0 and not (visit_at(world, index).waits and can_be_taken(world, visit_at(world, index))):
        index = visit_at(world, index).next
    return index


@part
def _first_to_take(world: World, queue: Queue) -> int:
    """Return the first contact that an agent could take of a queue in which call backs matter."""
    return _first_in_person(world, queue.first) if queue.callback_last else _first_with_line(world, queue.first)


@part
def _first_with_line(world: World, index: int) -> int:
    """Return the first contact, from one on, that is no call back without a line."""
    while index >= 0 and not can_be_taken(world, visit_at(world, index)):
        index = visit_at(world, index).next
    return index


@part
def _first_in_person(world: World, index: int) -> int:
    """Return the first contact, from one on, that is no call back, or else the first call back that has a line."""
    call_back = -1
    while index >= 0:
        visit = visit_at(world, index)
        if not visit.callback:
            return index
        if call_back < 0 and can_be_taken(world, visit):
            call_back = index
        index = visit.next
    return call_back


@part
def _may_take(world: World, stage: Stage, group: Group, queue: Queue, visit: Visit) -> bool:
    """Return whether a group may take the first contact of a queue."""
    if not agents.is_free(world, group, stage.places):
        return False
    return stage.unconditional or (agents.idle(world, group) > stage.idle and is_due(world, stage, queue, visit))


@inner
def is_due(world: World, stage: Stage, queue: Queue, visit: Visit) -> bool:
    """Return whether a queue may turn to a group by now, for a contact in it."""
    return queue.waiting >= stage.waiting and world.now >= visit.began + stage.after - HALF_MICROSECOND


@part
def best_stage(world: World, visit: Visit, queue: Queue) -> int:
    """Return the stage whose group shall take a contact that has just come; -1 if no agent may."""
    best, lowest = -1, math.inf
    for row in range(queue.stage_first, queue.stage_last):
        stage = stage_at(world, row)
        group = group_at(world, stage.group)
        if not agents.is_free(world, group, stage.places) or (
            not stage.unconditional and not _may_receive(world, stage, group)
        ):
            continue
        if queue.group_score == 0:
            return row
        points = _group_score(world, visit, queue, stage, group)
        if points < lowest:
            best, lowest = row, points
    return best


@inner
def _group_score(world: World, visit: Visit, queue: Queue, stage: Stage, group: Group) -> float:
    idle = world.now - agents.idle_since(world, group, stage.places)
    chance = free = math.nan
    if queue.by_chance:
        chance, free = _chance(world, visit, stage), float(agents.free(world, group, stage.places))
    agent = FreeAgent(stage.position, stage.rank, idle, agents.busy_share(group), stage.aht, chance, free)
    return agent_score(queue.group_score, (agent,))


@inner
def _chance(world: World, visit: Visit, stage: Stage) -> float:
    choice = i4_at(world.log_visit)[visit.row] * 64 + int(stage.position)
    return draw(world, visit, choice, _CHOICE)


@inner
def _may_receive(world: World, stage: Stage, group: Group) -> bool:
    return stage.after == 0.0 and stage.waiting <= 1 and agents.idle(world, group) > stage.idle
