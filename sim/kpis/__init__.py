"""Key performance indicators, computed from the event log."""

from sim.kpis.measurement import measure, measure_blocks
from sim.kpis.model import Kpi, KpiValues, Measures, Row
from sim.kpis.registry import Family, bounds_of, define, index_of, kpi, kpis, kpis_in, kpis_of, targets_of
from sim.kpis.selection import select_kpis

__all__ = [
    "Family",
    "Kpi",
    "KpiValues",
    "Measures",
    "Row",
    "bounds_of",
    "define",
    "index_of",
    "kpi",
    "kpis",
    "kpis_in",
    "kpis_of",
    "measure",
    "measure_blocks",
    "select_kpis",
    "targets_of",
]
