"""Crews: how fast each agent works, and contacts whose speed changes meanwhile; as `reference/crew.py`."""

from __future__ import annotations

import math
from typing import Any

from sim.engine.compiled.agents import finish, is_leaving
from sim.engine.compiled.memory.heap import LEFT, SERVICES, order_of, schedule
from sim.engine.compiled.memory.records import agent_at, f8_at, group_at, i4_at, step_at, visit_at
from sim.jit.kernels import inner
from sim.numerics.portable_math import exp

__all__ = ["begin", "factor", "finished", "interrupt", "interruptible", "is_over", "resume", "took"]


@inner
def factor(world: Any, group: Any, index: int) -> float:
    """Return the factor on the time of what an agent begins now."""
    agent = agent_at(world, index)
    above, tired = group.fatigue_above, 1.0
    if above < math.inf and _occupancy(world, group, agent) > above:
        tired = group.fatigue_times
    return agent.speed * tired


@inner
def begin(world: Any, index: int, work: float) -> None:
    """Let the agent begin a visit."""
    visit = visit_at(world, index)
    group = group_at(world, visit.group)
    if group.plain:
        visit.ticket = schedule(world, SERVICES, visit.started + work, order_of(LEFT, visit.who), index)
        return
    visit.works = 1
    visit.left = work
    visit.rate = 1.0
    visit.since = visit.started
    visit.ticket = -1
    visit.scheduled = math.inf  # it is not
    _at_speed(world, index, visit.started)


@inner
def took(world: Any, group: Any, index: int) -> None:
    """Note that an agent has taken a visit, which slows down the others that they hold."""
    visit = visit_at(world, index)
    agent = agent_at(world, visit.agent)
    if group.fatigue_above < math.inf and agent.held == visit.places:
        agent.recent = _occupancy(world, group, agent)
        agent.recent_at = world.now
    if not group.plain:
        if not agent.has_worked:
            agent.has_worked = 1
            i4_at(world.worked_order)[group.first_agent + group.worked] = visit.agent
            group.worked += 1
        _append(world, agent, index)
        _change_speed(world, agent)


@inner
def finished(world: Any, group: Any, index: int) -> None:
    """Note that an agent is free of a visit, which speeds up the others that they hold."""
    visit = visit_at(world, index)
    agent = agent_at(world, visit.agent)
    if group.fatigue_above < math.inf and agent.held == visit.places:
        agent.recent = _busy_until_now(world, group, agent)
        agent.recent_at = world.now
    if not group.plain:
        _remove(world, agent, index)
    finish(world, group, visit.agent, visit.places)
    if not group.plain:
        _change_speed(world, agent)


@inner
def resume(world: Any, index: int) -> None:
    """Go on with interrupted work."""
    _at_speed(world, index, world.now)


@inner
def interruptible(world: Any, group: Any, stage: Any) -> int:
    """Return the deferred work of the worst rank below a stage's, the latest begun among equals; -1 for none."""
    found, worst, latest = -1, stage.rank, -math.inf
    for place in range(group.first_agent, group.first_agent + group.worked):
        agent = agent_at(world, int(i4_at(world.worked_order)[place]))
        index = -1 if is_leaving(group, agent) else agent.first_work
        while index >= 0:
            visit = visit_at(world, index)
            deferred = visit.works and visit.rate > 0.0 and step_at(world, visit.step).is_deferred
            fits = deferred and agent.held - visit.places + stage.places <= group.places
            if fits and (visit.rank > worst or (visit.rank == worst and visit.started > latest)):
                found, worst, latest = index, visit.rank, visit.started
            index = visit.next_work
    return found if worst > stage.rank else -1


@inner
def interrupt(world: Any, index: int) -> None:
    """Take deferred work away from its agent, keeping what was done."""
    visit = visit_at(world, index)
    _settle(world, visit)
    visit.rate = 0.0
    visit.ticket = world.ticket  # the end that is scheduled has another one
    world.ticket += 1
    visit.scheduled = math.inf
    finished(world, group_at(world, visit.group), index)


@inner
def _append(world: Any, agent: Any, index: int) -> None:
    visit = visit_at(world, index)
    visit.next_work = -1
    visit.previous_work = agent.last_work
    if agent.last_work >= 0:
        visit_at(world, agent.last_work).next_work = index
    else:
        agent.first_work = index
    agent.last_work = index
    agent.works += 1


@inner
def _remove(world: Any, agent: Any, index: int) -> None:
    visit = visit_at(world, index)
    if visit.previous_work >= 0:
        visit_at(world, visit.previous_work).next_work = visit.next_work
    else:
        agent.first_work = visit.next_work
    if visit.next_work >= 0:
        visit_at(world, visit.next_work).previous_work = visit.previous_work
    else:
        agent.last_work = visit.previous_work
    agent.works -= 1


@inner
def _change_speed(world: Any, agent: Any) -> None:
    index = agent.first_work
    while index >= 0:
        visit = visit_at(world, index)
        if visit.works:
            _at_speed(world, index, max(visit.since, world.now))
        index = visit.next_work


@inner
def _at_speed(world: Any, index: int, now: float) -> None:
    """Find the end at the speed that the agent has now; if it is later than what is scheduled, it waits until then."""
    visit = visit_at(world, index)
    agent = agent_at(world, visit.agent)
    rate = 1.0 / f8_at(world.slower)[group_at(world, visit.group).slower + agent.works - 1]
    if visit.ticket >= 0 and rate == visit.rate:
        return
    _settle(world, visit)
    visit.rate = rate
    visit.since = now
    visit.due = now + visit.left / rate
    if visit.due < visit.scheduled:
        _schedule(world, index)


@inner
def is_over(world: Any, index: int) -> bool:
    """Tell whether a contact is over whose end was scheduled for now; if it became later, it is scheduled anew."""
    visit = visit_at(world, index)
    if visit.due > world.now:
        _schedule(world, index)
        return False
    visit.works = 0
    return True


@inner
def _schedule(world: Any, index: int) -> None:
    visit = visit_at(world, index)
    visit.scheduled = visit.due
    visit.ticket = schedule(world, SERVICES, visit.due, order_of(LEFT, visit.who), index)


@inner
def _settle(world: Any, visit: Any) -> None:
    now = max(visit.since, world.now)
    if visit.ticket >= 0:
        visit.left -= (now - visit.since) * visit.rate
    visit.since = now


@inner
def _faded(world: Any, group: Any, agent: Any) -> float:
    """Return what is left by now of the weight that a recent occupancy had."""
    since = world.now if math.isnan(agent.recent_at) else agent.recent_at
    return exp((since - world.now) / group.fatigue_memory)


@inner
def _occupancy(world: Any, group: Any, agent: Any) -> float:
    """Return the recent occupancy of an agent who was idle: an average whose weights fall exponentially."""
    return agent.recent * _faded(world, group, agent)


@inner
def _busy_until_now(world: Any, group: Any, agent: Any) -> float:
    """Return the recent occupancy of an agent who was busy."""
    faded = _faded(world, group, agent)
    return agent.recent * faded + (1.0 - faded)
