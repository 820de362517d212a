"""Agents at work: who is free, who leaves, who holds how many contacts; as `reference/agents.py`.

Agents who hold equally many places stand in a lane, in the order in which they came to hold so many; those who leave
have a lane of their own. An agent is an index over all groups; its number is counted from the group's first.
"""

from __future__ import annotations

from typing import Any

from sim.engine.compiled.memory.records import agent_at, lane_at
from sim.jit.kernels import inner, part

__all__ = [
    "busy_share",
    "candidates",
    "come",
    "finish",
    "go",
    "idle",
    "idle_since",
    "is_free",
    "is_leaving",
    "staff",
    "take",
]


@inner
def _lane(world: Any, group: Any, held: int) -> Any:
    return lane_at(world, group.first_lane + held)


@inner
def _append(world: Any, lane: Any, index: int) -> None:
    agent = agent_at(world, index)
    agent.next = -1
    agent.previous = lane.last
    if lane.last >= 0:
        agent_at(world, lane.last).next = index
    else:
        lane.first = index
    lane.last = index
    lane.count += 1


@inner
def _remove(world: Any, lane: Any, index: int) -> None:
    agent = agent_at(world, index)
    if agent.previous >= 0:
        agent_at(world, agent.previous).next = agent.next
    else:
        lane.first = agent.next
    if agent.next >= 0:
        agent_at(world, agent.next).previous = agent.previous
    else:
        lane.last = agent.previous
    lane.count -= 1


@inner
def is_free(world: Any, group: Any, places: int) -> bool:
    """Tell whether an agent could take a contact of so many places."""
    for held in range(group.places - places + 1):  # noqa: SIM110 - numba compiles no generators
        if _lane(world, group, held).count:
            return True
    return False


@inner
def idle(world: Any, group: Any) -> int:
    """Return how many agents hold nothing."""
    return _lane(world, group, 0).count


@inner
def candidates(world: Any, group: Any, places: int) -> Any:
    """Return the lane whose first agent would take the next contact; there must be one."""
    held = group.places - places if group.fill_up else 0
    step = -1 if group.fill_up else 1
    while not _lane(world, group, held).count:
        held += step
    return _lane(world, group, held)


@inner
def idle_since(world: Any, group: Any, places: int) -> float:
    """Return since when the agent who would take the next contact has been free."""
    return agent_at(world, candidates(world, group, places).first).since


@inner
def is_leaving(group: Any, agent: Any) -> bool:
    """Tell whether an agent leaves instead of taking another contact."""
    return group.owed > 0 or agent.is_leaving


@inner
def busy_share(group: Any) -> float:
    """Return the share of all places that are taken."""
    return group.held / (group.count * group.places) if group.count else 1.0


@part
def take(world: Any, group: Any, places: int) -> int:
    """Let the next agent take a contact; there must be a free one."""
    lane = candidates(world, group, places)
    index = lane.first
    _remove(world, lane, index)
    agent = agent_at(world, index)
    agent.held += places
    group.held += places
    if agent.held < group.places:
        _append(world, _lane(world, group, agent.held), index)
    return index


@inner
def finish(world: Any, group: Any, index: int, places: int) -> None:
    """Let an agent finish one contact."""
    agent = agent_at(world, index)
    held = agent.held
    agent.held = held - places
    group.held -= places
    if agent.is_leaving:
        _leave_when_done(world, group, index)
        return
    if held < group.places:
        _remove(world, _lane(world, group, held), index)
    if group.owed:
        group.owed -= 1
        _start_leaving(world, group, index)
        return
    agent.since = world.now
    _append(world, _lane(world, group, agent.held), index)


@inner
def staff(world: Any, group: Any, count: int) -> None:
    """Change the headcount."""
    change = count - group.count
    group.count = count
    if change < 0:
        group.owed -= change
        _send_free_ones_home(world, group)
        return
    kept = min(change, group.owed)
    group.owed -= kept
    for _ in range(change - kept):
        _welcome(world, group, _who_comes(world, group))


@inner
def come(world: Any, group: Any, number: int) -> None:
    """Let a certain agent come on duty."""
    while group.agents <= number:
        agent_at(world, group.first_agent + group.agents).is_absent = 1
        group.agents += 1
    group.count += 1
    index = group.first_agent + number
    agent = agent_at(world, index)
    if agent.is_leaving:
        _stop_leaving(world, group, index)
    else:
        agent.is_absent = 0
    _welcome(world, group, index)


@inner
def go(world: Any, group: Any, number: int) -> None:
    """Let a certain agent leave, after finishing what they hold."""
    index = group.first_agent + number
    held = agent_at(world, index).held
    group.count -= 1
    if held < group.places:
        _remove(world, _lane(world, group, held), index)
    _start_leaving(world, group, index)


@inner
def _who_comes(world: Any, group: Any) -> int:
    leaving = _lane(world, group, group.places)
    if leaving.count:
        index = leaving.first
        _stop_leaving(world, group, index)
        return index
    for index in range(group.first_agent, group.first_agent + group.agents):
        agent = agent_at(world, index)
        if agent.is_absent:
            agent.is_absent = 0
            return index
    group.agents += 1
    return group.first_agent + group.agents - 1


@inner
def _welcome(world: Any, group: Any, index: int) -> None:
    agent = agent_at(world, index)
    agent.since = world.now
    if agent.held < group.places:
        _append(world, _lane(world, group, agent.held), index)


@inner
def _send_free_ones_home(world: Any, group: Any) -> None:
    for held in range(group.places):
        lane = _lane(world, group, held)
        while lane.count and group.owed:
            index = lane.first
            _remove(world, lane, index)
            group.owed -= 1
            _start_leaving(world, group, index)


@inner
def _start_leaving(world: Any, group: Any, index: int) -> None:
    agent_at(world, index).is_leaving = 1
    _append(world, _lane(world, group, group.places), index)
    _leave_when_done(world, group, index)


@inner
def _stop_leaving(world: Any, group: Any, index: int) -> None:
    agent_at(world, index).is_leaving = 0
    _remove(world, _lane(world, group, group.places), index)


@inner
def _leave_when_done(world: Any, group: Any, index: int) -> None:
    agent = agent_at(world, index)
    if not agent.held:
        _stop_leaving(world, group, index)
        agent.is_absent = 1
