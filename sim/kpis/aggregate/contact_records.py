"""Contacts as the KPI families see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.kpis.aggregate.cube import NONE, Cells, Coded, cuts_of, taken_apart
from sim.kpis.aggregate.layout import CONTACT_MARKS, CONTACT_SUMS

if TYPE_CHECKING:
    from sim.engine.plan import Plan
    from sim.kpis.aggregate.aggregation import Telling
    from sim.kpis.aggregate.tables import Kept

__all__ = ["Contacts", "contacts_of"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contacts:
    """Visits to steps that have a queue, which began within the intervals that count.

    Those after the last interval meet agents to whom nobody new comes, and would flatter. What a contact is to its
    journey, the first one or one that another follows, is told by all of them, whether they count or not.

    A row is a cell: contacts that agree in all codes and marks. Seconds are the sum of theirs.
    """

    cells: Cells
    waits: Kept  # seconds waited by each that was answered, where not 0
    waited: F8  # up to the run's end for those who wait still
    talk: F8  # hold left out; these three are 0 unless it was handled
    hold: F8
    wrap: F8
    repeat: F8  # that the customer repeated themself; 0 unless it was answered
    answered: B1
    delayed: B1  # had to wait, the ring time aside
    handled: B1
    abandoned: B1
    closed: B1  # found the queue closed
    cleared: B1  # turned away at closing time
    blocked: B1
    balked: B1
    failed: B1
    inside: B1
    entered: B1  # came into the queue: not closed, blocked or balked
    short: B1  # abandoned so soon that it counts in no rate
    soon: B1  # waited no longer than the acceptable waiting time of the queue
    offered_callback: B1
    callback: B1  # waited in virtual hold
    transferred: B1
    repeated: B1  # answered by somebody who does not know what the customer said in another channel
    followed: B1  # by a further contact of the journey within the plan's repeat window
    first: B1  # of the journey with the queue
    first_offered: B1  # of those of the journey with the queue that entered it, short abandonments left out
    first_handled: B1  # of the journey


def contacts_of(plan: Plan, told: Telling) -> Contacts:
    """Return the contacts.

    Parameters
    ----------
    plan, told
        What was planned, and what was told.
    """
    table = told.contacts
    sizes = len(plan.steps), len(plan.segments), plan.intervals, len(plan.groups) + 1
    step, segment, interval, group = taken_apart(table.codes, sizes)
    when = Coded(interval, plan.intervals)
    handled_by = Coded(np.where(group > 0, group - 1, NONE), len(plan.groups))
    queue = Coded(plan.step_queue[step], len(plan.queues))
    cuts = {
        **cuts_of(plan, step, segment),
        "interval": (when,),
        "queue": (queue,),
        "queue_interval": (queue, when),
        "group": (handled_by,),
        "group_interval": (handled_by, when),
    }
    cells = Cells.of(table.number, cuts)
    return Contacts(cells, told.waits, **table.columns(CONTACT_SUMS, CONTACT_MARKS))
