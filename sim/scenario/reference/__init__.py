"""The scenario reference, generated from the schema."""

from sim.scenario.reference.page import EXAMPLES, page

__all__ = ["EXAMPLES", "page"]
