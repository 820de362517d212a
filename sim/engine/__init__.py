"""Engines: run(plan, population) -> log, and perhaps blocks(plan, parts). The SimPy one is the definition."""

from sim.engine.log import Block, Log, whole
from sim.engine.plan import Plan
from sim.engine.planning import make_plan

__all__ = ["Block", "Log", "Plan", "make_plan", "whole"]
