"""KPI families that cost time: measured only where a scenario asks for them (`kpi_families`)."""
