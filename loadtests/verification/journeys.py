"""Verification of journeys: what the endpoint has stored of each, beside what it acknowledged.

What was sent without an answer may be stored or not, at any later place: that is what "unknown" means.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from loadtests.contract.calls import MissingValueError
from loadtests.contract.expressions import MISSING
from loadtests.contract.vocabulary import ACKNOWLEDGED, Verb
from loadtests.trace.request_inputs import CANARY, PATCHING, canary_of, customer_of, id_of, patch_of
from loadtests.verification.findings import Finding
from loadtests.verification.read_back import NotFoundError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loadtests.contract.schema import Readback
    from loadtests.ledger import Ledger
    from loadtests.trace.model import Trace
    from loadtests.verification.read_back import Reader

__all__ = ["SentJourney", "SentRequest", "StoredJourney", "check_journey", "check_listing", "read_journey", "sent_in"]

_CANARY: Final = re.compile(re.escape(CANARY) + "[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One request, as the ledger has it."""

    id: str
    verb: Verb
    acknowledged: bool
    patch: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SentJourney:
    """All requests that were sent for one journey, in order."""

    customer: str
    canary: str
    requests: tuple[SentRequest, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict)  # of the endpoint's answers

    @property
    def acknowledged(self) -> list[SentRequest]:
        """Return the acknowledged requests; without any, the endpoint may have nothing of the journey."""
        return [request for request in self.requests if request.acknowledged]


@dataclass(frozen=True, slots=True)
class StoredJourney:
    """One journey as the endpoint has stored it; ``None`` or ``MISSING`` = cannot be read back."""

    history: list[str] | None
    context: Any = MISSING
    state: Any = MISSING
    text: str = ""


def sent_in(trace: Trace, ledger: Ledger, run: str) -> list[SentJourney]:
    """Return the journeys of a run with the requests that were sent; the best of a request's answers counts."""
    rows = {key: row for row, key in enumerate(zip(trace.journey.tolist(), trace.seq.tolist(), strict=True))}
    journeys: dict[int, list[SentRequest]] = defaultdict(list)
    for (journey, seq), answer in sorted(ledger.answers.items()):
        if journey >= trace.journeys:
            break  # agents come last
        row = rows[journey, seq]
        verb = Verb(trace.verb.item(row))
        patch = patch_of(trace, run, row) if verb in PATCHING else {}
        request_id = id_of(run, trace.customer.item(journey), seq)
        journeys[journey].append(SentRequest(request_id, verb, answer in ACKNOWLEDGED, patch))
    return [
        SentJourney(
            customer_of(run, trace.customer.item(journey)),
            canary_of(run, trace.customer.item(journey)),
            tuple(requests),
            ledger.outputs.get(journey, {}),
        )
        for journey, requests in journeys.items()
    ]


def read_journey(readback: Readback, reader: Reader, sent: SentJourney) -> list[Finding] | None:
    """Read a journey back and check it; return ``None`` if the endpoint gave no answer."""
    shows = readback.history.shows if readback.history else frozenset()
    states = readback.view.states if readback.view else {}
    try:
        history, text = reader.history(sent.outputs, sent.customer) if readback.history else (None, "")
        stored = StoredJourney(history, text=text)
        if readback.view is not None:
            view = reader.view(sent.outputs, sent.customer)
            stored = StoredJourney(history, view.context, view.state, text + "\n" + view.text)
    except (UnreadableError, MissingValueError):
        return None
    except NotFoundError:
        return [Finding("lost", sent.customer, f"{request.id}, and its journey") for request in sent.acknowledged]
    return list(check_journey(sent, stored, shows, states))


def check_journey(
    sent: SentJourney, stored: StoredJourney, shows: frozenset[str], states: Mapping[str, str]
) -> Iterator[Finding]:
    """Compare one journey with the requests that were sent.

    Parameters
    ----------
    sent, stored
        The journey as it was sent, and as the endpoint has stored it.
    shows
        The verbs that appear in a history.
    states
        The state after a verb.
    """
    for check, details in (
        *_history_findings(sent, stored, shows),
        ("context_wrong", _context_findings(sent, stored)),
        ("lost", _state_findings(sent, stored, shows, states)),
        ("leak", sorted(set(_CANARY.findall(stored.text)) - {sent.canary})),
    ):
        for detail in details:
            yield Finding(check, sent.customer, detail)


def _history_findings(
    sent: SentJourney, stored: StoredJourney, shows: frozenset[str]
) -> Iterator[tuple[str, list[str]]]:
    """Compare the history, if the endpoint has one."""
    if stored.history is None:
        return
    counts = Counter(stored.history)
    visible = [request.id for request in sent.acknowledged if request.verb.name.lower() in shows]
    known = {request.id for request in sent.requests}
    yield "lost", [name for name in visible if name not in counts]
    yield "phantom", [name for name in counts if name not in known]
    yield "duplicate", [name for name, count in counts.items() if count > 1 and name in known]
    position = {name: i for i, name in enumerate(stored.history)}
    unique = [name for name in visible if counts[name] == 1]
    yield "out_of_order", [f"{a} after {b}" for a, b in pairwise(unique) if position[a] > position[b]]


def _context_findings(sent: SentJourney, stored: StoredJourney) -> list[str]:
    """Compare the context: each value comes from the last acknowledged change of its key, or from an unknown one."""
    if stored.context is MISSING:
        return []
    if not isinstance(stored.context, dict):
        return [f"the context is {stored.context!r}"]
    right: dict[str, list[Any]] = defaultdict(list)
    for request in sent.acknowledged:
        for key, value in request.patch.items():
            right[key] = [value]
    acknowledged = set(right)
    for request in sent.requests:
        if not request.acknowledged:
            for key, value in request.patch.items():
                right[key].append(value)
    wrong = [
        f"{key} is {value!r}, acknowledged was {' or '.join(map(repr, right[key])) or 'nothing'}"
        for key, value in stored.context.items()
        if value not in right[key]
    ]
    return wrong + [f"{key} is missing" for key in sorted(acknowledged - set(stored.context))]


def _state_findings(
    sent: SentJourney, stored: StoredJourney, shows: frozenset[str], states: Mapping[str, str]
) -> list[str]:
    """Compare the state, unless the history already shows that the last request is lost."""
    moving = [request for request in sent.requests if request.verb.name.lower() in states]
    if stored.state is MISSING or not moving or not moving[-1].acknowledged:
        return []
    last = moving[-1]
    if stored.history is not None and last.verb.name.lower() in shows and last.id not in stored.history:
        return []
    wanted = states[last.verb.name.lower()]
    return [] if stored.state == wanted else [f"{last.id}: the state is {stored.state}, not {wanted}"]


def check_listing(listing: Iterator[tuple[str, str]], sent: list[SentJourney]) -> Iterator[Finding]:
    """Find journeys that nobody started, and journeys that were started twice."""
    started = {journey.customer: journey for journey in sent}
    counts: Counter[str] = Counter()
    for customer, journey in listing:
        counts[customer] += 1
        if customer not in started:
            yield Finding("phantom", customer, f"journey {journey}, which nobody started")
        elif counts[customer] == 2:
            known = sorted(map(str, started[customer].outputs.values()))
            yield Finding("duplicate", customer, f"journey {journey} beside {known}")
