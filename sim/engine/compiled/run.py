"""One replication, compiled: the same log as the reference engine gives, event for event."""

from __future__ import annotations

from sim.core.errors import SojournError
from sim.engine.compiled.kernel import advance
from sim.engine.compiled.phases import CIRCLE, GROW, OVER, OVERFULL
from sim.engine.compiled.world import World
from sim.engine.log import Log
from sim.engine.plan import Plan
from sim.population import Population

__all__ = ["run"]

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
    SojournError
        A journey goes round in circles for more than `MAX_VISITS` touchpoints.
    """
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


def _advance(world: World) -> int:
    while True:
        why = int(advance(world.record, _EVENTS))
        if why in {OVER, CIRCLE, OVERFULL}:
            return why
        if why == GROW:
            world.grow()
