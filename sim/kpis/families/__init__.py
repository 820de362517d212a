"""KPI families, one per file; the registry finds every module that has ``KPIS``."""
