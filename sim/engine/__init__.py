"""Engines: run(plan, population) -> log. The SimPy one is the definition."""

from sim.engine.log import Log
from sim.engine.plan import Plan
from sim.engine.planning import make_plan

__all__ = ["Log", "Plan", "make_plan"]
