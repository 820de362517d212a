"""Verification of a load: read the endpoint back, and compare it with the ledger.

- *lost*: acknowledged, and not stored;
- *phantom*: stored, and never sent;
- *duplicate*: stored more than once;
- *out_of_order*: acknowledged one after the other, and stored the other way round;
- *context_wrong*: not the result of the acknowledged changes, in their order;
- *leak*: another journey's canary;
- *unbalanced*: the places of a queue do not add up to the number of contacts that entered it.
"""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from loadtests.contract.vocabulary import ACKNOWLEDGED, AnswerClass
from loadtests.http_client import GRACE, time_limit
from loadtests.verification.findings import CHECKS, Finding, Verification
from loadtests.verification.journeys import check_listing, read_journey, sent_in
from loadtests.verification.queues import read_contact, read_queue, requests_of_queues
from loadtests.verification.read_back import NotFoundError, Reader, UnreadableError
from sim.core import interrupts
from sim.core.interruptible import result_of, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    from loadtests.contract.schema import Contract, Readback
    from loadtests.ledger import Ledger
    from loadtests.trace.model import Trace
    from loadtests.verification.journeys import SentJourney
    from loadtests.verification.queues import QueueRequests

    Thing = TypeVar("Thing")

__all__ = ["verify"]

_EXAMPLES: Final = 10
_MOST_FINDINGS: Final = 100_000
_THREADS: Final = 4
_SHOWN_BY: Final = {
    "lost": ("journeys", "contacts", "queues"),
    **dict.fromkeys(("phantom", "duplicate"), ("journeys", "contacts", "queues", "lists")),
    **dict.fromkeys(("out_of_order", "context_wrong", "leak"), ("journeys",)),
    "unbalanced": ("queues",),
}
"""Things that can show a failure of each check. A check has no count if none of them was read."""
_SECTIONS: Final = {"history": "out_of_order", "context": "context_wrong", "queue": "unbalanced"}
"""Check that each section of the contract's ``readback`` makes possible."""


def verify(
    trace: Trace,
    contract: Contract,
    url: str,
    ledger: Ledger,
    run: str,
    *,
    grace: float = GRACE,
    limit: float | None = None,
) -> Verification:
    """Read an endpoint back and compare it with the ledger.

    Parameters
    ----------
    trace
        The requests of the run.
    contract
        Its ``readback`` section has the requests to read back.
    url
        The endpoint.
    ledger
        The attempts and their answers.
    run
        The run's token.
    grace
        Seconds; an endpoint that gives no usable answer for so long is given up, and the rest counts as unread.
    limit
        Seconds for all reads together, after which the rest counts as unread; by default twice the grace and .05 s for
        each journey, contact and queue.

    Returns
    -------
    Verification
        ``ok`` only if everything could be read and is right.
    """
    queues = requests_of_queues(trace, ledger, run)
    readback = contract.readback
    verification = Verification(
        checked=0,
        items=0,
        acknowledged=sum(answer in ACKNOWLEDGED for answer in ledger.answers.values()),
        unknown=int((ledger["kind"] == AnswerClass.UNKNOWN).sum()),
        counts={},
        not_verifiable=(*_missing_sections(readback), *_missing_queue_sections(readback, queues)),
    )
    if readback is None or (readback.history is None and readback.view is None):
        return verification
    sent = sent_in(trace, ledger, run)
    if limit is None:
        limit = time_limit(grace, len(sent) + len(queues.contacts) + len(queues.entries))
    with closing(Reader(contract, url, run, grace=grace, limit=limit)) as reader:
        reading = _Reading(reader, readback, list(queues.findings))
        reading.read_journeys(sent)
        reading.read_queues(queues)
        in_time = not (reading.unread.total() and reader.is_late)
    return replace(
        verification,
        checked=reading.read["journeys"],
        items=reading.read["contacts"],
        counts=reading.counts(verification.not_verifiable),
        examples=reading.examples(),
        not_read={thing: reading.unread[thing] for thing in ("journeys", "contacts", "queues", "lists")},
        limit=limit,
        in_time=in_time,
    )


def _missing_sections(readback: Readback | None) -> Iterator[str]:
    """Yield the sections for journeys that the contract lacks."""
    if readback is None or readback.history is None:
        yield "history"
    if readback is None or readback.view is None or readback.view.context is None:
        yield "context"
    if readback is None or readback.listing is None:
        yield "listing"


def _missing_queue_sections(readback: Readback | None, queues: QueueRequests) -> Iterator[str]:
    """Yield the sections for queues that the contract lacks, if the run had queues."""
    if queues.entries and (readback is None or readback.item is None):
        yield "item"
    if queues.entries and (readback is None or readback.queue is None):
        yield "queue"


def _noted(listing: Iterator[tuple[str, str]], customers: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the entries of a list of journeys, and note their customers."""
    for customer, journey in listing:
        customers.add(customer)
        yield customer, journey


@dataclass(frozen=True, slots=True)
class _Reading:
    """All that is read back, and what it shows."""

    reader: Reader
    readback: Readback
    findings: list[Finding]
    read: Counter[str] = field(default_factory=Counter)  # journeys, contacts, queues and lists
    unread: Counter[str] = field(default_factory=Counter)

    def read_journeys(self, sent: list[SentJourney]) -> None:
        """Check all journeys."""
        acknowledged = [journey for journey in sent if journey.acknowledged]
        self._read_each("journeys", acknowledged, lambda journey: read_journey(self.readback, self.reader, journey))
        if self.readback.listing is not None:
            findings: list[Finding] = []  # those of the pages before one that cannot be read count, too
            listed: set[str] = set()  # customers
            checked = islice(check_listing(_noted(self.reader.listing(), listed), sent), _MOST_FINDINGS)
            try:
                wait_for(lambda: findings.extend(checked))
                shown = not acknowledged or any(journey.customer in listed for journey in acknowledged)
                (self.read if shown else self.unread)["lists"] += 1  # a list of none of them says nothing
            except (UnreadableError, NotFoundError):
                self.unread["lists"] += 1
            except KeyboardInterrupt:
                if not interrupts.presses():
                    raise
                self.unread["lists"] += 1
            self.findings.extend(findings)

    def read_queues(self, queues: QueueRequests) -> None:
        """Check all contacts and queues."""
        if self.readback.item is not None:
            states = self.readback.item.states
            contacts = queues.contacts.values()
            self._read_each("contacts", contacts, lambda contact: read_contact(self.reader, states, contact))
        if self.readback.queue is not None:
            self._read_each("queues", queues.entries.items(), lambda entries: read_queue(self.reader, *entries))

    def _read_each(self, name: str, things: Iterable[Thing], check: Callable[[Thing], list[Finding] | None]) -> None:
        """Check each of many things, several at a time; `None` = the endpoint gave no answer about it.

        An interrupt leaves the answers that are waited for.
        """

        def checked(thing: Thing) -> list[Finding] | None:
            return None if self.reader.is_over else check(thing)

        threads = ThreadPoolExecutor(_THREADS)
        waiting = deque(threads.submit(checked, thing) for thing in things)
        try:
            while waiting:
                findings = result_of(waiting[0])
                waiting.popleft()
                (self.unread if findings is None else self.read)[name] += 1
                self.findings.extend(findings or ())
        except KeyboardInterrupt:
            if not interrupts.presses():
                raise
            self.unread[name] += len(waiting)
        finally:
            threads.shutdown(wait=not interrupts.presses(), cancel_futures=True)

    def counts(self, not_verifiable: Iterable[str]) -> dict[str, int]:
        """Return the number of findings of each check about which anything was read."""
        counts = Counter(finding.check for finding in self.findings)
        blind = {_SECTIONS.get(section) for section in not_verifiable}
        return {
            check: counts[check] for check in CHECKS if counts[check] or (check not in blind and self._shows(check))
        }

    def _shows(self, check: str) -> bool:
        """Tell whether what was read can show what a check looks for; a run without queues has them in balance."""
        without_queues = check == "unbalanced" and not self.unread["queues"]
        return without_queues or any(self.read[thing] for thing in _SHOWN_BY[check])

    def examples(self) -> tuple[Finding, ...]:
        """Return the first findings of each check."""
        return tuple(
            finding for check in CHECKS for finding in islice((f for f in self.findings if f.check == check), _EXAMPLES)
        )
