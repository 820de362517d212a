"""One replication, compiled: the same log as the reference engine gives, event for event."""

from __future__ import annotations

import sys
from typing import Any

from sim.core.compiling import folder, one_at_a_time
from sim.core.errors import InvalidInput, Problem, SojournError
from sim.distributions import quantiles
from sim.engine.compiled.kernel import advance
from sim.engine.compiled.phases import CIRCLE, GROW, OVER, OVERFULL
from sim.engine.compiled.world import World
from sim.engine.log import Log
from sim.engine.plan import Plan
from sim.population import Population
from sim.routing import policies

__all__ = ["refuses", "run"]

_EVENTS = 1 << 18  # after so many, some 0.1 s, an interrupt is answered
_ROOM, _ROWS_EACH = 1 << 15, 4


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
    if why_not := refuses(plan):
        raise InvalidInput([Problem("--engine", "", f"{why_not}; give --engine simpy, or auto")])
    room = _ROOM + _ROWS_EACH * len(population)
    while True:
        world = World(plan, population, room)
        why = _advance(world)
        if why == OVER:
            return world.log()
        if why == CIRCLE:
            raise SojournError(f"{plan.steps[world.circle]}: a journey goes round in circles here")
        assert why == OVERFULL
        room *= 4  # so much happened within one event that there was no room for it: once more, with more


def refuses(plan: Plan) -> str:
    """Return why this engine cannot run a plan, as a sentence; empty where it can."""
    policy = policies()[plan.routing]
    scores: list[Any] = [it for it in (policy.contact_score, policy.group_score) if it is not None]
    functions = {f'the routing policy "{plan.routing}"': scores}
    functions |= {f'the law "{kind}"': [quantiles()[kind]] for kind in plan.laws.kinds}
    plain = [name for name, them in functions.items() if not all(hasattr(it, "overloads") for it in them)]
    return f"{plain[0]} is plain Python, which only the simpy engine runs" if plain else ""


def _advance(world: World) -> int:
    _prepare(world)
    while True:
        why = int(advance(world.record, _EVENTS))
        if why in {OVER, CIRCLE, OVERFULL}:
            return why
        if why == GROW:
            world.grow()


def _prepare(world: World) -> None:
    """Load the kernel; or compile it, which takes half a minute, once for all processes."""
    if advance.overloads:  # type: ignore[attr-defined]
        return
    with one_at_a_time("engine"):
        if not list(folder().rglob("*advance*.nbi")):
            sys.stderr.write("compiling the engine, once; half a minute ...\n")
            sys.stderr.flush()
        advance(world.record, 0)
