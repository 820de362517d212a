"""Object-centric event log of journeys: OCEL 2.0 in its JSON format.

Berti et al. (2023), *OCEL (Object-Centric Event Log) 2.0 Specification*, https://www.ocel-standard.org/2.0/. The
members of a document have no order. So events are written as they are read, objects go into a temporary file meanwhile,
and the types of both come last. Memory is bounded by the number of types, channels and agents.
"""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import Any, Final

from orchestrator.core.json_codec import Document, write
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.monitoring.exports.case_pages import Case, ItemSteps, Look, Window, cases
from orchestrator.queues.rows import NEVER, Item

__all__ = ["EVENT_ATTRIBUTES", "OBJECT_TYPES", "ocel"]

EVENT_ATTRIBUTES: Final = {"channel": "string", "step": "string", "outcome": "string", "source": "string",
                           "version": "integer", "said": "string"}  # fmt: skip
"""Attributes of a journey's events, with the types of OCEL; ``said`` is the client's own time."""

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
        Of the journeys.
    """
    types: set[str] = set()
    known: set[str] = set()
    steps = ItemSteps()
    with SpooledTemporaryFile(SPOOL) as objects:
        yield b'{"events":['
        comma = b""
        async for case in cases(look, window):
            for thing in _objects(case, known):
                objects.write((b"," if objects.tell() else b"") + write(thing).encode())
            events = list(_events(case, steps))
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
    declared = [{"name": attribute, "type": value_type} for attribute, value_type in attributes.items()]
    return {"name": name, "attributes": declared}


# Events


def _events(case: Case, steps: ItemSteps) -> Iterator[Document]:
    """Yield the events of a case."""
    for entry in case.entries:
        yield _event(entry, case.journey, steps.note(case, entry))
    for item, step, at, agent in steps.others(case):
        related = [
            *_of_item(item, agent),
            ("journey", case.journey.id, "case"),
            ("customer", case.journey.customer, "who"),
        ]
        yield _event_of(f"{item.id}/{step}", f"sojourn.item.{step}", at, {}, related)


def _event(entry: Entry, journey: Journey, item: Item | None) -> Document:
    """Return an entry of a history as an event; one about a work item is related to it, its queue and its agent."""
    data = json.loads(entry.data)
    values = {
        "channel": entry.channel, "step": data.get("step"), "outcome": data.get("outcome"), "source": entry.source,
        "version": entry.version, "said": _said(entry.time),
    }  # fmt: skip
    related = [("journey", journey.id, "case"), ("customer", journey.customer, "who"),
               ("channel", entry.channel, "where")]  # fmt: skip
    if item is not None:
        related += _of_item(item, str(data.get("agent") or ""))
    return _event_of(f"{journey.id}/{entry.version}", entry.type, entry.at, values, related)


def _of_item(item: Item, agent: str) -> list[tuple[str, str, str]]:
    """Return the objects to which a step of a work item is related; a name that is empty is left out."""
    return [("work item", item.id, "item"), ("queue", item.queue, "queue"), ("agent", agent, "resource")]


def _agent_of(entry: Entry) -> str:
    """Return the agent of an entry about a work item; empty if it is about nothing of the kind."""
    if not entry.type.startswith("sojourn.item."):
        return ""
    return str(json.loads(entry.data).get("agent") or "")


def _event_of(name: str, event_type: str, at: float, values: Document, related: list[tuple[str, str, str]]) -> Document:
    """Return an event; missing values are left out, and all others have the declared types."""
    attributes = [
        {"name": attribute, "value": value if attribute == "version" else str(value)}
        for attribute, value in values.items()
        if value is not None
    ]
    return {
        "id": name, "type": event_type, "time": _time(at), "attributes": attributes, "relationships": _links(related),
    }  # fmt: skip


def _links(related: Iterable[tuple[str, str, str]]) -> list[Document]:
    """Return the relations to objects, given by type, name, and qualifier; those without a name are left out."""
    return [
        {"objectId": _name(object_type, name), "qualifier": qualifier}
        for object_type, name, qualifier in related
        if name
    ]


# Objects


def _objects(case: Case, known: set[str]) -> Iterator[Document]:
    """Yield the objects that a case is the first to need; ``known`` collects channels, queues, and agents."""
    journey = case.journey
    if case.new and case.begins:
        yield _object("customer", journey.customer)
    few = [("channel", entry.channel) for entry in case.entries] + [("channel", journey.channel)]
    few += [("agent", agent) for entry in case.entries if (agent := _agent_of(entry))]
    for item in case.items:
        few += [("queue", item.queue), ("agent", item.agent)]
    for object_type, name in few:
        if name and (full := _name(object_type, name)) not in known:
            known.add(full)
            yield _object(object_type, name)
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


def _object(object_type: str, name: str, related: Any = ()) -> Document:
    """Return an object without attributes."""
    return {"id": _name(object_type, name), "type": object_type, "attributes": [], "relationships": _links(related)}


def _name(object_type: str, name: str) -> str:
    """Return an identifier that no object of another type has."""
    return f"{object_type}:{name}"


def _time(seconds: float) -> str:
    """Return an instant as ISO 8601 writes it, in UTC."""
    seconds = min(seconds, NEVER / 1e5)
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _said(time: str) -> str:
    """Return the client's own time: a time, or seconds on its clock."""
    return str(json.loads(time))
