"""Customers who are through, as the families see them: what was told of them, in shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sim.kpis.aggregate.contact_records import Contacts, contacts_of
from sim.kpis.aggregate.journey_records import Customers, Journeys, customers_of, journeys_of

if TYPE_CHECKING:
    from sim.engine.plan import Plan
    from sim.kpis.aggregate.aggregation import Telling

__all__ = ["View"]


@dataclass(frozen=True, eq=False)
class View:
    """All customers of a run.

    Parameters
    ----------
    plan, told
        What was planned, and what was told.
    """

    plan: Plan
    told: Telling

    @cached_property
    def contacts(self) -> Contacts:
        """Contacts that began within the intervals that count, cell by cell."""
        return contacts_of(self.plan, self.told)

    @cached_property
    def journeys(self) -> Journeys:
        """Journeys that began within the intervals that count, cell by cell."""
        return journeys_of(self.plan, self.told)

    @cached_property
    def customers(self) -> Customers:
        """Customers whose first journey counts, cell by cell."""
        return customers_of(self.plan, self.told)
