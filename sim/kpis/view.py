"""Customers who are through, as the families see them: their contacts and journeys, derived once and shared by all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.intervals import places_among
from sim.engine.plan import Plan
from sim.kpis.cells import Coded
from sim.kpis.contact_records import Contacts, contacts_of
from sim.kpis.journey_records import Journeys, endings_of, journeys_of
from sim.kpis.visits import Visits, by_customer, visits_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.log import Log
    from sim.kpis.cuts import Cut
    from sim.population.draw import Population

__all__ = ["View", "edges_of", "first_interval", "views"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


def first_interval(plan: Plan) -> int:
    """Return the first interval that counts: it does not begin within the warm-up.

    Parameters
    ----------
    plan
        Has the warm-up; intervals are whole.
    """
    return min(ceil(plan.warm_up / plan.interval - 1e-9), plan.intervals)


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
class View:
    """Some customers with all that happened to them, and what is derived from it.

    Parameters
    ----------
    plan, population
        What was planned, and who came.
    log
        What happened, customer by customer.
    """

    plan: Plan
    population: Population
    log: Log

    @cached_property
    def edges(self) -> F8:
        """Starts of the reporting intervals, and the end of the last."""
        return edges_of(self.plan)

    @cached_property
    def first(self) -> int:
        """The first interval after the warm-up."""
        return first_interval(self.plan)

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

    def interval_of(self, instant: F8) -> I8:
        """Return the interval that an instant lies in, -1 = outside of all that count.

        Parameters
        ----------
        instant
            Shape (n,).
        """
        at = places_among(self.edges, instant, after=True) - 1
        return np.where((at >= self.first) & (at < self.plan.intervals), at, -1)

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


def edges_of(plan: Plan) -> F8:
    """Return the starts of the reporting intervals, and the end of the last.

    Parameters
    ----------
    plan
        Has them.
    """
    return plan.origin + plan.interval * np.arange(plan.intervals + 1, dtype=np.float64)
