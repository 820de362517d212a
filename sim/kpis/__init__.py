"""Key performance indicators: one family per file, each functions of the event log, or of what others found in it."""

from sim.kpis.measurement import measure, measure_blocks
from sim.kpis.model import Kpi, Measures, Part, Row
from sim.kpis.registry import Family, define, index_of, kpi, kpis, targets_of

__all__ = [
    "Family",
    "Kpi",
    "Measures",
    "Part",
    "Row",
    "define",
    "index_of",
    "kpi",
    "kpis",
    "measure",
    "measure_blocks",
    "targets_of",
]
