"""Vocabulary of the load tests: verbs, the inputs of a template, and the classes of answers."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

__all__ = [
    "ACKNOWLEDGED",
    "AGENTS",
    "INPUTS",
    "READ_INPUTS",
    "RENEWED",
    "RETRYABLE",
    "SETUP_INPUTS",
    "UNSENT",
    "AnswerClass",
    "Verb",
]


class Verb(IntEnum):
    """A request of a journey, or of an agent, to an endpoint."""

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


class AnswerClass(IntEnum):
    """The end of one attempt."""

    OK = 0  # acknowledged
    DUPLICATE = 1  # acknowledged: had been applied before
    REFUSED = 2  # no connection, or it broke before the answer was complete
    TIMEOUT = 3  # no answer in time
    OVERLOAD = 4  # 429 or 503
    CLIENT_ERROR = 5  # another 4xx
    SERVER_ERROR = 6  # another 5xx
    WRONG_ANSWER = 7  # an answer that does not meet the contract's success criteria
    UNKNOWN = 8  # sent, and the run or the generator ended before an answer came
    NOT_SENT = 9  # needs a value (say, the journey's id) that the endpoint never gave
    NOTHING = 10  # acknowledged: there was nothing to do, e.g. no work for an agent who was ready
    HELD = 11  # not sent: when the run ended, an earlier request had no answer, or all connections waited for one


ACKNOWLEDGED: Final = frozenset({AnswerClass.OK, AnswerClass.DUPLICATE, AnswerClass.NOTHING})
UNSENT: Final = frozenset({AnswerClass.NOT_SENT, AnswerClass.HELD})
RETRYABLE: Final = frozenset(
    {AnswerClass.REFUSED, AnswerClass.TIMEOUT, AnswerClass.OVERLOAD, AnswerClass.SERVER_ERROR, AnswerClass.WRONG_ANSWER}
)
AGENTS: Final = frozenset({Verb.READY, Verb.ACCEPT, Verb.DONE})
"""The verbs of agents; all others are a journey's."""
RENEWED: Final = frozenset({Verb.ENQUEUE, Verb.READY, Verb.ACCEPT})
"""The verbs that begin something new each time: their outputs are forgotten when the next one is sent."""

INPUTS: Final = {
    "run": "the run's token, so that two runs on one endpoint do not meet",
    "id": "<run>-<customer or group and agent>-<seq>: the same for every attempt; an event's id, an Idempotency-Key",
    "customer": "<run>-<customer>",
    "intent": "the customer's reason to come, as the scenario names it",
    "channel": "the customer's channel; on resume, the one on which they come back",
    "step": "the step of the journey",
    "type": "the type of an event, e.g. contact.queued",
    "outcome": "the journey's outcome (complete only)",
    "queue": "<run>-<queue> that the customer enters or leaves (enqueue and abandon only)",
    "queue_name": "the same as the scenario names it, for an endpoint whose queues are there already",
    "agent": "<run>-<group>-<agent> (an agent's verbs only)",
    "group": "the agent's group as the scenario names it",
    "wait": "seconds to wait for a contact: 1, less the time by which the agent is late (ready only)",
    "seq": "1, 2 ... within the journey, or of the agent",
    "at": "simulated seconds since midnight of the first day",
    "time": "the same as RFC 3339; without `run.start`, the first day is 1970-01-01",
    "context": "a JSON merge patch for the journey's context",
    "canary": "the journey's own token; in any other journey's context it is a leak",
}

SETUP_INPUTS: Final = {
    "queue": {
        "run": INPUTS["run"],
        "queue": "<run>-<queue>",
        "queue_name": INPUTS["queue_name"],
        "channel": "the queue's channel",
        "policy": "the queue's routing policy; the scenario's, if the queue has none",
        "within": "the acceptable wait of the queue's service level: the scenario's, divided by the speed",
        "target": "the wanted service level, 0 to 1",
    },
    "agent": {
        "run": INPUTS["run"],
        "agent": "<run>-<group>-<agent>",
        "group": INPUTS["group"],
        "serves": "the agent's queues: <run>-<queue> to its rank, 0 is served first",
        "capacity": "the channels of these queues: each to 1",
    },
}

READ_INPUTS: Final = {
    "run": INPUTS["run"],
    "customer": INPUTS["customer"],
    "queue": "<run>-<queue> (readback.queue only)",
    "cursor": "the next page, as the last page named it",
}
