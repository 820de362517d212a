"""One replication, compiled: the same log as the reference engine gives, event for event."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from sim.core.errors import InvalidInput, Problem, SojournError
from sim.distributions import quantiles
from sim.engine.compiled.kernel import advance
from sim.engine.compiled.memory.columns import keep_memory
from sim.engine.compiled.memory.scores import scores_of
from sim.engine.compiled.memory.world import World
from sim.engine.compiled.phases import CIRCLE, GROW, MARGIN, NEXT_PART, OVER, OVERFULL, PAUSED
from sim.engine.log import Block, Log
from sim.engine.plan import Plan
from sim.jit.cache import NotCompilable, folder, one_at_a_time
from sim.population import Population

__all__ = ["blocks", "refuses", "run"]

_EVENTS = 1 << 18  # after so many, some 0.1 s, an interrupt is answered
_ROOM, _ROWS_EACH = 1 << 15, 4
_GOES_ON = {GROW, PAUSED, NEXT_PART}
_BLOCK = 3 * MARGIN  # rows that there is room for at first where they are forgotten again


def run(plan: Plan, population: Population) -> Log:
    """Simulate one replication.

    Parameters
    ----------
    plan
        What the scenario says.
    population
        Who comes.

    Returns
    -------
    Log
        Every touchpoint, in order of (began, customer, visit).

    Raises
    ------
    InvalidInput
        Something of the plan is plain Python.
    SojournError
        A journey goes round in circles for more than `MAX_VISITS` touchpoints.
    """
    _refuse(plan)
    keep_memory()
    room = _ROOM + _ROWS_EACH * len(population)
    while True:
        world = World(plan, iter([population]), room)
        _prepare(world)
        while (why := int(advance(world.record, _EVENTS))) in _GOES_ON:
            if why == GROW:
                world.grow()
            elif why == NEXT_PART:
                world.next_part()
        if why != OVERFULL:
            _refuse_circles(plan, world, why)
            return world.log()
        room *= 4  # so much happened at once that there was no room for it: once more, with more


def blocks(plan: Plan, parts: Iterable[Population]) -> Iterator[Block]:
    """Simulate one replication, and forget its customers as they leave.

    Parameters
    ----------
    plan
        What the scenario says.
    parts
        Who comes, part by part (`sim.population.draw_in_parts`).

    Yields
    ------
    Block
        Stretch by stretch; the touchpoints of a customer stay in memory for as long as they may come again.

    Raises
    ------
    InvalidInput, SojournError
        As for `run`.
    """
    _refuse(plan)
    world = World(plan, iter(parts), _BLOCK)
    _prepare(world)
    while (why := int(advance(world.record, _EVENTS))) in _GOES_ON:
        if why == NEXT_PART:
            world.next_part()
            continue
        yield world.settle()
        if world.is_tight:
            world.grow()
    if why == OVERFULL:
        raise SojournError("more happens at one instant than fits into memory without a log; give --log first")
    _refuse_circles(plan, world, why)
    yield world.rest()


def refuses(plan: Plan) -> str:
    """Return why this engine cannot run a plan, as a sentence; empty where it can."""
    plain = [f'the law "{kind}"' for kind in plan.laws.kinds if not hasattr(quantiles()[kind], "overloads")]
    try:
        scores_of(plan.routing)
    except NotCompilable:
        plain.insert(0, f'the routing policy "{plan.routing}"')
    return f"{plain[0]} is plain Python, which only the simpy engine runs" if plain else ""


def _refuse(plan: Plan) -> None:
    if why_not := refuses(plan):
        raise InvalidInput([Problem("--engine", "", f"{why_not}; give --engine simpy, or auto")])


def _refuse_circles(plan: Plan, world: World, why: int) -> None:
    if why == CIRCLE:
        raise SojournError(f"{plan.steps[world.circle]}: a journey goes round in circles here")
    assert why == OVER


def _prepare(world: World) -> None:
    """Load the kernel; or compile it, which takes twenty seconds, once for all processes."""
    if advance.overloads:  # type: ignore[attr-defined]
        return
    with one_at_a_time("engine"):
        if not list(folder().rglob("*advance*.nbi")):
            sys.stderr.write("compiling the engine, once; some twenty seconds ...\n")
            sys.stderr.flush()
        advance(world.record, 0)
