"""Features of the service, in the order in which their hooks are called for an entry of a journey."""

from pathlib import Path

from orchestrator import customers, journeys, monitoring, notifications, queues, rules
from orchestrator.hooks import journey_completed, journey_handed_off, rule_decided
from orchestrator.http import openapi
from orchestrator.service.feature import Feature
from orchestrator.service.service import tables_of
from orchestrator.store import open as store
from orchestrator.store.database import Database

__all__ = ["FEATURES", "features", "open_database"]


def features(targets: notifications.Targets = notifications.Targets()) -> tuple[Feature, ...]:  # noqa: B008 - frozen
    """Return the features of a service.

    Parameters
    ----------
    targets
        Networks to which webhooks may go although they are not public; by default none.
    """
    # A completion pays for the rules on itself, before it leaves its queues and owes what that costs.
    listed = (
        journeys.FEATURE, customers.FEATURE, queues.FEATURE, journey_handed_off.FEATURE, rules.FEATURE,
        rule_decided.FEATURE, journey_completed.FEATURE, notifications.feature(targets), monitoring.FEATURE,
    )  # fmt: skip
    return (*listed, openapi.feature(listed))


FEATURES = features()


def open_database(name: str | Path) -> Database:
    """Open a database with the tables of all features, see `orchestrator.store.open`."""
    return store.open_database(name, tables_of(FEATURES))
