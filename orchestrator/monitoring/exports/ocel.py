"""Journeys as an object-centric event log: OCEL 2.0 in its JSON format.

Berti et al. (2023), *OCEL (Object-Centric Event Log) 2.0 Specification*, https://www.ocel-standard.org/2.0/. A
document's members have no order, so that events are written as they are read, objects go into a temporary file
meanwhile, and the types that turned up come last: memory is bounded by the number of types, channels and agents.
"""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import Any, Final

from orchestrator.core.json_codec import Document, write
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.monitoring.exports.case_pages import Case, Look, Window, cases
from orchestrator.queues.rows import COMPLETED, NEVER, OVER, Item

__all__ = ["EVENT_ATTRIBUTES", "OBJECT_TYPES", "ocel"]

EVENT_ATTRIBUTES: Final = {"channel": "string", "step": "string", "outcome": "string", "source": "string",
                           "version": "integer", "said": "string"}  # fmt: skip
"""What the events of a journey say, with the types of OCEL; ``said`` is when the client says that it was."""

OBJECT_TYPES: Final = {
    "customer": {},
    "journey": {"intent": "string", "state": "string", "channel": "string", "started": "time"},
    "channel": {},
    "queue": {},
    "work item": {"state": "string", "priority": "integer"},
    "agent": {},
}
"""The types of objects, each with its attributes."""

CHUNK: Final = 64 * 1024
SPOOL: Final = 1 << 20
"""Bytes of objects that stay in memory before they go to a temporary file."""


async def ocel(look: Look, window: Window) -> AsyncIterator[bytes]:
    """Yield the document of a window in pieces.

    Parameters
    ----------
    look
        Reads what is committed.
    window
        Which journeys.
    """
    types: set[str] = set()
    known: set[str] = set()
    with SpooledTemporaryFile(SPOOL) as objects:
        yield b'{"events":['
        comma = b""
        async for case in cases(look, window):
            for thing in _objects(case, known):
                objects.write((b"," if objects.tell() else b"") + write(thing).encode())
            events = list(_events(case))
            types.update(event["type"] for event in events)
            if events:
                yield comma + ",".join(map(write, events)).encode()
                comma = b","
        yield b'],"objects":['
        objects.seek(0)
        while piece := objects.read(CHUNK):
            yield piece
    declared = [_type(name, EVENT_ATTRIBUTES) for name in sorted(types)]
    kinds = [_type(name, attributes) for name, attributes in OBJECT_TYPES.items()]
    yield f'],"eventTypes":{write(declared)},"objectTypes":{write(kinds)}}}'.encode()


def _type(name: str, attributes: dict[str, str]) -> Document:
    """Return the declaration of a type."""
    return {"name": name, "attributes": [{"name": one, "type": kind} for one, kind in attributes.items()]}


# Events


def _events(case: Case) -> Iterator[Document]:
    """Yield the events of a case."""
    for entry in case.entries:
        yield _event(entry, case.journey)
    for item in case.items:
        yield from _item_events(item, case.journey)


def _event(entry: Entry, journey: Journey) -> Document:
    """Return an entry of a history as an event."""
    data = json.loads(entry.data)
    values = {
        "channel": entry.channel, "step": data.get("step"), "outcome": data.get("outcome"), "source": entry.source,
        "version": entry.version, "said": _said(entry.time),
    }  # fmt: skip
    related = [("journey", journey.id, "case"), ("customer", journey.customer, "who"),
               ("channel", entry.channel, "where")]  # fmt: skip
    return _told(f"{journey.id}/{entry.version}", entry.type, entry.at, values, related)


def _item_events(item: Item, journey: Journey) -> Iterator[Document]:
    """Yield what is known of an item's course."""
    related = [("work item", item.id, "item"), ("queue", item.queue, "queue"), ("journey", journey.id, "case"),
               ("customer", journey.customer, "who")]  # fmt: skip
    served = [*related, ("agent", item.agent, "resource")] if item.agent else related
    yield _told(f"{item.id}/entered", "sojourn.item.entered", item.entered, {}, related)
    if item.answered:
        yield _told(f"{item.id}/accepted", "sojourn.item.accepted", item.accepted, {}, served)
    if item.state in OVER:
        by = served if item.state == COMPLETED else related
        yield _told(f"{item.id}/{item.state}", f"sojourn.item.{item.state}", item.changed, {}, by)


def _told(name: str, kind: str, at: float, values: Document, related: list[tuple[str, str, str]]) -> Document:
    """Return an event; values that are not there are left out, and all others are of the types declared."""
    attributes = [
        {"name": one, "value": value if one == "version" else str(value)}
        for one, value in values.items()
        if value is not None
    ]
    relations = [{"objectId": _name(of, one), "qualifier": how} for of, one, how in related if one]
    return {"id": name, "type": kind, "time": _time(at), "attributes": attributes, "relationships": relations}


# Objects


def _objects(case: Case, known: set[str]) -> Iterator[Document]:
    """Yield the objects that a case is the first to need; ``known`` has those of which there are few."""
    journey = case.journey
    if case.new and case.begins:
        yield _object("customer", journey.customer)
    few = [("channel", entry.channel) for entry in case.entries] + [("channel", journey.channel)]
    for item in case.items:
        few += [("queue", item.queue), ("agent", item.agent)]
    for kind, name in few:
        if name and (full := _name(kind, name)) not in known:
            known.add(full)
            yield _object(kind, name)
    if case.begins:
        yield _journey(journey, case.items)
        yield from map(_item, case.items)


def _journey(journey: Journey, items: Any) -> Document:
    """Return a journey as an object."""
    related = [("customer", journey.customer, "of"), *(("work item", item.id, "asked for") for item in items)]
    thing = _object("journey", journey.id, related)
    thing["attributes"] = [
        {"name": "intent", "time": _time(journey.started), "value": journey.intent},
        {"name": "started", "time": _time(journey.started), "value": _time(journey.started)},
        {"name": "state", "time": _time(journey.updated), "value": journey.state},
        {"name": "channel", "time": _time(journey.updated), "value": journey.channel},
    ]
    return thing


def _item(item: Item) -> Document:
    """Return a work item as an object."""
    thing = _object("work item", item.id, [("queue", item.queue, "in")])
    thing["attributes"] = [
        {"name": "priority", "time": _time(item.entered), "value": item.priority},
        {"name": "state", "time": _time(item.changed), "value": item.state},
    ]
    return thing


def _object(kind: str, name: str, related: Any = ()) -> Document:
    """Return an object without attributes."""
    relations = [{"objectId": _name(of, one), "qualifier": how} for of, one, how in related]
    return {"id": _name(kind, name), "type": kind, "attributes": [], "relationships": relations}


def _name(kind: str, name: str) -> str:
    """Return an identifier that no object of another type has."""
    return f"{kind}:{name}"


def _time(seconds: float) -> str:
    """Return an instant as ISO 8601 writes it, in UTC."""
    seconds = min(seconds, NEVER / 1e5)
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _said(time: str) -> str:
    """Return when a client says that it was: a time, or seconds on its own clock."""
    return str(json.loads(time))
