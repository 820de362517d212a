"""Scenarios: the schema, and how a file becomes a checked, frozen value."""

from sim.scenario.reader import read_scenario, scenario_hash, schema
from sim.scenario.schema import Scenario

__all__ = ["Scenario", "read_scenario", "scenario_hash", "schema"]
