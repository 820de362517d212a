"""Customers: their names, merged when they turn out to be one person's."""

from orchestrator.customers.routes import FEATURE

__all__ = ["FEATURE"]
