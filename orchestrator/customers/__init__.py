"""Customers: their names, merged when they turn out to be one person's, and what is known of them."""

from orchestrator.customers.commands import Identify, identify, identify_needs, read_identify
from orchestrator.customers.identities import Identity, Merged
from orchestrator.http.schemas import KEY, NAME, TIME, nullable, objects
from orchestrator.journeys.schemas import JOURNEY
from orchestrator.monitoring.customer_answers import answers
from orchestrator.service.feature import Part, Route, asks, shows

__all__ = ["PART"]

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_PERSON = objects({"customer": _TEXT, "identities": _TEXTS})
_MERGE = objects({"id": _TEXT, "at": TIME, "reason": nullable(_TEXT), "identities": _TEXTS, "with": _TEXTS})
_TOUCHPOINT = objects({
    "journey": _TEXT, "intent": _TEXT, "version": {"type": "integer"}, "type": _TEXT, "channel": _TEXT,
    "step": nullable(_TEXT), "at": TIME,
})  # fmt: skip
_NEXT = objects({
    "journey": _TEXT, "intent": _TEXT, "because": {"enum": ["work", "rule", "state"]}, "next": {"type": "object"},
})  # fmt: skip
_ANSWERS = objects({
    "who": objects({"customer": _TEXT, "identities": _TEXTS, "merges": {"type": "array", "items": _MERGE}}),
    "how": objects({"touchpoints": {"type": "array", "items": _TOUCHPOINT}}),
    "what": objects({"journeys": {"type": "array", "items": JOURNEY}}),
    "where": {"type": "array", "items": _NEXT},
})  # fmt: skip

PART = Part(
    tables=(Identity, Merged),
    commands={Identify: identify},
    needs={Identify: identify_needs},
    routes=(
        Route(
            "POST", "/v1/customers/{customer}/identities", asks(read_identify),
            "Say that a name belongs to this customer; both histories stay, and are found by any name.",
            {"application/json": objects({"identity": NAME}, {"reason": NAME})},
            {200: ("They were one already.", _PERSON), 201: ("They are one now.", _PERSON)},
            (KEY,), ("invalid", "malformed", "media-type", "key-reused", "too-large"),
        ),
        Route(
            "GET", "/v1/customers/{customer}/answers", shows(answers),
            "Answer who this is, how they came so far, what they want now, and where they go next.",
            answers={200: ("The four answers.", _ANSWERS)}, problems=("unknown",),
        ),
    ),
)  # fmt: skip
