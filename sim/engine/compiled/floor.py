"""The floor: queues of contacts on one side, crews of agents on the other; as `reference/floor.py`."""

from __future__ import annotations

import math
from typing import Any

from routing import FreeAgent, WaitingContact
from sim.core.draws import Purpose
from sim.core.units import DAY
from sim.engine.compiled import agents, crew
from sim.engine.compiled.clock import put
from sim.engine.compiled.draws import draw
from sim.engine.compiled.memory.heap import OVERFLOWED, SERVICES, order_of, schedule
from sim.engine.compiled.memory.records import (
    dialer_at,
    f8_at,
    group_at,
    i4_at,
    queue_at,
    served_at,
    stage_at,
    visit_at,
)
from sim.engine.compiled.memory.scores import agent_score, contact_score
from sim.engine.plan import Result
from sim.jit.kernels import inner, numbers, part

__all__ = [
    "attend",
    "clear",
    "dial",
    "find_agent",
    "finish",
    "give_up",
    "is_open",
    "serve",
    "set_staff",
    "turn_to",
    "wait",
]

_CHOICE, _CLOSED = numbers(Purpose.CHOICE, Result.CLOSED)


@inner
def is_open(world: Any, queue: Any) -> bool:
    """Tell whether a queue takes contacts now."""
    return queue.always or queue.opens <= _time_of_day(world.now) < queue.closes


@inner
def _time_of_day(now: float) -> float:
    return now if 0.0 <= now < DAY else now % DAY  # the same: a remainder takes a call, and most runs are of one day


@part
def find_agent(world: Any, index: int) -> bool:
    """Give a contact that has just come to a free agent, if there is one."""
    visit = visit_at(world, index)
    queue = queue_at(world, visit.queue)
    if queue.waiting and not queue.plain:
        return False  # an agent who is kept idle, or could be interrupted by now, is not for the last in the queue
    stage = _best_stage(world, visit, queue)
    if stage < 0 and not queue.plain:
        stage = _stage_interrupted(world, queue)
    if stage < 0:
        return False
    _give(world, index, stage)
    return True


@inner
def wait(world: Any, index: int) -> None:
    """Put a contact at the end of a queue."""
    visit = visit_at(world, index)
    queue = queue_at(world, visit.queue)
    visit.waits = 1
    visit.next = -1
    visit.previous = queue.last
    if queue.last >= 0:
        visit_at(world, queue.last).next = index
    else:
        queue.first = index
    queue.last = index
    queue.waiting += 1
    if queue.plain:
        return
    for row in range(queue.stage_first, queue.stage_last):
        stage = stage_at(world, row)
        if stage.after > 0.0:
            schedule(world, SERVICES, world.now + stage.after, order_of(OVERFLOWED, visit.who), row)
        if stage.waiting or stage.interrupts:
            turn_to(world, row)


@inner
def give_up(world: Any, index: int, result: int) -> None:
    """Let a contact leave its queue; without effect once it is being served."""
    visit = visit_at(world, index)
    if visit.waits:
        visit.result = result
        visit.waits = 0
        queue = queue_at(world, visit.queue)
        queue.waiting -= 1
        _unlink(world, queue, index)
        put(world, index)


@inner
def clear(world: Any, row: int) -> None:
    """Turn away all who wait."""
    index = queue_at(world, row).first
    while index >= 0:
        following = visit_at(world, index).next
        give_up(world, index, _CLOSED)
        index = following


@inner
def finish(world: Any, index: int) -> None:
    """Let an agent finish one contact, and take the next if somebody waits."""
    visit = visit_at(world, index)
    group = group_at(world, visit.group)
    if group.plain and group.steady:
        agents.finish(world, group, visit.agent, visit.places)
    else:
        crew.finished(world, group, index)
    serve(world, group)


@inner
def set_staff(world: Any, row: int, count: int) -> None:
    """Change the headcount of a group; who comes on duty takes those who wait."""
    group = group_at(world, row)
    agents.staff(world, group, count)
    serve(world, group)


@inner
def attend(world: Any, row: int, number: int, comes: bool) -> None:
    """Let an agent on shifts come or leave."""
    group = group_at(world, row)
    if comes:
        agents.come(world, group, number)
        serve(world, group)
    else:
        agents.go(world, group, number)


@inner
def turn_to(world: Any, row: int) -> None:
    """Let a group take who waits in a queue that may turn to it now, for whom it may interrupt other work."""
    stage = stage_at(world, row)
    serve(world, group_at(world, stage.group))
    queue = queue_at(world, stage.queue)
    index = queue.first
    while index >= 0 and not visit_at(world, index).waits:
        index = visit_at(world, index).next
    if index < 0 or not (stage.interrupts and _is_due(world, stage, queue, visit_at(world, index))):
        return
    if not stage.idle and _interrupt(world, stage):
        _call(world, queue, index, row)


@part
def serve(world: Any, group: Any) -> None:
    """Let the free agents of a group take whom they may."""
    while agents.is_free(world, group, 1):
        row = _next_contact(world, group)
        if row < 0:
            break
        queue = queue_at(world, stage_at(world, row).queue)
        index = queue.first
        if visit_at(world, index).waits:
            _call(world, queue, index, row)
        else:
            _unlink(world, queue, index)
            _take(world, index, row)
            crew.resume(world, index)
    for row in range(group.dialer_first, group.dialer_last):
        dial(world, row)


@inner
def dial(world: Any, row: int) -> None:
    """Dial as many as the idle agents are worth."""
    dialer = dialer_at(world, row)
    group = group_at(world, dialer.group)
    while dialer.first >= 0 and dialer.under_way < math.floor(dialer.per * (agents.idle(world, group) - dialer.keep)):
        dialer.under_way += 1
        index = dialer.first
        dialer.first = visit_at(world, index).next
        put(world, index)


@inner
def _call(world: Any, queue: Any, index: int, stage: int) -> None:
    """Give a contact out of the queue to an agent."""
    _unlink(world, queue, index)
    visit_at(world, index).waits = 0
    queue.waiting -= 1
    _give(world, index, stage)
    put(world, index)


@inner
def _unlink(world: Any, queue: Any, index: int) -> None:
    visit = visit_at(world, index)
    if visit.previous >= 0:
        visit_at(world, visit.previous).next = visit.next
    else:
        queue.first = visit.next
    if visit.next >= 0:
        visit_at(world, visit.next).previous = visit.previous
    else:
        queue.last = visit.previous


@inner
def _give(world: Any, index: int, row: int) -> None:
    _take(world, index, row)
    visit = visit_at(world, index)
    queue = queue_at(world, visit.queue)
    queue.last_wait = world.now - visit.began
    visit.started = world.now + queue.ring
    f8_at(world.log_started)[visit.row] = visit.started


@inner
def _take(world: Any, index: int, row: int) -> None:
    stage = stage_at(world, row)
    group = group_at(world, stage.group)
    visit = visit_at(world, index)
    visit.group = stage.group
    visit.places = stage.places
    visit.aht = stage.aht
    visit.rank = stage.rank
    visit.agent = agents.take(world, group, stage.places)
    i4_at(world.log_group)[visit.row] = visit.group
    i4_at(world.log_agent)[visit.row] = visit.agent - group.first_agent
    if not (group.plain and group.steady):
        crew.took(world, group, index)


@part
def _next_contact(world: Any, group: Any) -> int:
    """Return through which stage the free agents of a group take the next contact, the first of its queue; or -1."""
    best, lowest = -1, math.inf
    for place in range(group.served_first, group.served_last):
        served = served_at(world, place)
        queue = queue_at(world, served.queue)
        if queue.first < 0:
            continue
        visit = visit_at(world, queue.first)
        stage = stage_at(world, served.stage)
        if _may(world, stage, group, queue, visit):
            waited = world.now - visit.began
            score = contact_score(world.contact_score, (WaitingContact(stage.rank, waited, queue.weight),))
            if score < lowest:
                best, lowest = served.stage, score
    return best


@part
def _may(world: Any, stage: Any, group: Any, queue: Any, visit: Any) -> bool:
    """Tell whether a group may take the first contact of a queue."""
    if not agents.is_free(world, group, stage.places):
        return False
    return stage.plain or (agents.idle(world, group) > stage.idle and _is_due(world, stage, queue, visit))


@inner
def _is_due(world: Any, stage: Any, queue: Any, visit: Any) -> bool:
    return queue.waiting >= stage.waiting and world.now >= visit.began + stage.after


@part
def _best_stage(world: Any, visit: Any, queue: Any) -> int:
    """Return through which stage a contact that has just come finds its agent; or -1."""
    best, lowest = -1, math.inf
    for row in range(queue.stage_first, queue.stage_last):
        stage = stage_at(world, row)
        group = group_at(world, stage.group)
        if not agents.is_free(world, group, stage.places) or (not stage.plain and not _may_come(world, stage, group)):
            continue
        if world.group_score == 0:
            return row
        found = _group_score(world, visit, stage, group)
        if found < lowest:
            best, lowest = row, found
    return best


@inner
def _group_score(world: Any, visit: Any, stage: Any, group: Any) -> float:
    luck = math.nan
    if world.by_chance:
        which = i4_at(world.log_visit)[visit.row] * 64 + int(stage.place)
        luck = draw(world, visit, which, _CHOICE)
    idle = world.now - agents.idle_since(world, group, stage.places)
    agent = FreeAgent(stage.place, stage.rank, idle, agents.busy_share(group), stage.aht, luck)
    return agent_score(world.group_score, (agent,))


@inner
def _may_come(world: Any, stage: Any, group: Any) -> bool:
    return stage.after == 0.0 and stage.waiting <= 1 and agents.idle(world, group) > stage.idle


@inner
def _stage_interrupted(world: Any, queue: Any) -> int:
    """Return the first stage that could interrupt work for a contact that has just come, and has done so; or -1."""
    for row in range(queue.stage_first, queue.stage_last):
        stage = stage_at(world, row)
        if stage.interrupts_at_once and _interrupt(world, stage):
            return row
    return -1


@inner
def _interrupt(world: Any, stage: Any) -> bool:
    """Interrupt deferred work of a worse rank in a group, if there is any; it goes to the head of its queue."""
    index = crew.interruptible(world, group_at(world, stage.group), stage)
    if index < 0:
        return False
    crew.interrupt(world, index)
    visit = visit_at(world, index)
    queue = queue_at(world, visit.queue)
    visit.previous = -1
    visit.next = queue.first
    if queue.first >= 0:
        visit_at(world, queue.first).previous = index
    else:
        queue.last = index
    queue.first = index
    return True
