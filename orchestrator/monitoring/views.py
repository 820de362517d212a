"""Overview for the page, in one read of few rows."""

from typing import Any, Final

from orchestrator.core.json_codec import Document
from orchestrator.core.timestamps import timestamp
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.monitoring.queue_states import queues
from orchestrator.monitoring.rows import DAY, MINUTE, Drop, Span, Totals
from orchestrator.store.unit import Unit

__all__ = ["overview"]

MINUTES: Final = 60
RECENT: Final = 25


def overview(unit: Unit, tenant: str, now: float) -> Document:
    """Return the overview of a tenant.

    Parameters
    ----------
    unit
        Shows what is committed.
    tenant
        Of the journeys.
    now
        Seconds since the epoch.
    """
    totals = unit.get(Totals, tenant) or Totals(tenant)
    today = int(now) // DAY * DAY
    day = unit.get(Span, tenant, DAY, today) or Span(tenant, DAY, today)
    return {
        "at": timestamp(now),
        "journeys": {"active": totals.active, "paused": totals.paused, "completed": totals.completed},
        "today": {
            "since": timestamp(today), "started": day.started, "completed": day.completed, "gave_up": day.gave_up,
            "paused": day.paused, "resumed": day.resumed,
        }, "minutes": _minutes(unit, tenant, int(now)), "drops": _drops(unit, tenant, today), "queues": queues(unit,
        tenant, now), "recent": [_shown(unit, journey) for journey in unit.find(Journey, "key", tenant, limit=RECENT,
        descending=True)],
    }  # fmt: skip


def _minutes(unit: Unit, tenant: str, now: int) -> list[Document]:
    """Return the last minutes, including empty ones; the last one is not over."""
    last = now // MINUTE * MINUTE
    first = last - (MINUTES - 1) * MINUTE
    counted = {span.began: span for span in unit.find(Span, "key", tenant, MINUTE, after=(first - 1,), limit=MINUTES)}
    spans = [counted.get(began) or Span(tenant, MINUTE, began) for began in range(first, last + 1, MINUTE)]
    return [{"at": timestamp(span.began), "started": span.started, "completed": span.completed} for span in spans]


def _drops(unit: Unit, tenant: str, today: int) -> list[Document]:
    """Return the steps at which customers left today, or left and have not come back yet."""
    days: dict[str, Drop] = {drop.step: drop for drop in unit.find(Drop, "key", tenant, today)}
    drops: list[Any] = []
    for ever in unit.find(Drop, "key", tenant, 0):
        day = days.get(ever.step) or Drop(tenant, today, ever.step)
        shown = {"step": ever.step, "gave_up": day.gave_up, "paused": day.paused, "returned": day.returned,
                 "away": ever.paused - ever.returned}  # fmt: skip
        if any(shown[name] for name in ("gave_up", "paused", "returned", "away")):
            drops.append(shown)
    return sorted(drops, key=lambda drop: (-drop["gave_up"] - drop["paused"], drop["step"]))


def _shown(unit: Unit, journey: Journey) -> Document:
    """Return a journey's row of the page."""
    last = unit.find(Entry, "key", journey.tenant, journey.id, limit=1, descending=True)
    return {
        "id": journey.id, "customer": journey.customer, "intent": journey.intent, "state": journey.state,
        "channel": journey.channel, "last": last[0].type if last else None,
        "started": timestamp(journey.started), "updated": timestamp(journey.updated),
    }  # fmt: skip
