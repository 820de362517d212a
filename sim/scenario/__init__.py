"""Scenarios: the schema, and the reader that turns a file into a checked, frozen value."""

from sim.scenario.own_code_checks import own_code_of
from sim.scenario.reader import read_scenario, scenario_hash, schema
from sim.scenario.schema import Scenario

__all__ = ["Scenario", "own_code_of", "read_scenario", "scenario_hash", "schema"]
