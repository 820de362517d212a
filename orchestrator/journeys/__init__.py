"""Journeys: started, changed by events, paused and resumed on any channel, handed over and completed."""

from orchestrator.journeys.routes import FEATURE

__all__ = ["FEATURE"]
