"""Request models of queues, agents, and items: the commands that requests ask for, and the JSON schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.json_codec import write
from orchestrator.core.problems import invalid
from orchestrator.core.request import Request
from orchestrator.http.body import NAME as NAME_PATTERN
from orchestrator.http.body import Body, name_in_path
from orchestrator.http.schemas import NAME, PAGE, TIME, nullable, objects, query
from orchestrator.queues.commands import (
    Abandon,
    Enter,
    PutAgent,
    PutQueue,
    Reserve,
    SetPresence,
    Settle,
    Verb,
)  # fmt: skip
from orchestrator.queues.rows import AVAILABLE, AWAY, OFFLINE, STATES
from routing import policies

__all__ = [
    "AFTER", "AGENT", "AGENT_BODY", "AGENT_STATISTICS", "EXTEND_BODY", "INTERVALS", "ITEM", "ITEM_BODY",
    "LARGEST_DATA", "LONGEST_LEASE", "LONGEST_WAIT", "MOST", "PRESENCES", "PRESENCE_BODY", "QUEUE", "QUEUE_BODY",
    "QUEUE_STATISTICS", "RESERVATION", "SETTLE_BODY", "SPAN", "STATE", "STATISTICS", "WAIT", "abandon", "enter",
    "put_agent", "put_queue", "reserve", "set_presence", "settle",
]  # fmt: skip

Schema = Mapping[str, Any]

MOST = 100
"""Queues, skills, or channels that one list may name."""

LARGEST_DATA = 8 * 1024
LONGEST_WAIT = 60.0
"""Seconds that a request for work may wait."""

LONGEST_LEASE = 86400.0
INTERVALS = (1800, 900, 3600)
PRESENCES = (AVAILABLE, AWAY, OFFLINE)
_PRIORITIES = 0, 1000
_FACTORS = 0.01, 100.0


def _number(low: float, high: float, **more: Any) -> dict[str, Any]:
    return {"type": "number", "minimum": low, "maximum": high, **more}


def _count(low: int, high: int, **more: Any) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high, **more}


_NAME: Schema = {"type": "string", "pattern": NAME_PATTERN}
_NAMES: Schema = {"type": "array", "items": _NAME, "maxItems": MOST, "uniqueItems": True}
_SHARE: Schema = {"type": ["number", "null"]}


def _named(value: Schema) -> dict[str, Any]:
    """Return the schema of an object whose members are names."""
    return {"type": "object", "maxProperties": MOST, "propertyNames": _NAME, "additionalProperties": value}


_QUEUE: Schema = {
    "channel": {**_NAME, "default": "voice"},
    "policy": {"enum": list(policies()), "default": "priority"},
    "priority": _count(0, 1000, default=0, description="Of its items that have none of their own; 0 is served first."),
    "weight": _number(0.001, 1e6, default=1, description="Of a second waited, for the policy weighted_wait."),
    "skills": {**_NAMES, "description": "That an agent must have."},
    "capacity": nullable(_count(0, 10**9, description="So many may wait; more are refused.")),
    "within": _number(0, 1e9, default=20, description="Seconds; who is answered within them is answered in time."),
    "target": _number(0, 1, default=0.8, description="The share that is to be answered in time."),
    "short_abandon": _number(0, 1e6, default=0, description="Abandonments sooner than this count in no rate."),
    "interval": {"enum": list(INTERVALS), "default": INTERVALS[0], "description": "Seconds of a reporting interval."},
    "lease": _number(0.1, LONGEST_LEASE, default=30, description="Seconds in which an agent is to accept."),
    "hold": _number(0.1, LONGEST_LEASE, default=3600, description="Seconds in which to complete, or extend."),
}
_OVERFLOW: Final = objects({"queue": _NAME}, {"after": _number(0, 1e9, default=0)})
_OVERFLOWS: Schema = {"type": "array", "items": _OVERFLOW, "maxItems": MOST}

QUEUE_BODY: Final = objects({}, {"name": _NAME, **_QUEUE, "overflow": _OVERFLOWS})
QUEUE: Final = objects({"name": _NAME, **_QUEUE, "overflow": _OVERFLOWS})

ITEM_BODY: Final = objects(
    {},
    {
        "journey": {**NAME, "description": "Whose history is to tell of it, and whose context the agent gets."},
        "customer": {**NAME, "description": "Taken from the journey, where there is one."},
        "skills": {**_NAMES, "description": "That an agent must have beside those that the queue wants."},
        "priority": nullable(_count(0, 1000, description="0 is served first; the queue's, if not given.")),
        "data": {"type": "object", "description": "Whatever the agent should see."},
    },
)
_ITEM: Schema = {
    "id": {"type": "string"},
    "queue": _NAME,
    "state": {"enum": list(STATES)},
    "journey": {"type": ["string", "null"]},
    "customer": {"type": ["string", "null"]},
    "skills": _NAMES,
    "priority": {"type": "integer"},
    "entered": {**TIME, "description": "When it first came into the queue."},
    "changed": TIME,
    "agent": {"type": ["string", "null"]},
    "token": {"type": "integer", "description": "Of the last reservation; greater than all before."},
    "until": {**nullable(TIME), "description": "When the agent's lease ends."},
    "data": {"type": "object"},
}
ITEM: Final = objects(_ITEM)
RESERVATION: Final = objects(
    {**_ITEM, "context": {"type": ["object", "null"], "description": "Of the journey, as it is now."}}
)

_TOKEN: Final = _count(0, 10**15)
SETTLE_BODY: Final = objects({"agent": NAME, "token": _TOKEN})
EXTEND_BODY: Final = objects({"agent": NAME, "token": _TOKEN}, {"seconds": _number(0.1, LONGEST_LEASE)})

_SKILLS: Final = _named(_number(0.01, 100, description="Factor on the handling time: 0.8 is faster, 1.2 slower."))
_CAPACITY: Final = _named({"type": "integer", "minimum": 0, "maximum": 1000})
_RANKS: Final = _named(_number(0, 1000))
_SERVES: Schema = {"anyOf": [_NAMES, _RANKS], "description": "Queues, most urgent first; or queue to rank, 0 is first."}
AGENT_BODY: Final = objects(
    {"serves": _SERVES},
    {
        "skills": _SKILLS,
        "capacity": {**_CAPACITY, "default": {"voice": 1}, "description": "Items at once, by channel."},
        "blend": {"type": "boolean", "default": False, "description": "Whether items of several channels at once."},
    },
)
AGENT: Final = objects(
    {
        "id": _NAME,
        "presence": {"enum": list(PRESENCES)},
        "since": TIME,
        "serves": {"type": "array", "items": objects({"queue": _NAME, "rank": {"type": "number"}})},
        "skills": _SKILLS,
        "capacity": _CAPACITY,
        "blend": {"type": "boolean"},
        "holds": {"type": "array", "items": ITEM},
    }
)
PRESENCE_BODY: Final = objects({"presence": {"enum": list(PRESENCES)}})

_COUNTED: Final = ("offered", "answered", "abandoned", "short_abandoned", "blocked", "completed")
_MEANS: Final = ("asa", "mean_wait_abandoned", "abandonment_rate", "handling_time", "occupancy")
_LEVELS: Final = (
    *("service_level", "service_level_with_abandoned"),
    *("service_level_of_offered", "service_level_of_answered"),
)
_KPIS: Schema = {
    **{name: {"type": "integer"} for name in _COUNTED},
    **dict.fromkeys((*_MEANS, *_LEVELS, *(f"{name}_per_customer" for name in _LEVELS)), _SHARE),
}
_NOW: Schema = {
    **{name: {"type": "integer"} for name in ("entered", *STATES, "agents_available", "agents_busy")},
    "oldest": {**_SHARE, "description": "Seconds that the oldest has waited."},
    "last_wait": {"type": "number", "description": "Seconds waited by who was answered last."},
}
_STATISTICS: Schema = {
    "queue": _NAME,
    "within": {"type": "number"},
    "target": {"type": "number"},
    "from": TIME,
    "to": TIME,
    "now": objects(_NOW),
    "all": objects(_KPIS),
}
STATISTICS: Final = objects(_STATISTICS)
QUEUE_STATISTICS: Final = objects(
    {**_STATISTICS, "intervals": {"type": "array", "items": objects({"began": TIME, **_KPIS})}}
)
AGENT_STATISTICS: Final = objects(
    {
        "agent": _NAME,
        "from": TIME,
        "to": TIME,
        "present": {"type": "number"},
        "busy": {"type": "number"},
        "occupancy": _SHARE,
    }
)

WAIT: Final = (query("wait", _number(0, LONGEST_WAIT, default=0), "Seconds to wait for work."),)
SPAN: Final = (
    query("from", TIME, "Intervals that begin at this time or later; a day before the end, if not given."),
    query("to", TIME, "Intervals that begin before this time; now, if not given."),
)
AFTER: Final = (*PAGE, query("after", {"type": "string"}, "Where the page begins: the last page's next."))
STATE: Final = (query("state", {"enum": list(STATES)}, "Only items in this state."),)


def put_queue(request: Request) -> PutQueue:
    """Read how a queue is to be run."""
    body = Body(request.json("application/json"))
    body.only(
        "name", "channel", "policy", "priority", "weight", "skills", "capacity", "within", "target", "short_abandon",
        "interval", "lease", "hold", "overflow",
    )  # fmt: skip
    name = name_in_path(request.names, "queue")
    if body.members.get("name", name) != name:
        body.wrong("name", f'is not "{name}", as the path says; leave it out')
    command = PutQueue(
        request.tenant, name, body.name("channel", "voice"), body.choice("policy", tuple(policies()), "priority"),
        body.count("priority", *_PRIORITIES, 0), body.number("weight", 1.0, 0.001, 1e6), body.names("skills", MOST),
        body.maybe_count("capacity", 0, 10**9), body.number("within", 20.0, 0.0, 1e9),
        body.number("target", 0.8, 0.0, 1.0), body.number("short_abandon", 0.0, 0.0, 1e6),
        float(body.choice("interval", INTERVALS, INTERVALS[0])), body.number("lease", 30.0, 0.1, LONGEST_LEASE),
        body.number("hold", 3600.0, 0.1, LONGEST_LEASE), _overflow(body, name),
    )  # fmt: skip
    body.check()
    return command


def _overflow(body: Body, name: str) -> tuple[tuple[str, float], ...]:
    """Read the queues to which another overflows."""
    found: list[tuple[str, float]] = []
    for one in body.objects("overflow", MOST):
        one.only("queue", "after")
        target = one.name("queue")
        if target == name or target in dict(found):
            one.wrong("queue", f'is "{target}"; other queues are needed, each once')
        found.append((target, one.number("after", 0.0, 0.0, 1e9)))
        body.errors.extend(one.errors)
    return tuple(found)


def enter(request: Request) -> Enter:
    """Read who enters a queue."""
    key = request.key()
    body = Body(request.json("application/json"))
    body.only("journey", "customer", "skills", "priority", "data")
    command = Enter(
        request.tenant, key, request.names["queue"], body.maybe_text("journey") or "",
        body.maybe_text("customer") or "", body.names("skills", MOST), body.maybe_count("priority", *_PRIORITIES),
        write(body.document("data", LARGEST_DATA)),
    )  # fmt: skip
    body.check()
    return command


def abandon(request: Request) -> Abandon:
    """Read which item is left."""
    return Abandon(request.tenant, request.names["item"])


def put_agent(request: Request) -> PutAgent:
    """Read what an agent can do."""
    body = Body(request.json("application/json"))
    body.only("serves", "skills", "capacity", "blend")
    agent = name_in_path(request.names, "agent")
    capacity = body.numbers("capacity", 0, 1000, MOST) if "capacity" in body.members else {"voice": 1}
    for channel, places in capacity.items():
        if places != int(places):
            body.wrong(f"capacity/{channel}", f"is {places}; a whole number is needed")
    command = PutAgent(
        request.tenant, agent, _serves(body), body.numbers("skills", *_FACTORS, MOST),
        {channel: int(places) for channel, places in capacity.items()}, body.flag("blend"),
    )  # fmt: skip
    body.check()
    return command


def _serves(body: Body) -> tuple[tuple[str, float], ...]:
    """Read which queues an agent serves: a list, most urgent first, or an object with ranks."""
    if "serves" not in body.members:
        body.wrong("serves", "is missing; a list of queues, or an object of queues with ranks is needed")
    if isinstance(body.members.get("serves"), dict):
        return tuple(body.numbers("serves", 0.0, 1000.0, MOST).items())
    return tuple((name, float(rank)) for rank, name in enumerate(body.names("serves", MOST)))


def set_presence(request: Request) -> SetPresence:
    """Read whether an agent is there."""
    body = Body(request.json("application/json"))
    body.only("presence")
    command = SetPresence(request.tenant, request.names["agent"], body.choice("presence", PRESENCES))
    body.check()
    return command


def reserve(request: Request) -> Reserve:
    """Read for how long an agent waits for work."""
    given = request.parameters().get("wait", "0")
    try:
        wait = float(given)
    except ValueError:
        wait = -1.0
    if not 0.0 <= wait <= LONGEST_WAIT:
        raise invalid([("wait", f'is "{given[:40]}"; seconds from 0 to {LONGEST_WAIT:g} are needed')])
    return Reserve(request.tenant, request.names["agent"], wait)


def settle(request: Request, verb: Verb) -> Settle:
    """Read who settles which reservation."""
    body = Body(request.json("application/json"))
    body.only("agent", "token", *(["seconds"] if verb is Verb.EXTEND else []))
    seconds = body.number("seconds", 0.0, 0.1, LONGEST_LEASE) if "seconds" in body.members else None
    command = Settle(
        request.tenant, request.names["item"], verb, body.text("agent"), body.count("token", 0, 10**15), seconds,
    )  # fmt: skip
    body.check()
    return command
