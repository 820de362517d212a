"""Storage: units of work over memory, SQLite and PostgreSQL."""

from loadtests.orchestrator.store.old import CannotServe, Store
from loadtests.orchestrator.store.unit import Index, Need, Unit, savepoint, table

__all__ = ["CannotServe", "Index", "Need", "Store", "Unit", "savepoint", "table"]
