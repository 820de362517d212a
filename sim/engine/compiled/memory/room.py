"""Room in memory, and the reasons for which the kernel returns to Python."""

from __future__ import annotations

from sim.engine.compiled.memory.world import World
from sim.jit.kernels import inner, numbers

__all__ = ["CIRCLE", "GROW", "MARGIN", "NEXT_PART", "OVER", "OVERFULL", "PAUSED", "TOO_MANY_AGENTS", "request_room"]

MARGIN = 1 << 14  # rows and events that there is room for before anything happens: more than one customer makes

(OVER,) = numbers(1)  # the run is over
(GROW,) = numbers(2)  # the log or a heap is almost full
(OVERFULL,) = numbers(3)  # one event needed more room than there was
(CIRCLE,) = numbers(4)  # a journey goes round in circles
(PAUSED,) = numbers(5)  # so that an interrupt is answered
(TOO_MANY_AGENTS,) = numbers(7)  # an unlimited group needs more agents than there may be
(NEXT_PART,) = numbers(6)  # the next part of the population is due


@inner
def request_room(world: World, taken: int, room: int) -> bool:
    """Ask for more room before the next event; return whether there is some until then."""
    if taken >= room:
        world.stop = OVERFULL
    elif not world.stop:
        world.stop = GROW
    return taken < room
