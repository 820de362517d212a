"""Rules: conditions in CEL that steer, prioritise, offer a callback, notify and escalate, decided after each event."""

from orchestrator.rules.decisions import forget, standing
from orchestrator.rules.routes import FEATURE

__all__ = ["FEATURE", "forget", "standing"]
