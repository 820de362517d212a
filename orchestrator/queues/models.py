"""From requests to commands."""

from __future__ import annotations

from urllib.parse import parse_qs

from orchestrator.core.json_codec import write
from orchestrator.core.problems import invalid
from orchestrator.core.request import Request
from orchestrator.http.body import Body, name_in_path
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
from orchestrator.queues.rows import AVAILABLE, AWAY, OFFLINE
from routing import policies

__all__ = [
    "INTERVALS", "LARGEST_DATA", "LONGEST_LEASE", "LONGEST_WAIT", "MOST", "PRESENCES", "abandon", "enter", "put_agent",
    "put_queue", "reserve", "set_presence", "settle",
]  # fmt: skip

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
    given = parse_qs(request.query.decode("latin-1"), keep_blank_values=True).get("wait", ["0"])[-1]
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
