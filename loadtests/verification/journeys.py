"""Compare what an endpoint has with what it acknowledged.

- *lost*: acknowledged, and not there;
- *phantom*: there, and never sent;
- *duplicate*: there more than once;
- *out_of_order*: acknowledged one after the other, and there the other way round;
- *context_wrong*: not what the acknowledged changes give, in their order;
- *leak*: another journey's canary where only this one's may be;
- *unbalanced*: the places of a queue do not add up to what entered it.

What was sent without an answer may be there or not, at any later place: that is what "unknown" means.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from loadtests.contract.calls import Incomplete
from loadtests.contract.expressions import MISSING
from loadtests.contract.vocabulary import ACKNOWLEDGED, Class, Verb
from loadtests.trace.request_inputs import CANARY, PATCHING, canary_of, customer_of, id_of, patch_of
from loadtests.verification.findings import CHECKS, Finding
from loadtests.verification.queues import check_contact, check_entries, work_of
from loadtests.verification.read_back import Gone, Reader, Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from loadtests.contract.schema import Contract, Readback
    from loadtests.ledger import Ledger
    from loadtests.trace.model import Trace
    from loadtests.verification.queues import Contact, Entries, Work

__all__ = ["CHECKS", "Finding", "Found", "Sending", "Sent", "Verification", "check_journey", "verify"]

_EXAMPLES: Final = 10
_THREADS: Final = 4
_CANARY: Final = re.compile(re.escape(CANARY) + "[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Verification:
    """What the endpoint has, beside what it acknowledged."""

    checked: int  # journeys that were read back
    items: int  # contacts in queues that were read back
    acknowledged: int  # requests
    unknown: int  # requests without an answer
    counts: Mapping[str, int]  # by check
    examples: tuple[Finding, ...] = ()  # at most ten of each check
    unread: int = 0  # journeys, contacts and queues about which the endpoint gave no answer
    not_verifiable: tuple[str, ...] = ()  # what the contract does not say how to read back

    @property
    def ok(self) -> bool:
        """Tell whether something was verified, all of it could be, and nothing is wrong."""
        return self.checked > 0 and not (self.not_verifiable or self.unread or any(self.counts.values()))

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in ``load.json``."""
        examples: dict[str, list[str]] = defaultdict(list)
        for finding in self.examples:
            examples[finding.check].append(f"{finding.customer}: {finding.detail}")
        return {
            "ok": self.ok,
            "checked": self.checked,
            "items": self.items,
            "acknowledged": self.acknowledged,
            "unknown": self.unknown,
            **{check: self.counts.get(check, 0) for check in CHECKS},
            "unread": self.unread,
            "not_verifiable": list(self.not_verifiable),
            "examples": dict(examples),
        }


@dataclass(frozen=True, slots=True)
class Sending:
    """One request as the ledger knows it."""

    id: str
    verb: Verb
    acknowledged: bool
    patch: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """All that was sent for one journey, in order."""

    customer: str
    canary: str
    sendings: tuple[Sending, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What the endpoint has of one journey; ``None`` or ``MISSING`` for what cannot be read back."""

    history: list[str] | None
    context: Any = MISSING
    state: Any = MISSING
    text: str = ""


def check_journey(sent: Sent, found: Found, shows: frozenset[str], states: Mapping[str, str]) -> Iterator[Finding]:
    """Compare one journey.

    Parameters
    ----------
    sent
        What was sent.
    found
        What is there.
    shows
        The verbs that appear in a history.
    states
        The state after a verb.

    Yields
    ------
    Finding
        Everything that is wrong.
    """
    for check, details in (
        *_history_findings(sent, found, shows),
        ("context_wrong", _context_findings(sent, found)),
        ("lost", _state_findings(sent, found, shows, states)),
        ("leak", sorted(set(_CANARY.findall(found.text)) - {sent.canary})),
    ):
        for detail in details:
            yield Finding(check, sent.customer, detail)


def _history_findings(sent: Sent, found: Found, shows: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    """Compare the history, if there is one."""
    if found.history is None:
        return
    times = Counter(found.history)
    visible = [s for s in sent.sendings if s.verb.name.lower() in shows]
    known = {s.id for s in sent.sendings}
    yield "lost", [s.id for s in visible if s.acknowledged and s.id not in times]
    yield "phantom", [name for name in times if name not in known]
    yield "duplicate", [name for name, count in times.items() if count > 1 and name in known]
    place = {name: i for i, name in enumerate(found.history)}
    there = [s.id for s in visible if s.acknowledged and times[s.id] == 1]
    yield "out_of_order", [f"{a} after {b}" for a, b in pairwise(there) if place[a] > place[b]]


def _context_findings(sent: Sent, found: Found) -> list[str]:
    """Compare the context: each member must be what the last acknowledged change, or an unknown one, made it."""
    if found.context is MISSING:
        return []
    if not isinstance(found.context, dict):
        return [f"the context is {found.context!r}"]
    right: dict[str, list[Any]] = defaultdict(list)
    for sending in (s for s in sent.sendings if s.acknowledged):
        for key, value in sending.patch.items():
            right[key] = [value]
    firm = set(right)
    for sending in (s for s in sent.sendings if not s.acknowledged):
        for key, value in sending.patch.items():
            right[key].append(value)
    wrong = [
        f"{key} is {found.context[key]!r}, acknowledged was {' or '.join(map(repr, right[key])) or 'nothing'}"
        for key in found.context
        if found.context[key] not in right[key]
    ]
    return wrong + [f"{key} is missing" for key in sorted(firm - set(found.context))]


def _state_findings(sent: Sent, found: Found, shows: frozenset[str], states: Mapping[str, str]) -> list[str]:
    """Compare the state, where the history does not tell already whether the last request was applied."""
    moving = [s for s in sent.sendings if s.verb.name.lower() in states]
    if found.state is MISSING or not moving or not moving[-1].acknowledged:
        return []
    last = moving[-1]
    if found.history is not None and last.verb.name.lower() in shows and last.id not in found.history:
        return []  # found already
    wanted = states[last.verb.name.lower()]
    return [] if found.state == wanted else [f"{last.id}: the state is {found.state}, not {wanted}"]


def verify(trace: Trace, contract: Contract, url: str, ledger: Ledger, run: str) -> Verification:
    """Read an endpoint back and compare it with the ledger.

    Parameters
    ----------
    trace
        What was to be sent.
    contract
        How to read back.
    url
        The endpoint.
    ledger
        What was sent and acknowledged.
    run
        The run's token.

    Returns
    -------
    Verification
        ``ok`` only if everything could be read and is right.
    """
    sent = _sent(trace, ledger, run)
    work = work_of(trace, ledger, run)
    blank = Verification(
        checked=0,
        items=0,
        acknowledged=sum(kind in ACKNOWLEDGED for kind in ledger.answers.values()),
        unknown=int((ledger["kind"] == Class.UNKNOWN).sum()),
        counts={},
        not_verifiable=(*_not_verifiable(contract), *_queues_not_verifiable(contract, work)),
    )
    if contract.readback is None or (contract.readback.history is None and contract.readback.view is None):
        return blank
    with closing(Reader(contract, url, run)) as reader:
        findings, checked, unread = _read_all(contract, reader, sent, ledger)
        at_work, items, unread_work = _read_work(contract.readback, reader, work)
    findings += at_work
    unread += unread_work
    counts = Counter(finding.check for finding in findings)
    examples = tuple(finding for check in CHECKS for finding in [f for f in findings if f.check == check][:_EXAMPLES])
    return replace(
        blank,
        checked=checked,
        items=items,
        counts={check: counts[check] for check in CHECKS},
        examples=examples,
        unread=unread,
    )


def _read_all(
    contract: Contract, reader: Reader, sent: Mapping[int, Sent], ledger: Ledger
) -> tuple[list[Finding], int, int]:
    """Check all journeys; return what is wrong, how many were read, and how much could not be."""
    verifier = _Verifier(contract, reader, ledger)
    with ThreadPoolExecutor(_THREADS) as threads:
        # A journey of which nothing was acknowledged: the endpoint owes us nothing, not even its id.
        owed = [item for item in sent.items() if any(s.acknowledged for s in item[1].sendings)]
        results = list(threads.map(verifier.journey, owed))
    read = [result for result in results if result is not None]
    findings = [finding for result in read for finding in result]
    unread = len(results) - len(read)
    if contract.readback is not None and contract.readback.listing is not None:
        try:
            findings += _listing_findings(reader, sent, ledger)
        except (Unread, Gone):
            unread += 1
    return findings, len(read), unread


def _not_verifiable(contract: Contract) -> Iterator[str]:
    """Name what the contract does not say how to read back."""
    readback = contract.readback
    if readback is None or readback.history is None:
        yield "history"
    if readback is None or readback.view is None or readback.view.context is None:
        yield "context"
    if readback is None or readback.listing is None:
        yield "listing"


def _queues_not_verifiable(contract: Contract, work: Work) -> Iterator[str]:
    """Name what the contract does not say how to read back of queues, where there were any."""
    readback = contract.readback
    if work.queues and (readback is None or readback.item is None):
        yield "item"
    if work.queues and (readback is None or readback.queue is None):
        yield "queue"


def _read_work(readback: Readback, reader: Reader, work: Work) -> tuple[list[Finding], int, int]:
    """Check all contacts and queues; return what is wrong, how many contacts were read, and how much could not be."""

    def contact(one: Contact) -> list[Finding] | None:
        assert readback.item is not None
        try:
            return list(check_contact(one, reader.item(one.item), readback.item.states))
        except Gone:
            return [Finding("lost", one.customer, f"{one.item}, by which {one.id} entered a queue")]
        except (Unread, Incomplete):
            return None

    def queue(item: tuple[str, Entries]) -> list[Finding] | None:
        try:
            return list(check_entries(*item, *reader.totals(item[0])))
        except Gone:
            return [Finding("lost", item[0], "the queue")]
        except (Unread, Incomplete):
            return None

    with ThreadPoolExecutor(_THREADS) as threads:
        contacts = list(threads.map(contact, work.contacts.values())) if readback.item else []
        queues = list(threads.map(queue, work.queues.items())) if readback.queue else []
    read = [result for result in (*contacts, *queues) if result is not None]
    findings = work.findings + [finding for result in read for finding in result]
    return findings, len(contacts) - contacts.count(None), len(contacts) + len(queues) - len(read)


@dataclass(frozen=True, slots=True)
class _Verifier:
    """Checks one journey after the other."""

    contract: Contract
    reader: Reader
    ledger: Ledger

    def journey(self, item: tuple[int, Sent]) -> list[Finding] | None:
        """Read a journey back and check it; ``None`` when the endpoint gives no answer."""
        number, sent = item
        readback = self.contract.readback
        assert readback is not None
        outputs = self.ledger.outputs.get(number, {})
        shows = readback.history.shows if readback.history else frozenset()
        states = readback.view.states if readback.view else {}
        try:
            found = self._found(outputs, sent.customer)
        except (Unread, Incomplete):
            return None
        except Gone:
            return [Finding("lost", sent.customer, f"{s.id}, and its journey") for s in sent.sendings if s.acknowledged]
        return list(check_journey(sent, found, shows, states))

    def _found(self, outputs: Mapping[str, Any], customer: str) -> Found:
        """Read a journey back."""
        readback = self.contract.readback
        assert readback is not None
        history, text = self.reader.history(outputs, customer) if readback.history else (None, "")
        if readback.view is None:
            return Found(history, text=text)
        view = self.reader.view(outputs, customer)
        return Found(history, view.context, view.state, text + "\n" + view.text)


def _sent(trace: Trace, ledger: Ledger, run: str) -> dict[int, Sent]:
    """Gather what was sent for each journey; of a request that was sent more than once, the best answer counts."""
    rows = {name: row for row, name in enumerate(zip(trace.journey.tolist(), trace.seq.tolist(), strict=True))}
    journeys: dict[int, list[Sending]] = defaultdict(list)
    for (journey, seq), kind in sorted(ledger.answers.items()):
        if journey >= trace.journeys:
            break  # agents come last
        row = rows[journey, seq]
        verb = Verb(trace.verb.item(row))
        patch = patch_of(trace, run, row) if verb in PATCHING else {}
        name = id_of(run, trace.customer.item(journey), seq)
        journeys[journey].append(Sending(name, verb, kind in ACKNOWLEDGED, patch))
    return {
        journey: Sent(
            customer_of(run, trace.customer.item(journey)),
            canary_of(run, trace.customer.item(journey)),
            tuple(sendings),
        )
        for journey, sendings in journeys.items()
    }


def _listing_findings(reader: Reader, sent: Mapping[int, Sent], ledger: Ledger) -> Iterable[Finding]:
    """Find journeys that nobody started, and journeys that were started twice."""
    begun = {one.customer: number for number, one in sent.items()}
    seen: Counter[str] = Counter()
    for customer, journey in reader.listing():
        seen[customer] += 1
        if customer not in begun:
            yield Finding("phantom", customer, f"journey {journey}, which nobody started")
        elif seen[customer] == 2:
            known = ledger.outputs.get(begun[customer], {})
            yield Finding("duplicate", customer, f"journey {journey} beside {sorted(map(str, known.values()))}")
