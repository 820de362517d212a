"""Aggregation of an event log into the tables that the KPI families read."""
