"""Key performance indicators: one family per file, each a function of the event log."""

from sim.kpis.measuring import measure, measure_blocks
from sim.kpis.model import Kpi, Measures, Part, Row
from sim.kpis.registry import Family, define, families, index_of, kpi, kpis, targets_of

__all__ = [
    "Family",
    "Kpi",
    "Measures",
    "Part",
    "Row",
    "define",
    "families",
    "index_of",
    "kpi",
    "kpis",
    "measure",
    "measure_blocks",
    "targets_of",
]
