"""KPI families, one per file; a module that has ``KPIS`` is found by the registry."""
