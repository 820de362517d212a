"""What operations sees of the service: metrics, health, the live view, a page on it, and exports for process mining."""

from loadtests.orchestrator.routes import Part
from loadtests.orchestrator.watch.counts import TABLES, count
from loadtests.orchestrator.watch.routes import ROUTES
from loadtests.orchestrator.watch.state import measured, watched

__all__ = ["PART"]

PART = Part(tables=TABLES, routes=ROUTES, after=(count,), watchers=(watched,), measures=(measured,))
