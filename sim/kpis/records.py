"""Contacts and journeys as the KPI families see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sim.kpis.table import Table

__all__ = ["Contacts", "Journeys"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Contacts:
    """Visits to steps that have a queue, one per row, each journey's together and in order."""

    table: Table
    journey: I8  # whose it is
    queue: I8
    group: I8  # -1 = nobody took it
    agent: I8
    began: F8
    waited: F8  # seconds, up to the run's end for those who wait still
    started: F8  # NaN = not answered
    hold: F8
    repeat: F8  # seconds that the customer repeated themself
    ended: F8
    freed: F8  # as far as the run went
    taken: F8  # an agent was chosen: the ring time before the answer; NaN = none
    assisted: B1  # the customer waits for it; else the work waits
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
    offered_callback: B1
    callback: B1  # waited in virtual hold
    transferred: B1
    repeated: B1
    followed: B1  # by a further contact of the journey within the plan's repeat window


@dataclass(frozen=True, eq=False)
class Journeys:
    """Journeys, one per row, in order of customer. The cut by channel goes by the channel that a journey began on."""

    table: Table
    customer: I8
    number: I8  # among all journeys of the visits
    arrival: F8
    ended: F8  # NaN = not over
    outcome: I8  # plan.Outcome
    leads_to: I8  # intent of the customer's next journey, where this one leads straight on to it; else -1
    over: B1
    self_service: B1  # began in self-service
    contacts: F8
    abandoned: F8  # contacts that were abandoned
    switches: F8  # times that the channel changed from one touchpoint to the next, pauses left out
    waited: F8  # seconds waited in person
    repeats: F8  # contacts in which the customer repeated themself
    notified: F8  # pauses that a notification ended
