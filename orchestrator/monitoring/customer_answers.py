"""The four questions in one answer: who is this, how did they come so far, what do they want now, where next."""

import json
from collections.abc import Sequence
from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import Document, write
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.core.timestamps import timestamp
from orchestrator.customers.identities import names_of, person_of
from orchestrator.customers.rows import Identity, Merged
from orchestrator.journeys.rows import OPEN, Entry, Journey
from orchestrator.queues.rows import OVER, Item
from orchestrator.store.unit import Unit

__all__ = ["answers"]

RECENT = 20
"""Touchpoints, and journeys of each name, that are shown; everything is in the journeys' histories."""


def answers(request: Request, unit: Unit) -> Answer:
    """Answer the four questions about the customer with a name.

    Raises
    ------
    Refused
        ``unknown`` when the name was never seen.
    """
    tenant, asked = request.tenant, request.names["customer"]
    names = names_of(unit, tenant, asked)
    journeys = _journeys(unit, tenant, names)
    if not journeys and unit.get(Identity, tenant, asked) is None:
        raise Refused("unknown", f"there is no customer {asked[:80]}")
    open_ones = [journey for journey in journeys if journey.state in OPEN]
    told = {
        "who": _who(unit, tenant, asked, names),
        "how": {"touchpoints": _touchpoints(unit, journeys)},
        "what": {"journeys": [json.loads(journey.json()) for journey in open_ones]},
        "where": [_where(unit, journey) for journey in open_ones],
    }
    return Answer(200, write(told).encode())


def _journeys(unit: Unit, tenant: str, names: Sequence[str]) -> list[Journey]:
    """Return a customer's newest journeys, that which changed last first."""
    found = [
        journey
        for name in names
        for journey in unit.find(Journey, "of", tenant, name, limit=RECENT, descending=True)
    ]  # fmt: skip
    return sorted(found, key=lambda journey: (journey.updated, journey.id), reverse=True)


def _who(unit: Unit, tenant: str, asked: str, names: Sequence[str]) -> Document:
    """Return who the customer is: all names, and the merges that made them one."""
    merges = [merge for name in names for merge in unit.find(Merged, "person", tenant, name)]
    return {
        "customer": person_of(unit, tenant, asked),
        "identities": list(names),
        "merges": [
            {
                "id": merge.id, "at": timestamp(merge.at), "reason": merge.reason,
                "identities": json.loads(merge.names), "with": json.loads(merge.others),
            }
            for merge in sorted(merges, key=lambda merge: merge.id)
        ],
    }  # fmt: skip


def _touchpoints(unit: Unit, journeys: Sequence[Journey]) -> list[Document]:
    """Return what happened last over all journeys, the newest first."""
    entries = [
        (entry, journey)
        for journey in journeys
        for entry in unit.find(Entry, "key", journey.tenant, journey.id, limit=RECENT, descending=True)
    ]
    entries.sort(key=lambda one: (one[0].at, one[0].journey, one[0].version), reverse=True)
    return [_touchpoint(entry, journey) for entry, journey in entries[:RECENT]]


def _touchpoint(entry: Entry, journey: Journey) -> Document:
    step: Any = json.loads(entry.data).get("step")
    return {
        "journey": entry.journey, "intent": journey.intent, "version": entry.version, "type": entry.type,
        "channel": entry.channel, "step": step, "at": timestamp(entry.at),
    }  # fmt: skip


def _where(unit: Unit, journey: Journey) -> Document:
    """Return where a journey goes next: to who works on it, else where a rule says, else as its state says."""
    told: Document = {"journey": journey.id, "intent": journey.intent}
    items = [item for item in unit.find(Item, "journeys", journey.tenant, journey.id) if item.state not in OVER]
    if items:
        item = max(items, key=lambda one: one.entered)
        return {**told, "because": "work", "next": {"queue": item.queue, "item": item.id, "state": item.state}}
    if journey.next is not None:
        return {**told, "because": "rule", "next": json.loads(journey.next)}
    step = "resume" if journey.state == "paused" else "continue"
    return {**told, "because": "state", "next": {"step": step, "channel": journey.channel}}
