"""Gauges of a tenant, read from the rows when Prometheus asks."""

from collections.abc import Iterator

from orchestrator.monitoring.metrics import Gauge
from orchestrator.monitoring.queue_states import queues
from orchestrator.monitoring.rows import Totals
from orchestrator.notifications.rows import Delivery
from orchestrator.store.unit import Unit

__all__ = ["gauges"]


def gauges(unit: Unit, tenant: str, now: float) -> list[Gauge]:
    """Return the numbers of journeys, items and messages, and the ages of the oldest.

    Parameters
    ----------
    unit
        Shows what is committed.
    tenant
        The tenant.
    now
        Seconds since the epoch.
    """
    totals = unit.get(Totals, tenant) or Totals(tenant)
    states: dict[tuple[str, ...], float] = {
        (state,): getattr(totals, state) for state in ("active", "paused", "completed")
    }
    return [
        Gauge("sojourn_journeys", "Journeys by state", ("state",), states),
        *_work(unit, tenant, now),
        *_outbox(unit, tenant, now),
    ]


def _work(unit: Unit, tenant: str, now: float) -> Iterator[Gauge]:
    """Yield the gauges of the queues."""
    states = queues(unit, tenant, now)
    for name, text, member in (
        ("sojourn_queue_waiting", "Items that wait", "waiting"),
        ("sojourn_queue_oldest_seconds", "Age of the oldest item that waits", "oldest"),
        ("sojourn_queue_with_agents", "Items that agents hold", "with_agents"),
        ("sojourn_queue_agents_available", "Agents who serve the queue and are available", "agents_available"),
    ):
        yield Gauge(name, text, ("queue",), {(state["name"],): state[member] or 0 for state in states})


def _outbox(unit: Unit, tenant: str, now: float) -> Iterator[Gauge]:
    """Yield the gauges of the messages to webhooks."""
    waiting = unit.count(Delivery, "state", tenant, "waiting")
    oldest = unit.find(Delivery, "state", tenant, "waiting", limit=1)
    age = max(0.0, now - oldest[0].created) if oldest else 0.0
    yield Gauge("sojourn_outbox_waiting", "Messages to webhooks that are not delivered yet", (), {(): waiting})
    yield Gauge("sojourn_outbox_oldest_seconds", "Age of the oldest of them", (), {(): age})
