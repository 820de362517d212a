"""Engines: run(plan, population) -> log, and perhaps blocks(plan, parts). The SimPy engine defines the model."""

from sim.engine.log import Block, Log, single_block
from sim.engine.plan import Plan
from sim.engine.planning import make_plan

__all__ = ["Block", "Log", "Plan", "make_plan", "single_block"]
