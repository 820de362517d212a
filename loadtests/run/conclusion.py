"""Conclusion of a run: measure what was sent, read the endpoint back, clean up there, and write the result."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from loadtests.contract import Verb
from loadtests.generators import read_reports
from loadtests.ledger import read_ledger, save_ledger
from loadtests.run.result import SEE_LOG, LoadResult, Run, measure
from loadtests.run.setup import tear_down
from loadtests.verification.verification import verify
from sim.core import interrupts
from sim.core.errors import CannotWrite, SojournError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from loadtests.contract import Contract
    from loadtests.faults.schedule import FaultRecord
    from loadtests.ledger import Ledger
    from loadtests.run.process_time import ProcessUsage
    from loadtests.trace.model import Trace
    from loadtests.verification.findings import Verification

__all__ = ["SentTrace", "conclude", "count_not_offered"]


@dataclass(frozen=True, slots=True, eq=False)
class SentTrace:
    """A trace that was sent."""

    trace: Trace  # with offered verbs only
    contract: Contract
    run: Run
    not_offered: Mapping[str, int]
    ledger: Path  # the folder of the generators
    endpoint: ProcessUsage | None = None  # None = not measured
    faults: tuple[FaultRecord, ...] = ()  # that came about on request
    set_up: bool = True  # whether the run made its queues and agents, and removes them


def count_not_offered(trace: Trace, contract: Contract) -> dict[str, int]:
    """Count the requests whose verb a contract does not offer, by verb."""
    offered = [int(verb) for verb in Verb if contract.offers(verb) is not None]
    return dict(Counter(Verb(code).name.lower() for code in trace.verb[~np.isin(trace.verb, offered)].tolist()))


def conclude(sent: SentTrace, out: Path, *, verified: bool, read_limit: float | None) -> LoadResult:
    """Measure what was sent, read the endpoint back, remove what the run made there, and write the result.

    The result is ``load.json`` and ``ledger.parquet``.

    Parameters
    ----------
    sent
        The trace, and the folder with the generators' ledgers.
    out
        An existing folder.
    verified
        Read the endpoint back.
    read_limit
        Seconds for that, at most.
    """
    ledger = read_ledger(sent.ledger)
    _check_requests(ledger, sent.trace, sent.ledger)
    result = measure(sent.trace, ledger, sent.run, sent.not_offered, read_reports(sent.ledger))
    result = replace(result, endpoint=sent.endpoint, faults=sent.faults)
    if result.why and not (out / "locust.log").exists():
        result = replace(result, why=result.why.replace(SEE_LOG, ""))
    save_ledger(ledger, out / "ledger.parquet")
    if verified and len(ledger):
        result = _read_back(sent, ledger, result, read_limit)
    if sent.set_up:
        run = sent.run
        left = tear_down(sent.contract, sent.trace, run.host, run.token, grace=run.grace, speed=run.speed)
        result = replace(result, left_behind=left)
    _write(result, out)  # in the end, so that a folder without it is that of a run that was killed
    return result


def _read_back(sent: SentTrace, ledger: Ledger, result: LoadResult, limit: float | None) -> LoadResult:
    """Read the endpoint back, unless a command is interrupted: it has no time for that."""
    if interrupts.presses():
        why = "; ".join(filter(None, (result.why, "the endpoint was not read back, because of the interrupt")))
        return replace(result, valid=False, why=why)
    run = sent.run
    verification = verify(sent.trace, sent.contract, run.host, ledger, run.token, grace=run.grace, limit=limit)
    result = replace(result, verification=verification)
    if unread := _why_unread(verification):
        return replace(result, valid=False, why="; ".join(filter(None, (result.why, unread))))
    return result


def _why_unread(verification: Verification) -> str:
    """Return why the endpoint was not read back to the end; empty if it was, or if it did not answer."""
    if interrupts.presses():
        return "interrupted while the endpoint was read back"
    if verification.in_time:
        return ""
    return (
        f"reading back was ended after {verification.limit:g} s, without {verification.rest}, which are unknown; "
        "give a longer --read-limit, or a smaller load"
    )


def _check_requests(ledger: Ledger, trace: Trace, folder: Path) -> None:
    """Check that all requests of a ledger are of the trace."""
    pairs = ((ledger["journey"], ledger["seq"]), (trace.journey, trace.seq))
    sent, planned = ((journey.astype(np.int64) << 32) | seq for journey, seq in pairs)
    if not np.isin(sent, planned).all():
        raise SojournError(f"{folder}: holds requests that were not planned; check the disk, and repeat the load")


def _write(result: LoadResult, out: Path) -> None:
    """Write the result."""
    try:
        (out / "load.json").write_text(json.dumps(result.as_json(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CannotWrite(f"{out / 'load.json'}: cannot be written: {error.strerror}") from None
