"""Contacts and journeys as the KPI families see them, and agents and queues as they do who follow them over time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from sim.kpis.cells import alike

if TYPE_CHECKING:
    from sim.kpis.cells import Cells

__all__ = ["Contacts", "Holdings", "Journeys"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Contacts:
    """Visits to steps that have a queue, one per row, each journey's together and in order."""

    cells: Cells
    waited: F8  # seconds, up to the run's end for those who wait still
    talk: F8  # seconds, hold left out; these three are 0 unless it was handled
    hold: F8
    wrap: F8
    repeat: F8  # seconds that the customer repeated themself; 0 unless it was answered
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
    repeated: B1
    followed: B1  # by a further contact of the journey within the plan's repeat window
    first: B1  # of the journey with the queue
    first_offered: B1  # of those of the journey with the queue that entered it, short abandonments left out
    first_handled: B1  # of the journey

    @cached_property
    def alike(self) -> Self:
        """One row per cell: contacts that agree in all codes and marks, their seconds added up."""
        return alike(self)


@dataclass(frozen=True, eq=False)
class Journeys:
    """Journeys, one per row, in order of customer. The cut by channel goes by the channel that a journey began on."""

    cells: Cells
    number: I8  # among all journeys of the visits
    took: F8  # seconds until it was resolved; 0 where it was not
    outcome: I8  # plan.Outcome
    leads_to: I8  # intent of the customer's next journey, where this one leads straight on to it; else -1
    over: B1
    self_service: B1  # began in self-service
    alone: B1  # without a contact
    contacts: F8
    abandoned: F8  # contacts that were abandoned
    switches: F8  # times that the channel changed from one touchpoint to the next, pauses left out
    waited: F8  # seconds waited in person
    repeats: F8  # contacts in which the customer repeated themself
    notified: F8  # pauses that a notification ended

    @cached_property
    def alike(self) -> Self:
        """One row per cell: journeys that agree in all codes and marks, their quantities added up; no ``number``."""
        return alike(self)


@dataclass(frozen=True, eq=False)
class Holdings:
    """How long queues and agents hold contacts, one per row, in the order in which they began."""

    queue: I8
    group: I8  # -1 = nobody took it
    agent: I8
    began: F8
    left: F8  # the queue: the run's end for those who wait still
    taken: F8  # an agent was chosen: the ring time before the answer; NaN = none
    freed: F8  # as far as the run went
    assisted: B1  # the customer waits for it; else the work waits
    entered: B1  # came into the queue: not closed, blocked or balked
