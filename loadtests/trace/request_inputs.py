"""Inputs of a request's template, derived from the trace's row and the run's token.

Nothing in them is random, so every attempt of a request is the same, and the verification can derive it again.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from hashlib import blake2b
from math import floor
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from loadtests.contract.vocabulary import INPUTS, Verb
from loadtests.trace.model import OUTCOME_NAMES, TYPES

if TYPE_CHECKING:
    from loadtests.trace.model import Trace

__all__ = [
    "CANARY",
    "LONGEST_WAIT",
    "PATCHING",
    "agent_of",
    "canary_of",
    "customer_of",
    "id_of",
    "inputs_of",
    "patch_of",
    "queue_of",
    "setup_of_agent",
    "setup_of_queue",
    "trace_context",
    "trace_prefix",
    "utc",
]

CANARY: Final = "canary-"
"""The prefix of every canary, by which canaries are found in answers."""

PATCHING: Final = frozenset({Verb.START, Verb.EVENT})
"""The verbs whose requests carry a context to be merged."""

LONGEST_WAIT: Final = 1.0
"""Seconds for which a punctual agent waits for a contact, until the customer's requests are done."""

_WITHIN: Final = 20.0
"""Simulated seconds: the acceptable wait of a queue whose own is not known, as in older traces."""
_TARGET: Final = 0.8
"""Its wanted service level."""
_NOTHING: Final = dict.fromkeys(INPUTS)
_READY: Final = int(Verb.READY)
_EPOCH: Final = date(1970, 1, 1).toordinal()


def customer_of(run: str, customer: int) -> str:
    """Return a customer's name at the endpoint."""
    return f"{run}-{customer}"


def trace_prefix(run: str) -> str:
    """Return what the W3C trace ids of a run's journeys begin with."""
    return blake2b(run.encode(), digest_size=12).hexdigest()


def trace_context(prefix: str, journey: int, seq: int, attempt: int) -> str:
    """Return the W3C ``traceparent`` of an attempt: one trace per journey or agent, one span per attempt.

    Parameters
    ----------
    prefix
        Of the run, as `trace_prefix` makes it.
    journey, seq, attempt
        As in the ledger, so a trace of the endpoint is found from a row of ``ledger.parquet``, and the other way round.
    """
    return f"00-{prefix}{journey:08x}-{seq:012x}{attempt:04x}-01"


def queue_of(trace: Trace, run: str, queue: int) -> str:
    """Return a queue's name at the endpoint; each run has queues of its own."""
    return f"{run}-{trace.queues[queue]}"


def agent_of(trace: Trace, run: str, agent: int) -> str:
    """Return an agent's name at the endpoint; an agent with several contacts at once has several names."""
    group, number, slot = (column.item(agent) for column in (trace.agent_group, trace.agent_number, trace.agent_place))
    return f"{run}-{trace.groups[group]}-{number}" + (f".{slot}" if slot else "")


def id_of(run: str, customer: int, seq: int) -> str:
    """Return the id of one request, the same for each of its attempts."""
    return f"{run}-{customer}-{seq}"


def canary_of(run: str, customer: int) -> str:
    """Return the token that may appear only in this customer's journey."""
    return _canary(customer_of(run, customer))


def _canary(name: str) -> str:
    return CANARY + blake2b(name.encode(), digest_size=8).hexdigest()


def patch_of(trace: Trace, run: str, row: int) -> dict[str, Any]:
    """Return the context that a row merges into the journey's.

    Parameters
    ----------
    trace
        The trace.
    run
        The run's token.
    row
        The row.

    Returns
    -------
    dict[str, Any]
        A JSON merge patch.
    """
    return _patch(trace, row, canary_of(run, trace.customer.item(trace.journey.item(row))))


def _patch(trace: Trace, row: int, canary: str) -> dict[str, Any]:
    return {
        "canary": canary,
        "last_step": trace.steps[trace.step.item(row)],
        "channel": trace.channels[trace.channel.item(row)],
        "contacts": trace.contacts.item(row),
    }


def inputs_of(trace: Trace, run: str, row: int) -> dict[str, Any]:
    """Return ``$inputs`` for one row.

    Parameters
    ----------
    trace
        The trace.
    run
        The run's token.
    row
        The row.

    Returns
    -------
    dict[str, Any]
        Exactly the names in ``contract.INPUTS``; ``None`` where one does not apply.
    """
    # Look-ups by ``item`` and one dictionary: this is done for every request, and is not to make the next one late.
    journey, seq, at = trace.journey.item(row), trace.seq.item(row), trace.offset + trace.due.item(row)
    of_row = _of_journey if journey < trace.journeys else _of_agent
    inputs = of_row(trace, run, row, journey, seq)
    inputs["run"], inputs["seq"], inputs["at"] = run, seq, at
    inputs["time"] = utc(trace.epoch + at)
    return inputs


def utc(instant: float) -> str:
    """Return seconds since 1970 as ISO 8601 to the millisecond, as ``datetime`` does, but in a fifth of the time."""
    second = floor(instant)
    micro = round((instant - second) * 1e6)
    if micro == 1_000_000:
        second, micro = second + 1, 0
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    day, hour = divmod(hour, 24)
    return f"{_date(day)}T{hour:02}:{minute:02}:{second:02}.{micro // 1000:03}+00:00"


@lru_cache(maxsize=16)
def _date(day: int) -> str:
    """Return the date of a day, counted from 1970."""
    return date.fromordinal(_EPOCH + day).isoformat()


def _of_agent(trace: Trace, run: str, row: int, journey: int, seq: int) -> dict[str, Any]:
    """Return the inputs of an agent's row that a journey's has not."""
    agent = journey - trace.journeys
    name = agent_of(trace, run, agent)
    wait = LONGEST_WAIT if trace.verb.item(row) == _READY else None
    group = trace.groups[trace.agent_group.item(agent)]
    return _NOTHING | {"id": f"{name}-{seq}", "agent": name, "group": group, "wait": wait}


def _of_journey(trace: Trace, run: str, row: int, journey: int, seq: int) -> dict[str, Any]:
    """Return the inputs of a journey's row that an agent's has not."""
    customer = customer_of(run, trace.customer.item(journey))
    type_, outcome, queue = trace.type.item(row), trace.outcome.item(row), trace.queue.item(row)
    canary = _canary(customer)
    patch = _patch(trace, row, canary)
    return _NOTHING | {
        "id": f"{customer}-{seq}",
        "customer": customer,
        "intent": trace.intents[trace.intent.item(journey)],
        "channel": patch["channel"],
        "step": patch["last_step"],
        "type": TYPES[type_] if type_ >= 0 else None,
        "outcome": OUTCOME_NAMES[outcome] if outcome >= 0 else None,
        "queue": queue_of(trace, run, queue) if queue >= 0 else None,
        "queue_name": trace.queues[queue] if queue >= 0 else None,
        "context": patch if trace.verb.item(row) in PATCHING else None,
        "canary": canary,
    }


def setup_of_queue(trace: Trace, run: str, queue: int, speed: float) -> dict[str, Any]:
    """Return ``$inputs`` for the set-up of a queue, whose acceptable wait passes as fast as everything in the run."""
    known = len(trace.service_within) > 0
    return {
        "run": run,
        "queue": queue_of(trace, run, queue),
        "queue_name": trace.queues[queue],
        "channel": _channel_of(trace, queue),
        "policy": trace.routing[queue],
        "within": (trace.service_within.item(queue) if known else _WITHIN) / speed,
        "target": trace.service_target.item(queue) if known else _TARGET,
    }


def setup_of_agent(trace: Trace, run: str, agent: int) -> dict[str, Any]:
    """Return ``$inputs`` for the set-up of an agent."""
    group = trace.agent_group.item(agent)
    ranks = trace.serves[group]
    served = [queue for queue in np.argsort(ranks, kind="stable").tolist() if not np.isnan(ranks[queue])]
    return {
        "run": run,
        "agent": agent_of(trace, run, agent),
        "group": trace.groups[group],
        "serves": {queue_of(trace, run, queue): ranks.item(queue) for queue in served},
        "capacity": {channel: 1 for queue in served if (channel := _channel_of(trace, queue)) is not None},
    }


def _channel_of(trace: Trace, queue: int) -> str | None:
    """Return a queue's channel; ``None`` if no step uses the queue."""
    channel = trace.queue_channel.item(queue)
    return trace.channels[channel] if channel >= 0 else None
