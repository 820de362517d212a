"""Key performance indicators: one family per file, each a function of the event log."""

from sim.kpis.model import Family, Kpi, Measures, Part, Row
from sim.kpis.registry import define, families, index_of, kpi, kpis, measure, measure_blocks, targets_of

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
