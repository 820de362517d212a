"""Scenarios: the schema, and how a file becomes a checked, frozen value."""

from sim.scenario.load import load, scenario_hash, schema
from sim.scenario.schema import Scenario

__all__ = ["Scenario", "load", "scenario_hash", "schema"]
