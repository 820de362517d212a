"""What operations sees of the service: metrics, health, the live view, a page on it, and exports for process mining."""

from orchestrator.monitoring.handlers import TABLES, count
from orchestrator.monitoring.process_state import measured, watched
from orchestrator.monitoring.routes import ROUTES
from orchestrator.service.feature import Part

__all__ = ["PART"]

PART = Part(tables=TABLES, routes=ROUTES, after=(count,), watchers=(watched,), measures=(measured,))
