"""Customers who are through, as the families see them: their contacts and journeys, derived once and shared by all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.kpis.cells import Coded
from sim.kpis.contact_records import Contacts, contacts_of
from sim.kpis.journey_records import Journeys, endings_of, journeys_of
from sim.kpis.reporting import Reporting
from sim.kpis.visits import Visits, by_customer, visits_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.log import Log
    from sim.engine.plan import Plan
    from sim.kpis.cuts import Cut
    from sim.population.draw import Population

__all__ = ["View", "views"]

B1 = NDArray[np.bool_]
I8 = NDArray[np.int64]


def views(plan: Plan, population: Population, log: Log) -> Iterator[View]:
    """Yield the customers of a log, some at a time, at least one view.

    Parameters
    ----------
    plan, population, log
        What was planned, who came, and what happened.
    """
    for part in by_customer(log):
        yield View(plan, population, part)


@dataclass(frozen=True, eq=False)
class View(Reporting):
    """Some customers with all that happened to them, and what is derived from it.

    Parameters
    ----------
    plan, population
        What was planned, and who came.
    log
        What happened, customer by customer.
    """

    population: Population
    log: Log

    @cached_property
    def visits(self) -> Visits:
        """All touchpoints."""
        return visits_of(self.plan, self.log)

    @cached_property
    def counted(self) -> B1:
        """Which of the visits belong to journeys that count."""
        counts = np.zeros(len(self.visits.first), dtype=np.bool_)
        counts[self.journeys.number] = True
        return np.asarray(counts[self.visits.journey])

    @cached_property
    def journeys(self) -> Journeys:
        """Journeys that began within the intervals that count."""
        return journeys_of(self)

    @cached_property
    def contacts(self) -> Contacts:
        """Contacts that began within the intervals that count."""
        return contacts_of(self)

    @cached_property
    def endings(self) -> tuple[I8, I8]:
        """How each journey ended, and the intent to which it led straight on; of all, whether they count or not."""
        return endings_of(self.plan, self.log, self.visits)

    def segment_of(self, customer: NDArray[np.int32]) -> Coded:
        """Return the segment of customers.

        Parameters
        ----------
        customer
            Rows of the population.
        """
        return Coded(self.population.segment[customer], len(self.plan.segments))

    def cuts(self, step: I8, segment: Coded, interval: Coded) -> dict[Cut, tuple[Coded, ...]]:
        """Return what the cuts look at that contacts and journeys share.

        Parameters
        ----------
        step, segment, interval
            Of each record.
        """
        plan = self.plan
        return {
            "all": (),
            "interval": (interval,),
            "channel": (Coded(plan.step_channel[step], len(plan.channels)),),
            "intent": (Coded(plan.step_intent[step], len(plan.intents)),),
            "segment": (segment,),
        }
