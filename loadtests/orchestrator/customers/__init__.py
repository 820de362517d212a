"""Customers: their names, merged when they turn out to be one person's, and what is known of them."""

from loadtests.orchestrator.customers.identities import Identity, Merged
from loadtests.orchestrator.routes import Part

__all__ = ["PART"]

PART = Part(tables=(Identity, Merged))
