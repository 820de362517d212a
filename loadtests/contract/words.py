"""The closed vocabulary of the load side: what a journey asks for, what a template may look up, how a request ended."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

__all__ = ["ACKNOWLEDGED", "INPUTS", "READ_INPUTS", "REQUIRED", "RETRYABLE", "Class", "Verb"]


class Verb(IntEnum):
    """What a journey, or an agent, asks an endpoint to do."""

    START = 0
    EVENT = 1
    DECIDE = 2
    PAUSE = 3
    RESUME = 4
    ENQUEUE = 5
    ABANDON = 6
    CONTEXT = 7
    NOTIFY = 8
    COMPLETE = 9
    READY = 10
    ACCEPT = 11
    DONE = 12


class Class(IntEnum):
    """How one attempt ended."""

    OK = 0  # acknowledged
    DUPLICATE = 1  # acknowledged: had been applied before
    REFUSED = 2  # no connection, or it broke before an answer came
    TIMEOUT = 3  # no answer in time
    OVERLOAD = 4  # 429 or 503
    CLIENT_ERROR = 5  # another 4xx
    SERVER_ERROR = 6  # another 5xx
    WRONG_ANSWER = 7  # an answer that does not meet the contract's success criteria
    UNKNOWN = 8  # sent, and the generator ended before an answer came
    NOT_SENT = 9  # needs a value (say, the journey's id) that the endpoint never gave


ACKNOWLEDGED: Final = frozenset({Class.OK, Class.DUPLICATE})
RETRYABLE: Final = frozenset({Class.REFUSED, Class.TIMEOUT, Class.OVERLOAD, Class.SERVER_ERROR, Class.WRONG_ANSWER})
REQUIRED: Final = frozenset({Verb.START})

INPUTS: Final = {
    "run": "the run's token, so that two runs on one endpoint do not meet",
    "id": "<run>-<customer>-<seq>: the same for every attempt; an event's id, an Idempotency-Key",
    "customer": "<run>-<customer>",
    "intent": "why the customer comes",
    "channel": "where the customer is; on resume, where they come back",
    "step": "the step of the journey",
    "type": "what happened, e.g. contact.queued",
    "outcome": "how the journey ended (complete only)",
    "seq": "1, 2 ... within the journey",
    "at": "simulated seconds since midnight of the first day",
    "time": "the same as RFC 3339, counted from 1970-01-01",
    "context": "what is to be merged into the journey's context",
    "canary": "the journey's own token; in anybody else's context it is a leak",
}

READ_INPUTS: Final = {
    "run": INPUTS["run"],
    "customer": INPUTS["customer"],
    "cursor": "the page that comes next, as the last page named it",
}
