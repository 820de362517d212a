"""Completed customers, contacts and journeys, as arrays for the KPI families."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sim.engine.plan import Plan
from sim.kpis.aggregate.aggregation import Aggregation
from sim.kpis.aggregate.contacts import Contacts, contacts_of
from sim.kpis.aggregate.customers import Customers, customers_of
from sim.kpis.aggregate.journeys import Journeys, journeys_of

__all__ = ["CompletedCustomers"]


@dataclass(frozen=True, eq=False)
class CompletedCustomers:
    """The customers of a run whose stories are over, or were when the run ended."""

    plan: Plan
    tables: Aggregation

    @cached_property
    def contacts(self) -> Contacts:
        """Contacts that began within the intervals that count, cell by cell."""
        return contacts_of(self.plan, self.tables.contacts, self.tables.waits)

    @cached_property
    def journeys(self) -> Journeys:
        """Journeys that began within the intervals that count, cell by cell."""
        return journeys_of(self.plan, self.tables.journeys, self.tables.durations)

    @cached_property
    def customers(self) -> Customers:
        """Customers whose first journey counts, cell by cell."""
        return customers_of(self.plan, self.tables.customers)
