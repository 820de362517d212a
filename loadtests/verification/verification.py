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

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from loadtests.contract.vocabulary import ACKNOWLEDGED, AnswerClass
from loadtests.http_client import GRACE
from loadtests.verification.findings import CHECKS, Finding, Verification
from loadtests.verification.journeys import check_listing, read_journey, sent_in
from loadtests.verification.queues import read_contact, read_queue, requests_of_queues
from loadtests.verification.read_back import NotFoundError, Reader, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadtests.contract.schema import Contract, Readback
    from loadtests.ledger import Ledger
    from loadtests.trace.model import Trace
    from loadtests.verification.journeys import SentJourney
    from loadtests.verification.queues import QueueRequests

__all__ = ["verify"]

_EXAMPLES: Final = 10
_MOST_FINDINGS: Final = 100_000
_THREADS: Final = 4


def verify(
    trace: Trace, contract: Contract, url: str, ledger: Ledger, run: str, *, grace: float = GRACE
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
    with closing(Reader(contract, url, run, grace=grace)) as reader:
        findings, checked, unread = _read_journeys(readback, reader, sent_in(trace, ledger, run))
        queue_findings, items, unread_items = _read_queues(readback, reader, queues)
    findings += queue_findings
    counts = Counter(finding.check for finding in findings)
    examples = tuple(finding for check in CHECKS for finding in [f for f in findings if f.check == check][:_EXAMPLES])
    return replace(
        verification,
        checked=checked,
        items=items,
        counts={check: counts[check] for check in CHECKS},
        examples=examples,
        unread=unread + unread_items,
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


def _read_journeys(readback: Readback, reader: Reader, sent: list[SentJourney]) -> tuple[list[Finding], int, int]:
    """Check all journeys; return the findings, and the numbers of journeys read and of failed reads."""
    with ThreadPoolExecutor(_THREADS) as threads:
        acknowledged = [journey for journey in sent if journey.acknowledged]
        results = list(threads.map(partial(read_journey, readback, reader), acknowledged))
    read = [result for result in results if result is not None]
    findings = [finding for result in read for finding in result]
    unread = len(results) - len(read)
    if readback.listing is not None:
        try:
            findings += islice(check_listing(reader.listing(), sent), _MOST_FINDINGS)
        except (UnreadableError, NotFoundError):
            unread += 1
    return findings, len(read), unread


def _read_queues(readback: Readback, reader: Reader, queues: QueueRequests) -> tuple[list[Finding], int, int]:
    """Check all contacts and queues; return the findings, and the numbers of contacts read and of failed reads."""
    contacts: list[list[Finding] | None] = []
    totals: list[list[Finding] | None] = []
    with ThreadPoolExecutor(_THREADS) as threads:
        if readback.item is not None:
            states = readback.item.states
            contacts = list(threads.map(partial(read_contact, reader, states), queues.contacts.values()))
        if readback.queue is not None:
            totals = list(threads.map(partial(read_queue, reader), queues.entries, queues.entries.values()))
    read = [result for result in (*contacts, *totals) if result is not None]
    findings = queues.findings + [finding for result in read for finding in result]
    return findings, len(contacts) - contacts.count(None), len(contacts) + len(totals) - len(read)
