"""JSON schemas of what is sent and answered, for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.http import body
from orchestrator.http.schemas import NAME, PAGE, TIME, nullable, objects, query
from orchestrator.queues.models import INTERVALS, LONGEST_LEASE, LONGEST_WAIT, MOST, PRESENCES
from routing import policies

__all__ = [
    "AFTER", "AGENT", "AGENT_BODY", "AGENT_STATISTICS", "EXTEND_BODY", "ITEM", "ITEM_BODY", "PRESENCE_BODY", "QUEUE",
    "QUEUE_BODY", "QUEUE_STATISTICS", "RESERVATION", "SETTLE_BODY", "SPAN", "STATE", "STATISTICS", "WAIT",
]  # fmt: skip

Schema = Mapping[str, Any]

_STATES = ("waiting", "reserved", "serving", "completed", "abandoned")


def _number(low: float, high: float, **more: Any) -> dict[str, Any]:
    return {"type": "number", "minimum": low, "maximum": high, **more}


def _count(low: int, high: int, **more: Any) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high, **more}


_NAME: Schema = {"type": "string", "pattern": body.NAME}
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
    "state": {"enum": list(_STATES)},
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
    **{name: {"type": "integer"} for name in ("entered", *_STATES, "agents_available", "agents_busy")},
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
STATE: Final = (query("state", {"enum": list(_STATES)}, "Only items in this state."),)
