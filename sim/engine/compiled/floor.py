"""The floor: queues of contacts on one side, crews of agents on the other; as `reference/floor.py`."""

from __future__ import annotations

import math

from sim.engine import attendance
from sim.engine.compiled import agents, crew, dialer, lines
from sim.engine.compiled.clock import OVERFLOWED, call, succeed
from sim.engine.compiled.dialer import ANEW, NOT_ANEW
from sim.engine.compiled.matching import best_stage, first_contact, first_waiting, is_due, pick_contact
from sim.engine.compiled.memory.interruptions import add_interruption, end_interruption
from sim.engine.compiled.memory.links import linked
from sim.engine.compiled.memory.records import Customer, Group, Queue, Stage, Visit
from sim.engine.compiled.memory.world import (
    World,
    agent_at,
    dialer_at,
    f8_at,
    group_at,
    i4_at,
    queue_at,
    served_at,
    stage_at,
    visit_at,
)
from sim.engine.compiled.visit import start
from sim.engine.plan import Result
from sim.jit.kernels import inner, numbers, part

__all__ = [
    "assign", "attend", "clear", "connect", "factor", "finish", "give_up", "is_leaving", "is_open", "is_room_full",
    "serve", "staff", "take_line", "turn_to", "wait",
]  # fmt: skip

(_CLOSED,) = numbers(Result.CLOSED)
_COMES, _LEAVES_LAST = numbers(attendance.COMES, attendance.LEAVES_LAST)
_append, _remove = linked(visit_at)


@inner
def take_line(world: World, customer: Customer, line: int) -> bool:
    """Let a customer hold the lines of their step and no others; one given back is first for calls to customers."""
    given_back = customer.line
    taken = lines.take_line(world, customer, line)
    if given_back >= 0:
        _call_customers(world, given_back)
    return taken


@part
def _call_customers(world: World, line: int) -> None:
    for row in range(i4_at(world.line_ptr)[line], i4_at(world.line_ptr)[line + 1]):
        serve(world, group_at(world, int(i4_at(world.line_groups)[row])), NOT_ANEW)
    for row in range(world.dialer_count):
        if dialer_at(world, row).line == line:
            dialer.dial(world, row, NOT_ANEW)


@inner
def is_open(world: World, queue: Queue) -> bool:
    """Return whether a queue takes contacts now."""
    if world.now >= queue.closes:
        _open_next(world, queue)
    return queue.opens <= world.now


@part
def _open_next(world: World, queue: Queue) -> None:
    """Go on to the span in which a queue is open now, or will be next."""
    while world.now >= queue.closes:
        queue.open_first += 1
        goes_on = queue.open_first < queue.open_last
        queue.opens = f8_at(world.open_from)[queue.open_first] if goes_on else math.inf
        queue.closes = f8_at(world.open_until)[queue.open_first] if goes_on else math.inf


@part
def is_room_full(world: World, queue: Queue) -> bool:
    """Return whether the waiting room that a queue shares is full."""
    waiting = 0
    for row in range(world.queue_count):
        other = queue_at(world, row)
        if other.room == queue.room:
            waiting += other.waiting
    return waiting >= queue.room_capacity


@part
def connect(world: World, index: int) -> bool:
    """Connect a contact that has just come with a free agent; return whether there was one."""
    visit = visit_at(world, index)
    queue = queue_at(world, visit.queue)
    if queue.waiting and not queue.simple and first_waiting(world, queue) >= 0:
        return False  # an agent who is kept idle, or could be interrupted by now, is not for the last in the queue
    stage = best_stage(world, visit, queue)
    if stage < 0 and not queue.simple:
        stage = _interrupt_for(world, queue)
    if stage < 0:
        return False
    _give(world, index, stage)
    return True


@part
def assign(world: World, index: int, group: int, whole: bool) -> bool:
    """Assign a contact, or all that its agent does, with an agent of a group; return whether one was free."""
    queue = queue_at(world, visit_at(world, index).queue)
    row = queue.stage_first
    while stage_at(world, row).group != group:
        row += 1
    places = group_at(world, group).places if whole else stage_at(world, row).places
    if not agents.is_free(world, group_at(world, group), places):
        return False
    _take(world, index, row, places)
    return True


@inner
def wait(world: World, index: int) -> None:
    """Put a contact at the end of a queue."""
    visit = visit_at(world, index)
    queue = queue_at(world, visit.queue)
    visit.waits = True
    _append(world, queue, index)
    queue.waiting += 1
    if queue.simple:
        return
    for row in range(queue.stage_first, queue.stage_last):
        stage = stage_at(world, row)
        if stage.after > 0.0:
            due = max(visit.began + stage.after, world.now)
            call(world, due, OVERFLOWED, visit.customer_number, row)
        if stage.waiting or stage.interrupts:
            turn_to(world, row)


@inner
def give_up(world: World, index: int, result: int) -> None:
    """Let a contact leave its queue; without effect once it is being served."""
    visit = visit_at(world, index)
    if visit.waits:
        visit.result = result
        visit.waits = False
        queue = queue_at(world, visit.queue)
        queue.waiting -= 1
        _remove(world, queue, index)
        succeed(world, index)
        if world.staying:
            _end_stays(world)


@inner
def clear(world: World, row: int) -> None:
    """Turn away all who wait."""
    index = queue_at(world, row).first
    while index >= 0:
        following = visit_at(world, index).next
        give_up(world, index, _CLOSED)
        index = following


@inner
def factor(world: World, visit: Visit) -> float:
    """Return the factor on the time of a visit that begins now."""
    group = group_at(world, visit.group)
    return visit.aht if group.constant_speed else visit.aht * crew.factor(world, group, visit.agent)


@inner
def finish(world: World, index: int) -> None:
    """Let an agent finish one contact, and take the next if somebody waits."""
    visit = visit_at(world, index)
    group = group_at(world, visit.group)
    if group.end_known and group.constant_speed:
        agents.finish(world, group, visit.agent, visit.places)
    else:
        crew.finish_work(world, group, index)
    serve(world, group, ANEW)


@inner
def staff(world: World, row: int, count: int) -> None:
    """Change the headcount of a group; who comes on duty takes those who wait."""
    group = group_at(world, row)
    if count == 0 and group.stays and _has_queue(world, group):
        _begin_stay(world, group)
        return
    _end_stay(world, group)
    more = count > group.count
    agents.staff(world, group, count)
    serve(world, group, ANEW if more else NOT_ANEW)


@inner
def attend(world: World, row: int, number: int, action: int) -> None:
    """Let an agent on shifts come or leave."""
    group = group_at(world, row)
    agent = agent_at(world, group.first_agent + number)
    if action == _COMES:
        stays = agent.is_staying
        agent.is_staying = False
        if group.is_staying:
            _end_stay(world, group)
            _send_stayers_home(world, group)
        if not stays:
            agents.come(world, group, number)
        serve(world, group, ANEW)
    elif action == _LEAVES_LAST and group.stays and _has_queue(world, group):
        _begin_stay(world, group)
        agent.is_staying = True
    else:
        agents.go(world, group, number)


@inner
def is_leaving(world: World, visit: Visit) -> bool:
    """Return whether the agent of a visit has no duty any more, but perhaps contacts to finish."""
    group = group_at(world, visit.group)
    return group.is_staying or agents.is_leaving(group, agent_at(world, visit.agent))


@inner
def turn_to(world: World, row: int) -> None:
    """Let a group take contacts of a queue that may turn to it now, and interrupt other work for them."""
    stage = stage_at(world, row)
    serve(world, group_at(world, stage.group), NOT_ANEW)
    queue = queue_at(world, stage.queue)
    index = first_waiting(world, queue)
    if index < 0 or not (stage.interrupts and is_due(world, stage, queue, visit_at(world, index))):
        return
    if not stage.idle and _interrupt(world, stage):
        _call(world, queue, index, row)
    if world.staying:
        _end_stays(world)


@part
def serve(world: World, group: Group, freed: int) -> None:
    """Let the free agents of a group take whom they may; one of them may have got free just now."""
    while agents.is_free(world, group, 1):
        row = pick_contact(world, group)
        if row < 0:
            break
        queue = queue_at(world, stage_at(world, row).queue)
        index = first_contact(world, queue)
        if visit_at(world, index).waits:
            _call(world, queue, index, row)
        else:
            _remove(world, queue, index)
            _take(world, index, row, stage_at(world, row).places)
            _resume(world, index)
    for position in range(group.dialer_first, group.dialer_last):
        dialer.dial(world, int(i4_at(world.group_dialers)[position]), freed)
    if world.staying:
        _end_stays(world)


@inner
def _has_queue(world: World, group: Group) -> bool:
    """Return whether contacts wait for a group, interrupted work included."""
    for row in range(group.served_first, group.served_last):
        if queue_at(world, served_at(world, row).queue).first >= 0:
            return True
    return False


@inner
def _begin_stay(world: World, group: Group) -> None:
    if not group.is_staying:
        group.is_staying = True
        world.staying += 1


@inner
def _end_stay(world: World, group: Group) -> None:
    if group.is_staying:
        group.is_staying = False
        world.staying -= 1


@part
def _end_stays(world: World) -> None:
    """Send agents home who stayed until their queues were empty."""
    for row in range(world.group_count):
        group = group_at(world, row)
        if group.is_staying and not _has_queue(world, group):
            _end_stay(world, group)
            _send_stayers_home(world, group)
            if group.count:
                agents.staff(world, group, 0)


@inner
def _send_stayers_home(world: World, group: Group) -> None:
    for number in range(group.agents):
        agent = agent_at(world, group.first_agent + number)
        if agent.is_staying:
            agent.is_staying = False
            agents.go(world, group, number)


@inner
def _call(world: World, queue: Queue, index: int, stage: int) -> None:
    """Give a waiting contact to an agent."""
    _remove(world, queue, index)
    visit = visit_at(world, index)
    visit.waits = False
    queue.waiting -= 1
    if queue.calls_back:
        lines.take_for_call_back(world, visit)
    _give(world, index, stage)
    succeed(world, index)


@inner
def _give(world: World, index: int, row: int) -> None:
    _take(world, index, row, stage_at(world, row).places)
    visit = visit_at(world, index)
    queue = queue_at(world, visit.queue)
    queue.last_wait = world.now - visit.began
    start(world, visit, world.now + queue.ring)


@inner
def _take(world: World, index: int, row: int, places: int) -> None:
    stage = stage_at(world, row)
    group = group_at(world, stage.group)
    visit = visit_at(world, index)
    visit.group = stage.group
    visit.places = places
    visit.aht = stage.aht
    visit.rank = stage.rank
    visit.agent = agents.take(world, group, places)
    i4_at(world.log_group)[visit.row] = visit.group
    i4_at(world.log_agent)[visit.row] = visit.agent - group.first_agent
    if not (group.end_known and group.constant_speed):
        crew.add_work(world, group, index)


@inner
def _interrupt_for(world: World, queue: Queue) -> int:
    """Interrupt work for a contact that has just come; return the stage, or -1 if there is no such work."""
    for row in range(queue.stage_first, queue.stage_last):
        stage = stage_at(world, row)
        if stage.interrupts_at_once and _interrupt(world, stage):
            return row
    return -1


@inner
def _interrupt(world: World, stage: Stage) -> bool:
    """Put deferred work of a worse rank back at the head of its queue; return whether there was any."""
    index = crew.interruptible(world, group_at(world, stage.group), stage)
    if index < 0:
        return False
    crew.interrupt(world, index)
    visit = visit_at(world, index)
    add_interruption(world, visit)
    queue = queue_at(world, visit.queue)
    visit.previous = -1
    visit.next = queue.first
    if queue.first >= 0:
        visit_at(world, queue.first).previous = index
    else:
        queue.last = index
    queue.first = index
    return True


@inner
def _resume(world: World, index: int) -> None:
    """Let the agent who has taken interrupted work go on with it."""
    visit = visit_at(world, index)
    end_interruption(world, visit)
    before = visit.factor
    visit.factor = factor(world, visit)
    crew.resume(world, index, visit.factor / before)
