"""Summary of a customer: who this is, how they came so far, what they want now, and where they go next."""

import json
from collections.abc import Sequence
from typing import Any

from orchestrator.core.answer import Answer, json_answer
from orchestrator.core.json_codec import Document
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.core.timestamps import timestamp
from orchestrator.customers.identities import names_of, person_of
from orchestrator.customers.rows import Identity, Merged
from orchestrator.journeys.rows import OPEN, Entry, Journey
from orchestrator.queues.rows import Item
from orchestrator.store.unit import Unit

__all__ = ["answers"]

RECENT = 20
"""Touchpoints, and journeys of each name, that are shown; the journeys' histories have all."""


def answers(request: Request, unit: Unit) -> Answer:
    """Answer the four questions about the customer with a name.

    Raises
    ------
    Refused
        ``unknown`` when no journey and no merge has the name.
    """
    tenant, asked = request.tenant, request.names["customer"]
    names = names_of(unit, tenant, asked)
    journeys = _journeys(unit, tenant, names)
    if not journeys and unit.get(Identity, tenant, asked) is None:
        raise Refused("unknown", f"there is no customer {asked[:80]}")
    open_ones = [journey for journey in journeys if journey.state in OPEN]
    members = {
        "who": _who(unit, tenant, asked, names),
        "how": {"touchpoints": _touchpoints(unit, journeys)},
        "what": {"journeys": [json.loads(journey.json()) for journey in open_ones]},
        "where": [_where(unit, journey) for journey in open_ones],
    }
    return json_answer(members)


def _journeys(unit: Unit, tenant: str, names: Sequence[str]) -> list[Journey]:
    """Return a customer's newest journeys, the one that changed last first."""
    journeys = [
        journey
        for name in names
        for journey in unit.find(Journey, "of", tenant, name, limit=RECENT, descending=True)
    ]  # fmt: skip
    return sorted(journeys, key=lambda journey: (journey.updated, journey.id), reverse=True)


def _who(unit: Unit, tenant: str, asked: str, names: Sequence[str]) -> Document:
    """Return the customer's names, and the merges that joined them."""
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
    """Return the last entries of all journeys, the newest first."""
    entries = [
        (entry, journey)
        for journey in journeys
        for entry in unit.find(Entry, "key", journey.tenant, journey.id, limit=RECENT, descending=True)
    ]
    entries.sort(key=lambda pair: (pair[0].at, pair[0].journey, pair[0].version), reverse=True)
    return [_touchpoint(entry, journey) for entry, journey in entries[:RECENT]]


def _touchpoint(entry: Entry, journey: Journey) -> Document:
    step: Any = json.loads(entry.data).get("step")
    return {
        "journey": entry.journey, "intent": journey.intent, "version": entry.version, "type": entry.type,
        "channel": entry.channel, "step": step, "at": timestamp(entry.at),
    }  # fmt: skip


def _where(unit: Unit, journey: Journey) -> Document:
    """Return the next step of a journey: its open item, else the step of a rule, else the step of its state."""
    members: Document = {"journey": journey.id, "intent": journey.intent}
    items = unit.find(Item, "open", journey.tenant, journey.id)
    if items:
        item = max(items, key=lambda item: item.entered)
        return {**members, "because": "work", "next": {"queue": item.queue, "item": item.id, "state": item.state}}
    if journey.next is not None:
        return {**members, "because": "rule", "next": json.loads(journey.next)}
    step = "resume" if journey.state == "paused" else "continue"
    return {**members, "because": "state", "next": {"step": step, "channel": journey.channel}}
