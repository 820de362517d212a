"""Storage: units of work over memory, SQLite and PostgreSQL."""

from orchestrator.store.database import Database
from orchestrator.store.errors import CannotServe
from orchestrator.store.unit import Index, Need, Unit, savepoint, table

__all__ = ["CannotServe", "Database", "Index", "Need", "Unit", "savepoint", "table"]
