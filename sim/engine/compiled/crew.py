"""Crews: how fast agents work, and contacts whose speed changes while an agent has them; as `reference/crew.py`."""

from __future__ import annotations

import math

from sim.engine.compiled.agents import finish, is_leaving
from sim.engine.compiled.clock import FREED, LEFT, call
from sim.engine.compiled.memory.phases import IN_SERVICE, WRAPS
from sim.engine.compiled.memory.records import Agent, Group, Stage, Visit
from sim.engine.compiled.memory.world import World, agent_at, f8_at, group_at, i4_at, step_at, visit_at
from sim.jit.kernels import inner
from sim.numerics.portable_math import exp

__all__ = ["add_work", "begin", "complete", "factor", "finish_work", "interrupt", "interruptible", "resume"]


@inner
def factor(world: World, group: Group, index: int) -> float:
    """Return the factor on the time of what an agent begins now."""
    agent = agent_at(world, index)
    above, tired = group.fatigue_above, 1.0
    if above < math.inf and _occupancy(world, group, agent) > above:
        tired = group.fatigue_factor
    return agent.speed * tired


@inner
def begin(world: World, index: int, work: float, start: float) -> None:
    """Let an agent begin a service or after-call work."""
    visit = visit_at(world, index)
    group = group_at(world, visit.group)
    if group.end_known:
        visit.ticket = call(world, start + work, _order(visit), visit.customer_number, index)
        return
    visit.works = True
    visit.changed = False
    visit.planned = visit.left = work
    visit.rate = 1.0
    visit.since = start
    visit.ticket = -1
    visit.scheduled = math.inf  # not yet
    _set_speed(world, index, start)


@inner
def _order(visit: Visit) -> int:
    """Return the order of the end of what an agent does: after-call work, or a service."""
    return FREED if visit.phase == WRAPS else LEFT


@inner
def add_work(world: World, group: Group, index: int) -> None:
    """Add a visit that an agent has just taken, which slows down the others that they hold."""
    visit = visit_at(world, index)
    agent = agent_at(world, visit.agent)
    if group.fatigue_above < math.inf and agent.held == visit.places:
        agent.recent = _occupancy(world, group, agent)
        agent.recent_at = world.now
    if not group.end_known:
        if not agent.has_worked:
            agent.has_worked = True
            i4_at(world.worked_order)[group.first_agent + group.worked] = visit.agent
            group.worked += 1
        _append(world, agent, index)
        _change_speed(world, agent)


@inner
def finish_work(world: World, group: Group, index: int) -> None:
    """Let an agent finish a visit, which speeds up the others that they hold."""
    visit = visit_at(world, index)
    agent = agent_at(world, visit.agent)
    if group.fatigue_above < math.inf and agent.held == visit.places:
        agent.recent = _busy_until_now(world, group, agent)
        agent.recent_at = world.now
    if not group.end_known:
        _remove(world, agent, index)
    finish(world, group, visit.agent, visit.places)
    if not group.end_known:
        _change_speed(world, agent)


@inner
def resume(world: World, index: int, factor: float) -> None:
    """Let an agent go on with interrupted work, whose rest takes so many times as long as the last one's would."""
    visit = visit_at(world, index)
    if factor != 1.0:
        visit.left *= factor
        visit.rate = 0.0  # so that the end is scheduled anew
        visit.changed = True
    _set_speed(world, index, world.now)


@inner
def interruptible(world: World, group: Group, stage: Stage) -> int:
    """Return the deferred work of the worst rank that is worse than a stage's, the latest begun among equals; or -1."""
    candidate, worst, latest = -1, stage.rank, -math.inf
    for row in range(group.first_agent, group.first_agent + group.worked):
        agent = agent_at(world, int(i4_at(world.worked_order)[row]))
        index = -1 if is_leaving(group, agent) else agent.first_work
        while index >= 0:
            visit = visit_at(world, index)
            begun = visit.works and visit.phase == IN_SERVICE and visit.rate > 0.0 and visit.started <= world.now
            deferred = begun and step_at(world, visit.step).is_deferred
            fits = deferred and agent.held - visit.places + stage.places <= group.places
            if fits and (visit.rank > worst or (visit.rank == worst and visit.started > latest)):
                candidate, worst, latest = index, visit.rank, visit.started
            index = visit.next_work
    return candidate if worst > stage.rank else -1


@inner
def interrupt(world: World, index: int) -> None:
    """Take deferred work away from its agent, keeping what was done."""
    visit = visit_at(world, index)
    _count_done(world, visit)
    visit.rate = 0.0
    visit.ticket = world.ticket  # the end that is scheduled has another one
    world.ticket += 1
    visit.scheduled = math.inf
    finish_work(world, group_at(world, visit.group), index)


@inner
def _append(world: World, agent: Agent, index: int) -> None:
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
def _remove(world: World, agent: Agent, index: int) -> None:
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
def _change_speed(world: World, agent: Agent) -> None:
    index = agent.first_work
    while index >= 0:
        visit = visit_at(world, index)
        if visit.works:
            _set_speed(world, index, max(visit.since, world.now))
        index = visit.next_work


@inner
def _set_speed(world: World, index: int, now: float) -> None:
    """Schedule the end anew, at the speed that the agent has now; a later end waits for the one that is scheduled."""
    visit = visit_at(world, index)
    agent = agent_at(world, visit.agent)
    rate = 1.0 / f8_at(world.slower)[group_at(world, visit.group).slower + agent.works - 1]
    if visit.ticket >= 0 and rate == visit.rate:
        return
    _count_done(world, visit)
    visit.rate = rate
    visit.since = now
    visit.changed |= rate != 1.0
    visit.due = now + visit.left / rate
    if visit.phase == WRAPS:
        f8_at(world.log_freed)[visit.row] = visit.due
    if visit.due < visit.scheduled:
        _schedule(world, index)


@inner
def complete(world: World, index: int) -> bool:
    """Complete the work whose end was scheduled for now; return False if it became later, which schedules it anew."""
    visit = visit_at(world, index)
    if visit.due > world.now:
        _schedule(world, index)
        return False
    visit.works = False
    if visit.changed and visit.phase == IN_SERVICE:
        _stretch(world, visit)
    return True


@inner
def _stretch(world: World, visit: Visit) -> None:
    """Let the parts of a service last as much longer or shorter as the whole did."""
    worked = world.now - visit.started - f8_at(world.log_interrupted)[visit.row]
    factor = worked / visit.planned if visit.planned != 0.0 else 1.0
    if visit.hold != 0.0:
        f8_at(world.log_hold)[visit.row] = visit.hold * factor
    if visit.repeat != 0.0:
        f8_at(world.log_repeat)[visit.row] = visit.repeat * factor


@inner
def _schedule(world: World, index: int) -> None:
    visit = visit_at(world, index)
    visit.scheduled = visit.due
    visit.ticket = call(world, visit.due, _order(visit), visit.customer_number, index)


@inner
def _count_done(world: World, visit: Visit) -> None:
    """Subtract what was done until now."""
    now = max(visit.since, world.now)
    if visit.ticket >= 0:
        visit.left -= (now - visit.since) * visit.rate
    visit.since = now


@inner
def _faded(world: World, group: Group, agent: Agent) -> float:
    """Return what is left of the weight that the recent occupancy had at its instant."""
    since = world.now if math.isnan(agent.recent_at) else agent.recent_at
    return exp((since - world.now) / group.fatigue_memory)


@inner
def _occupancy(world: World, group: Group, agent: Agent) -> float:
    """Return the recent occupancy of an agent who was idle: an average whose weights fall exponentially."""
    return agent.recent * _faded(world, group, agent)


@inner
def _busy_until_now(world: World, group: Group, agent: Agent) -> float:
    """Return the recent occupancy of an agent who was busy."""
    faded = _faded(world, group, agent)
    return agent.recent * faded + (1.0 - faded)
