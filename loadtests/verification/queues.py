"""Compare the contacts in an endpoint's queues with what it acknowledged.

Who gets which contact is the endpoint's choice, so nothing here depends on it. What holds whatever it chooses: a
contact that entered is there; it was accepted by one agent at most; it is where the last acknowledged request put it;
and each queue's places add up to what entered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from loadtests.contract.schema import ITEM
from loadtests.contract.vocabulary import Class, Verb
from loadtests.ledger import APPLIED
from loadtests.trace.request_inputs import agent_of, customer_of, id_of, queue_of
from loadtests.verification.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loadtests.ledger import Ledger
    from loadtests.trace.model import Trace

__all__ = ["Contact", "Entries", "Work", "check_contact", "check_entries", "work_of"]

_AFTER: Final[Mapping[Verb, tuple[Verb, ...]]] = {
    Verb.ENQUEUE: (Verb.ABANDON, Verb.ACCEPT, Verb.DONE),
    Verb.ACCEPT: (Verb.DONE,),
    Verb.ABANDON: (),
    Verb.DONE: (),
}
"""What may become of a contact after a request that moved it."""


@dataclass(slots=True)
class Contact:
    """One contact that entered a queue, and what was asked for it then."""

    customer: str
    id: str  # of the request by which it entered
    item: str
    accepted: list[str] = field(default_factory=list)  # by which agents
    firm: set[Verb] = field(default_factory=set)  # acknowledged
    maybe: set[Verb] = field(default_factory=set)  # without an answer that tells


@dataclass(slots=True)
class Entries:
    """How many contacts entered a queue."""

    acknowledged: int = 0
    unknown: int = 0


@dataclass(slots=True)
class Work:
    """All that was asked of the queues in a run."""

    contacts: dict[str, Contact] = field(default_factory=dict)  # by item
    queues: dict[str, Entries] = field(default_factory=dict)  # by name
    findings: list[Finding] = field(default_factory=list)  # what the answers alone show
    strangers: dict[str, str] = field(default_factory=dict)  # items that no answer had given, and who accepted them


def work_of(trace: Trace, ledger: Ledger, run: str) -> Work:
    """Gather what was asked of the queues.

    Parameters
    ----------
    trace
        What was to be sent.
    ledger
        What was sent, and what the answers gave.
    run
        The run's token.

    Returns
    -------
    Work
        Contacts with everything that concerns them.
    """
    work = Work()
    rows = {name: row for row, name in enumerate(zip(trace.journey.tolist(), trace.seq.tolist(), strict=True))}
    sendings = sorted(ledger.answers.items())  # journeys come before agents
    journeys = _Journeys(trace, ledger, run, work)
    agents = _Agents(trace, ledger, run, work)
    for name, kind in sendings:
        row = rows[name]
        (journeys if name[0] < trace.journeys else agents).note(row, name, kind)
    unexplained = len(work.strangers) - sum(entries.unknown for entries in work.queues.values())
    if unexplained > 0:
        work.findings += [
            Finding("phantom", agent, f"{item} was accepted, and nobody entered a queue as that")
            for item, agent in work.strangers.items()
        ]
    return work


class _Journeys:
    """Notes what customers asked for, one journey after the other."""

    def __init__(self, trace: Trace, ledger: Ledger, run: str, work: Work) -> None:
        self._trace, self._ledger, self._run, self._work = trace, ledger, run, work
        self._journey = -1
        self._entered: list[Contact] = []
        self._last: Contact | None = None  # whom an abandonment concerns

    def note(self, row: int, name: tuple[int, int], kind: Class) -> None:
        """Note one request."""
        if name[0] != self._journey:
            self._journey, self._entered, self._last = name[0], [], None
        verb = Verb(self._trace.verb.item(row))
        if verb is Verb.ENQUEUE:
            self._enter(row, name, kind)
        elif verb is Verb.ABANDON and self._last is not None and kind is not Class.NOTHING:
            (self._last.firm if kind in APPLIED else self._last.maybe).add(verb)
        elif verb is Verb.COMPLETE:
            for contact in self._entered:  # a journey that is over may leave the queues in which it waits
                contact.maybe.add(Verb.ABANDON)

    def _enter(self, row: int, name: tuple[int, int], kind: Class) -> None:
        """Note that a contact entered a queue."""
        self._last = None
        queue = queue_of(self._trace, self._run, self._trace.queue.item(row))
        entries = self._work.queues.setdefault(queue, Entries())
        if kind not in APPLIED:
            entries.unknown += kind is not Class.NOTHING
            return
        entries.acknowledged += 1
        customer = self._trace.customer.item(name[0])
        item = _item(self._ledger, name, Verb.ENQUEUE)
        if item is None:
            return
        contact = Contact(customer_of(self._run, customer), id_of(self._run, customer, name[1]), item)
        known = self._work.contacts.setdefault(item, contact)
        if known is not contact:
            detail = f"{contact.id} was given {item}, which {known.id} had been given"
            self._work.findings.append(Finding("duplicate", contact.customer, detail))
        self._last = contact
        self._entered.append(contact)


class _Agents:
    """Notes what agents asked for, one agent after the other."""

    def __init__(self, trace: Trace, ledger: Ledger, run: str, work: Work) -> None:
        self._trace, self._ledger, self._run, self._work = trace, ledger, run, work
        self._item: str | None = None  # what the agent was offered, or has

    def note(self, row: int, name: tuple[int, int], kind: Class) -> None:
        """Note one request."""
        verb = Verb(self._trace.verb.item(row))
        if verb is Verb.READY:
            self._item = _item(self._ledger, name, verb)
            return
        if verb is Verb.ACCEPT and kind in APPLIED:
            self._item = _item(self._ledger, name, verb)
        if self._item is None or kind is Class.NOTHING:
            return
        contact = self._work.contacts.get(self._item)
        agent = agent_of(self._trace, self._run, name[0] - self._trace.journeys)
        if contact is None:
            if kind in APPLIED:
                self._work.strangers[self._item] = agent
            return
        (contact.firm if kind in APPLIED else contact.maybe).add(verb)
        if verb is Verb.ACCEPT and kind in APPLIED:
            contact.accepted.append(agent)


def _item(ledger: Ledger, name: tuple[int, int], verb: Verb) -> str | None:
    """Return the contact that the answer to a request named."""
    found = ledger.given.get(name, {}).get(f"{verb.name.lower()}.{ITEM}")
    return None if found is None else str(found)


def check_contact(contact: Contact, state: Any, states: Mapping[str, str | tuple[str, ...]]) -> Iterator[Finding]:
    """Compare one contact.

    Parameters
    ----------
    contact
        What was asked for it.
    state
        What it is in.
    states
        The states that it may be in after a verb.

    Yields
    ------
    Finding
        Everything that is wrong.
    """
    if len(contact.accepted) > 1:
        detail = f"{contact.item} was accepted by {' and by '.join(contact.accepted)}"
        yield Finding("duplicate", contact.customer, detail)
    if {Verb.ABANDON, Verb.ACCEPT} <= contact.firm:
        detail = f"{contact.item} was accepted by {contact.accepted[0]}, and abandoned: one of the two is lost"
        yield Finding("lost", contact.customer, detail)
        return
    last = next((verb for verb in (Verb.DONE, Verb.ACCEPT, Verb.ABANDON) if verb in contact.firm), Verb.ENQUEUE)
    right = _states(states, last)
    possible = [verb for verb in _AFTER[last] if verb in contact.maybe]
    if not right or any(state in (*right, *_states(states, verb)) for verb in (last, *possible)):
        return
    beyond = any(state in _states(states, verb) for verb in _AFTER[last])
    detail = f"{contact.item} of {contact.id} is {state}, acknowledged was {last.name.lower()}: {' or '.join(right)}"
    yield Finding("phantom" if beyond else "lost", contact.customer, detail)


def _states(states: Mapping[str, str | tuple[str, ...]], verb: Verb) -> tuple[str, ...]:
    """Return the states after a verb; none where the contract does not say."""
    found = states.get(verb.name.lower(), ())
    return (found,) if isinstance(found, str) else found


def check_entries(queue: str, entries: Entries, entered: int, places: Sequence[int]) -> Iterator[Finding]:
    """Compare a queue's totals.

    Parameters
    ----------
    queue
        Its name.
    entries
        How many contacts entered it, as far as the answers tell.
    entered
        How many entered it, as the endpoint says.
    places
        How many are in each place now.

    Yields
    ------
    Finding
        Everything that is wrong.
    """
    if entered != sum(places):
        detail = f"{entered} entered, but {' + '.join(map(str, places))} = {sum(places)} are somewhere"
        yield Finding("unbalanced", queue, detail)
    if entered < entries.acknowledged:
        yield Finding("lost", queue, f"{entered} entered, acknowledged were {entries.acknowledged}")
    if entered > entries.acknowledged + entries.unknown:
        most = entries.acknowledged + entries.unknown
        yield Finding("phantom", queue, f"{entered} entered, sent were {most}")
