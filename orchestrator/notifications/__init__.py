"""Notifications: timers and reminders as rows, webhooks from a transactional outbox, quiet hours."""

from orchestrator.notifications.routes import FEATURE, feature
from orchestrator.notifications.schedule import forget, schedule
from orchestrator.notifications.targets import Targets

__all__ = ["FEATURE", "Targets", "feature", "forget", "schedule"]
