"""Interruptions of contacts: room for them, the rows that agents write, and the table that they become."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.engine.compiled.memory.records import Interruption, Visit
from sim.engine.compiled.memory.room import MARGIN, request_room
from sim.engine.compiled.memory.world import World, f8_at, group_at, i4_at, interruption_at
from sim.engine.log import Interruptions, columns_of
from sim.engine.plan import Plan
from sim.jit.kernels import inner

__all__ = ["add_interruption", "end_interruption", "interruptions_of", "room_for_interruptions"]


def room_for_interruptions(plan: Plan, room: int) -> NDArray[np.void]:
    """Return memory for interruptions, none where nothing interrupts; memory that nobody writes to costs nothing."""
    size = max(room, 4 * MARGIN) if plan.crews.interrupts.any() else 0
    return np.empty(size, Interruption.dtype)


@inner
def add_interruption(world: World, visit: Visit) -> None:
    """Note that an agent puts a contact aside."""
    index = world.interruption_count
    room = world.interruption_room
    if index >= room - MARGIN and not request_room(world, index, room):
        return
    world.interruption_count = index + 1
    visit.interruption = index
    interruption = interruption_at(world, index)
    interruption.customer = visit.customer_number
    interruption.visit = i4_at(world.log_visit)[visit.row]
    interruption.group = visit.group
    interruption.agent = visit.agent - group_at(world, visit.group).first_agent
    interruption.began = world.now
    interruption.ended = math.nan


@inner
def end_interruption(world: World, visit: Visit) -> None:
    """Note that an agent goes on with a contact that lay aside."""
    interruption = interruption_at(world, visit.interruption)
    interruption.ended = world.now
    f8_at(world.log_interrupted)[visit.row] += interruption.ended - interruption.began


def interruptions_of(rows: NDArray[np.void]) -> Interruptions:
    """Return interruptions, in the order in which they began, as a table.

    Parameters
    ----------
    rows
        Records `Interruption`.
    """
    order = np.lexsort([rows[name] for name in reversed(Interruptions.order)])
    return Interruptions(**{name: rows[name][order].astype(dtype) for name, dtype in columns_of(Interruptions).items()})
