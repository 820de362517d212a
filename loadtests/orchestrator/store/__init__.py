"""Storage: units of work over memory, SQLite and PostgreSQL."""

from loadtests.orchestrator.store.database import Database
from loadtests.orchestrator.store.errors import CannotServe
from loadtests.orchestrator.store.unit import Index, Need, Unit, savepoint, table

__all__ = ["CannotServe", "Database", "Index", "Need", "Unit", "savepoint", "table"]
