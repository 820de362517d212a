"""Planning: a scenario becomes a plan."""

from sim.engine.planning.planner import make_plan

__all__ = ["make_plan"]
