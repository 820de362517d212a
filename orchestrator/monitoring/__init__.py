"""Monitoring: metrics, health, the live view, a page on it, a customer's summary, and exports for process mining."""

from orchestrator.monitoring.routes import FEATURE

__all__ = ["FEATURE"]
