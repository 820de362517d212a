"""The scenario reference, made of the schema itself: ``python -m sim.scenario.reference > docs/scenario.md``."""

from sim.scenario.reference.page import EXAMPLES, page

__all__ = ["EXAMPLES", "page"]
