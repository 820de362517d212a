"""The scenario reference, generated from the schema: ``python -m sim.scenario.reference > docs/scenario.md``."""

from sim.scenario.reference.page import EXAMPLES, page

__all__ = ["EXAMPLES", "page"]
