"""What operations sees of the service: metrics, health, the live view, a page on it, and exports for process mining."""

from orchestrator.routes import Part
from orchestrator.watch.counts import TABLES, count
from orchestrator.watch.routes import ROUTES
from orchestrator.watch.state import measured, watched

__all__ = ["PART"]

PART = Part(tables=TABLES, routes=ROUTES, after=(count,), watchers=(watched,), measures=(measured,))
