"""Verification of queues: the contacts that the endpoint has stored, beside what it acknowledged.

The endpoint chooses which agent gets which contact, so nothing here depends on that. Whatever it chooses, a contact
that entered is stored, at most one agent accepted it, its state is that of the last acknowledged request, and the
places of each queue add up to the number of contacts that entered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from loadtests.contract.calls import MissingValueError
from loadtests.contract.schema import ITEM
from loadtests.contract.vocabulary import AnswerClass, Verb
from loadtests.ledger import APPLIED
from loadtests.trace.request_inputs import agent_of, customer_of, id_of, queue_of
from loadtests.verification.findings import Finding
from loadtests.verification.read_back import NotFoundError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loadtests.ledger import Ledger
    from loadtests.trace.model import Trace
    from loadtests.verification.read_back import Reader

__all__ = [
    "Contact",
    "Entries",
    "QueueRequests",
    "check_contact",
    "check_entries",
    "read_contact",
    "read_queue",
    "requests_of_queues",
]

_AFTER: Final[Mapping[Verb, tuple[Verb, ...]]] = {
    Verb.ENQUEUE: (Verb.ABANDON, Verb.ACCEPT, Verb.DONE),
    Verb.ACCEPT: (Verb.DONE,),
    Verb.ABANDON: (),
    Verb.DONE: (),
}
"""The requests that may move a contact after one that has."""


@dataclass(slots=True)
class Contact:
    """One contact that entered a queue, and the requests about it."""

    customer: str
    id: str  # of the request by which it entered
    item: str
    accepted: list[str] = field(default_factory=list)  # by these agents
    acknowledged: set[Verb] = field(default_factory=set)
    uncertain: set[Verb] = field(default_factory=set)  # may have been applied


@dataclass(slots=True)
class Entries:
    """The number of contacts that entered a queue."""

    acknowledged: int = 0
    unknown: int = 0


@dataclass(slots=True)
class QueueRequests:
    """All requests about queues in a run."""

    contacts: dict[str, Contact] = field(default_factory=dict)  # by item
    entries: dict[str, Entries] = field(default_factory=dict)  # by queue
    findings: list[Finding] = field(default_factory=list)  # that follow from the answers alone
    unknown_items: dict[str, str] = field(default_factory=dict)  # accepted, but in no answer to enqueue; to the agent


def requests_of_queues(trace: Trace, ledger: Ledger, run: str) -> QueueRequests:
    """Return the requests of a run about queues, by the contacts that they are about."""
    requests = QueueRequests()
    rows = {key: row for row, key in enumerate(zip(trace.journey.tolist(), trace.seq.tolist(), strict=True))}
    journeys = _Journeys(trace, ledger, run, requests)
    agents = _Agents(trace, ledger, run, requests)
    for key, answer in sorted(ledger.answers.items()):  # journeys come before agents
        (journeys if key[0] < trace.journeys else agents).add(rows[key], key, answer)
    unexplained = len(requests.unknown_items) - sum(entries.unknown for entries in requests.entries.values())
    if unexplained > 0:
        requests.findings += [
            Finding("phantom", agent, f"{item} was accepted, and nobody entered a queue as that")
            for item, agent in requests.unknown_items.items()
        ]
    return requests


class _Journeys:
    """Collects the requests of customers, one journey after the other."""

    def __init__(self, trace: Trace, ledger: Ledger, run: str, requests: QueueRequests) -> None:
        self._trace, self._ledger, self._run, self._requests = trace, ledger, run, requests
        self._journey = -1
        self._entered: list[Contact] = []
        self._last: Contact | None = None  # the contact that an abandonment is about

    def add(self, row: int, key: tuple[int, int], answer: AnswerClass) -> None:
        """Add one request."""
        if key[0] != self._journey:
            self._journey, self._entered, self._last = key[0], [], None
        verb = Verb(self._trace.verb.item(row))
        if verb is Verb.ENQUEUE:
            self._enter(row, key, answer)
        elif verb is Verb.ABANDON and self._last is not None and answer is not AnswerClass.NOTHING:
            (self._last.acknowledged if answer in APPLIED else self._last.uncertain).add(verb)
        elif verb is Verb.COMPLETE:
            for contact in self._entered:  # a completed journey may leave the queues in which it waits
                contact.uncertain.add(Verb.ABANDON)

    def _enter(self, row: int, key: tuple[int, int], answer: AnswerClass) -> None:
        """Add a contact that entered a queue."""
        self._last = None
        queue = queue_of(self._trace, self._run, self._trace.queue.item(row))
        entries = self._requests.entries.setdefault(queue, Entries())
        if answer not in APPLIED:
            entries.unknown += answer is not AnswerClass.NOTHING
            return
        entries.acknowledged += 1
        customer = self._trace.customer.item(key[0])
        item = _item(self._ledger, key, Verb.ENQUEUE)
        if item is None:
            return
        contact = Contact(customer_of(self._run, customer), id_of(self._run, customer, key[1]), item)
        known = self._requests.contacts.setdefault(item, contact)
        if known is not contact:
            detail = f"{contact.id} was given {item}, which {known.id} had been given"
            self._requests.findings.append(Finding("duplicate", contact.customer, detail))
        self._last = contact
        self._entered.append(contact)


class _Agents:
    """Collects the requests of agents, one agent after the other."""

    def __init__(self, trace: Trace, ledger: Ledger, run: str, requests: QueueRequests) -> None:
        self._trace, self._ledger, self._run, self._requests = trace, ledger, run, requests
        self._item: str | None = None  # the contact that the agent was offered, or has

    def add(self, row: int, key: tuple[int, int], answer: AnswerClass) -> None:
        """Add one request."""
        verb = Verb(self._trace.verb.item(row))
        if verb is Verb.READY:
            self._item = _item(self._ledger, key, verb)
            return
        if verb is Verb.ACCEPT and answer in APPLIED:
            self._item = _item(self._ledger, key, verb)
        if self._item is None or answer is AnswerClass.NOTHING:
            return
        contact = self._requests.contacts.get(self._item)
        agent = agent_of(self._trace, self._run, key[0] - self._trace.journeys)
        if contact is None:
            if answer in APPLIED:
                self._requests.unknown_items[self._item] = agent
            return
        (contact.acknowledged if answer in APPLIED else contact.uncertain).add(verb)
        if verb is Verb.ACCEPT and answer in APPLIED:
            contact.accepted.append(agent)


def _item(ledger: Ledger, key: tuple[int, int], verb: Verb) -> str | None:
    """Return the contact that the answer to a request named."""
    item = ledger.answer_outputs.get(key, {}).get(f"{verb.name.lower()}.{ITEM}")
    return None if item is None else str(item)


def read_contact(reader: Reader, states: Mapping[str, str | tuple[str, ...]], contact: Contact) -> list[Finding] | None:
    """Read a contact back and check it; return ``None`` if the endpoint gave no answer."""
    try:
        return list(check_contact(contact, reader.item(contact.item), states))
    except NotFoundError:
        return [Finding("lost", contact.customer, f"{contact.item}, by which {contact.id} entered a queue")]
    except (UnreadableError, MissingValueError):
        return None


def read_queue(reader: Reader, queue: str, entries: Entries) -> list[Finding] | None:
    """Read the totals of a queue back and check them; return ``None`` if the endpoint gave no answer."""
    try:
        return list(check_entries(queue, entries, *reader.totals(queue)))
    except NotFoundError:
        return [Finding("lost", queue, "the queue")]
    except (UnreadableError, MissingValueError):
        return None


def check_contact(contact: Contact, state: Any, states: Mapping[str, str | tuple[str, ...]]) -> Iterator[Finding]:
    """Compare the state of a contact at the endpoint with the possible ``states`` after its acknowledged requests."""
    if len(contact.accepted) > 1:
        detail = f"{contact.item} was accepted by {' and by '.join(contact.accepted)}"
        yield Finding("duplicate", contact.customer, detail)
    if {Verb.ABANDON, Verb.ACCEPT} <= contact.acknowledged:
        detail = f"{contact.item} was accepted by {contact.accepted[0]}, and abandoned: one of the two is lost"
        yield Finding("lost", contact.customer, detail)
        return
    last = next((verb for verb in (Verb.DONE, Verb.ACCEPT, Verb.ABANDON) if verb in contact.acknowledged), Verb.ENQUEUE)
    right = _states_after(states, last)
    possible = [verb for verb in _AFTER[last] if verb in contact.uncertain]
    if not right or any(state in (*right, *_states_after(states, verb)) for verb in (last, *possible)):
        return
    beyond = any(state in _states_after(states, verb) for verb in _AFTER[last])
    detail = f"{contact.item} of {contact.id} is {state}, acknowledged was {last.name.lower()}: {' or '.join(right)}"
    yield Finding("phantom" if beyond else "lost", contact.customer, detail)


def _states_after(states: Mapping[str, str | tuple[str, ...]], verb: Verb) -> tuple[str, ...]:
    """Return the possible states after a verb; none if the contract does not name them."""
    possible = states.get(verb.name.lower(), ())
    return (possible,) if isinstance(possible, str) else possible


def check_entries(queue: str, entries: Entries, entered: int, places: Sequence[int]) -> Iterator[Finding]:
    """Compare the totals of a queue: contacts that entered by the answers, by the endpoint, and those in each place."""
    if entered != sum(places):
        detail = f"{entered} entered, but {' + '.join(map(str, places))} = {sum(places)} are somewhere"
        yield Finding("unbalanced", queue, detail)
    if entered < entries.acknowledged:
        yield Finding("lost", queue, f"{entered} entered, acknowledged were {entries.acknowledged}")
    if entered > entries.acknowledged + entries.unknown:
        most = entries.acknowledged + entries.unknown
        yield Finding("phantom", queue, f"{entered} entered, sent were {most}")
