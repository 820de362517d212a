"""Agents of a group: the contacts that each holds, and the order in which they take the next; as `reference/agents.py`.

Agents who hold equally many places stand in a lane, in the order in which they came to hold so many; those who leave
have a lane of their own. An agent is an index over all groups; their number is counted from the group's first.
"""

from __future__ import annotations

import math

from sim.engine.compiled.memory.links import linked
from sim.engine.compiled.memory.records import Agent, Group, Lane
from sim.engine.compiled.memory.room import TOO_MANY_AGENTS
from sim.engine.compiled.memory.world import World, agent_at, lane_at, stretch_at
from sim.jit.kernels import inner, part

__all__ = ["busy_share", "come", "finish", "go", "idle", "idle_since", "is_free", "is_leaving", "staff", "take"]

_append, _remove = linked(agent_at)


@inner
def _lane(world: World, group: Group, held: int) -> Lane:
    return lane_at(world, group.first_lane + held)


@inner
def _join(world: World, lane: Lane, index: int) -> None:
    _append(world, lane, index)
    lane.count += 1


@inner
def _leave(world: World, lane: Lane, index: int) -> None:
    _remove(world, lane, index)
    lane.count -= 1


@inner
def is_free(world: World, group: Group, places: int) -> bool:
    """Return whether an agent could take a contact of so many places."""
    for held in range(group.places - places + 1):  # noqa: SIM110 - numba compiles no generators
        if _lane(world, group, held).count:
            return True
    return False


@inner
def free(world: World, group: Group, places: int) -> int:
    """Return how many agents could take a contact of so many places."""
    count = 0
    for held in range(group.places - places + 1):
        count += _lane(world, group, held).count
    return count


@inner
def idle(world: World, group: Group) -> int:
    """Return how many agents hold nothing."""
    return _lane(world, group, 0).count


@inner
def _candidates(world: World, group: Group, places: int) -> Lane:
    """Return the lane whose first agent would take the next contact; there must be one."""
    held = group.places - places if group.fill_up else 0
    step = -1 if group.fill_up else 1
    while not _lane(world, group, held).count:
        held += step
    return _lane(world, group, held)


@inner
def idle_since(world: World, group: Group, places: int) -> float:
    """Return the instant since which the agent who would take the next contact has been free."""
    return agent_at(world, _candidates(world, group, places).first).since


@inner
def is_leaving(group: Group, agent: Agent) -> bool:
    """Return whether an agent leaves instead of taking another contact."""
    return group.owed > 0 or agent.is_leaving


@inner
def busy_share(group: Group) -> float:
    """Return the share of all places that are taken."""
    return group.held / (group.count * group.places) if group.count else 1.0


@part
def take(world: World, group: Group, places: int) -> int:
    """Let the next agent take a contact; there must be a free one."""
    lane = _candidates(world, group, places)
    index = lane.first
    _leave(world, lane, index)
    agent = agent_at(world, index)
    agent.held += places
    group.held += places
    if agent.held < group.places:
        _join(world, _lane(world, group, agent.held), index)
    elif group.most and not _lane(world, group, 0).count:
        _call_another(world, group)
    return index


@inner
def finish(world: World, group: Group, index: int, places: int) -> None:
    """Let an agent finish one contact."""
    agent = agent_at(world, index)
    held = agent.held
    agent.held = held - places
    group.held -= places
    if agent.is_leaving:
        _leave_when_done(world, group, index)
        return
    if held < group.places:
        _leave(world, _lane(world, group, held), index)
    if group.owed:
        group.owed -= 1
        _start_leaving(world, group, index)
        return
    agent.since = world.now
    _join(world, _lane(world, group, agent.held), index)


@inner
def staff(world: World, group: Group, count: int) -> None:
    """Change the headcount."""
    change = count - group.count
    group.count = count
    if change < 0:
        group.owed -= change
        _send_free_ones_home(world, group)
        if group.leave_own:
            _choose_busy_ones(world, group)
        return
    kept = min(change, group.owed)
    group.owed -= kept
    for _ in range(change - kept):
        _welcome(world, group, _call_in(world, group))


@inner
def come(world: World, group: Group, number: int) -> None:
    """Let an agent on shifts come on duty."""
    while group.agents <= number:
        agent_at(world, group.first_agent + group.agents).is_absent = True
        group.agents += 1
    group.count += 1
    index = group.first_agent + number
    agent = agent_at(world, index)
    if agent.is_leaving:
        _stop_leaving(world, group, index)
    else:
        _enter(world, index)
    _welcome(world, group, index)


@inner
def go(world: World, group: Group, number: int) -> None:
    """Let an agent on shifts leave, after finishing the contacts that they hold."""
    index = group.first_agent + number
    held = agent_at(world, index).held
    group.count -= 1
    if held < group.places:
        _leave(world, _lane(world, group, held), index)
    _start_leaving(world, group, index)


@inner
def _call_in(world: World, group: Group) -> int:
    """Let the next agent come: one who was about to leave, the absent one with the lowest number, or a new one."""
    leaving = _lane(world, group, group.places)
    if leaving.count:
        index = leaving.first
        _stop_leaving(world, group, index)
        return index
    for index in range(group.first_agent, group.first_agent + group.agents):
        if agent_at(world, index).is_absent:
            _enter(world, index)
            return index
    group.agents += 1
    _enter(world, group.first_agent + group.agents - 1)
    return group.first_agent + group.agents - 1


@part
def _call_another(world: World, group: Group) -> None:
    """Let one more agent be there, where they are unlimited, as if they always had been."""
    if group.agents == group.most:
        world.stop = TOO_MANY_AGENTS
        return
    group.count += 1
    index = group.first_agent + group.agents
    group.agents += 1
    _join(world, _lane(world, group, 0), index)


@inner
def _enter(world: World, index: int) -> None:
    """Note that an agent comes; who has left at the same instant stays on."""
    agent = agent_at(world, index)
    agent.is_absent = False
    if agent.stretch >= 0 and stretch_at(world, agent.stretch).left == world.now:
        stretch_at(world, agent.stretch).left = math.nan
        return
    agent.stretch = world.stretch_count
    world.stretch_count += 1
    stretch = stretch_at(world, agent.stretch)
    stretch.agent = index
    stretch.came = world.now
    stretch.left = math.nan


@inner
def _welcome(world: World, group: Group, index: int) -> None:
    agent = agent_at(world, index)
    agent.since = world.now
    if agent.held < group.places:
        _join(world, _lane(world, group, agent.held), index)


@inner
def _send_free_ones_home(world: World, group: Group) -> None:
    for held in range(group.places):
        lane = _lane(world, group, held)
        while lane.count and group.owed:
            index = lane.first
            _leave(world, lane, index)
            group.owed -= 1
            _start_leaving(world, group, index)


@inner
def _choose_busy_ones(world: World, group: Group) -> None:
    for index in range(group.first_agent, group.first_agent + group.agents):
        agent = agent_at(world, index)
        if group.owed and agent.held and not agent.is_leaving:
            group.owed -= 1
            _start_leaving(world, group, index)


@inner
def _start_leaving(world: World, group: Group, index: int) -> None:
    agent_at(world, index).is_leaving = True
    _join(world, _lane(world, group, group.places), index)
    _leave_when_done(world, group, index)


@inner
def _stop_leaving(world: World, group: Group, index: int) -> None:
    agent_at(world, index).is_leaving = False
    _leave(world, _lane(world, group, group.places), index)


@inner
def _leave_when_done(world: World, group: Group, index: int) -> None:
    agent = agent_at(world, index)
    if not agent.held:
        _stop_leaving(world, group, index)
        agent.is_absent = True
        stretch_at(world, agent.stretch).left = world.now
