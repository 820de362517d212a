"""Result of a load: counts, latencies, the generator's own lag, and whether the run is valid."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from loadtests.contract.vocabulary import UNSENT, AnswerClass, Verb
from loadtests.failures import Failure, merge
from loadtests.http_client import GRACE
from loadtests.run.breakdowns import RequestFigures, breakdowns, errors_of
from loadtests.run.generator_usage import GeneratorUsage, generators_usage
from loadtests.run.limits import Backlog, backlog, combine, remarks
from loadtests.run.outages import Outage, outages
from loadtests.run.quantiles import NOTHING, Quantiles, quantiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from loadtests.faults.schedule import FaultRecord
    from loadtests.generators import Connections, GeneratorReport
    from loadtests.ledger import Ledger
    from loadtests.run.process_time import ProcessUsage
    from loadtests.trace.model import Trace
    from loadtests.verification.findings import Verification

__all__ = ["LAG_LIMIT", "SEE_LOG", "LoadResult", "Run", "measure"]

SEE_LOG: Final = "; see locust.log"
"""Of a reason; a run by Locust itself has no such file."""
LAG_LIMIT: Final = 0.05
"""Seconds; the run is invalid if 1 % of the requests leave later than this after they were due."""


@dataclass(frozen=True, slots=True)
class Run:
    """Settings and end of a run."""

    token: str
    host: str
    contract: str  # its title
    speed: float
    workers: int
    lag_limit: float
    grace: float = GRACE  # seconds from when the last request is due to the end, whatever has no answer then
    give_up: float = GRACE  # seconds without any answer, after which the run ends
    interrupted: bool = False
    failed: str = ""  # why the generator failed, if it did
    wanted_p95: float | None = None  # the scenario's objective for the latency, seconds
    interval: float | None = None  # of the scenario, simulated seconds
    ended_early: str = ""  # which objective is missed, whatever would have come

    @property
    def cut_short(self) -> bool:
        """Tell whether it was ended before all was sent, by an interrupt or because an objective was missed."""
        return self.interrupted or bool(self.ended_early)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The result of a load run; all times in seconds.

    A *request* is a row of the trace, an *attempt* one sending of it. Latency counts from the instant at which a
    request was due to its last answer; it is the sum of time blocked by the journey's previous request or without a
    free connection, lag of the generator, service time, and waits before retries. A request that timed out, or had no
    answer when the run ended, counts with the time until then.

    All of it is the endpoint's but the lag. ``own_lag`` is how late the generator's own loop was, by a heartbeat that
    waits for no answer; it is part of the service time, too, since answers are read by the same loop.

    An agent's wait for work says little about the endpoint, so it is no latency and no service time. It stands in
    ``wait_for_work``.
    """

    run: Run
    valid: bool
    why: str | None  # of a run that is not valid
    journeys: int
    agents: int
    planned: int  # requests of the trace whose verb is offered
    requests: int  # sent ones
    attempts: int
    acknowledged: int  # requests
    unknown: int  # requests that were sent, and had no answer when the run ended
    held: int  # requests that were due and not sent: when the run ended, they waited for an earlier answer
    error_rate: float  # requests that were sent and not acknowledged, over requests sent
    elapsed: float  # from the first request's due to the last answer
    throughput: float  # acknowledged requests per second
    samples: int  # requests that have a latency
    latency: Quantiles
    service_time: Quantiles
    blocked: Quantiles
    lag: Quantiles
    wait_for_work: Quantiles
    by_class: Mapping[str, int]  # attempts
    by_verb: Mapping[str, Mapping[str, int]]  # attempts
    not_offered: Mapping[str, int]  # requests by verb; they were not sent
    verification: Verification | None
    own_lag: Quantiles = NOTHING
    precise: bool | None = None  # whether the own lag's p95 is under a tenth of the wanted p95; None = not known
    connections: Connections | None = None
    due_rate: float | None = None  # requests per second, from the first request's due to the last's
    answered_rate: float | None = None  # the answers that came in this time
    backlog: Backlog | None = None  # where the endpoint fell behind, if it did
    remarks: tuple[str, ...] = ()  # what limited the run, in sentences
    by_status: Mapping[str, int] = field(default_factory=dict)  # attempts that were answered
    failures: tuple[Failure, ...] = ()  # by kind, the most frequent first, with samples
    outages: tuple[Outage, ...] = ()
    retries: int = 0  # attempts after a request's first
    generators: tuple[GeneratorUsage, ...] = ()  # that reported it
    endpoint: ProcessUsage | None = None  # None = not measured
    ended_early: str = ""  # which objective was missed for certain before all was sent
    errors: Mapping[str, int] = field(default_factory=dict)  # requests, by the class of their last answer
    breakdowns: Mapping[str, Mapping[str, RequestFigures]] = field(default_factory=dict)  # by verb, channel, interval
    faults: tuple[FaultRecord, ...] = ()  # that came about on request
    left_behind: str = ""  # a sentence about queues and agents that were not removed from the endpoint

    def as_json(self) -> dict[str, Any]:
        """Return the content of ``load.json``."""
        plain = asdict(self)
        plain["verification"] = None if self.verification is None else self.verification.as_json()
        plain["not_offered"] = sorted(self.not_offered)
        plain["not_offered_requests"] = dict(self.not_offered)
        return plain


def measure(
    trace: Trace,
    ledger: Ledger,
    run: Run,
    not_offered: Mapping[str, int],
    generators: Sequence[GeneratorReport] = (),
) -> LoadResult:
    """Calculate a run's result from its ledger.

    Parameters
    ----------
    trace
        With offered verbs only.
    ledger
        Every attempt.
    run
        Its settings.
    not_offered
        Requests whose verb is not offered, by verb.
    generators
        The reports of the processes that sent.

    Returns
    -------
    LoadResult
        Without a verification.
    """
    sent = ~np.isin(ledger["kind"], list(UNSENT))
    last = _last_attempts(ledger)
    final = last & sent
    acknowledged = final & ledger.acknowledged
    requests = int(final.sum())
    lag = quantiles((ledger["began"] - ledger["ready"])[sent])
    answered = ledger["ended"][final & (ledger["kind"] != AnswerClass.UNKNOWN)]
    elapsed = float(answered.max() - ledger["due"].min()) if len(answered) else 0.0
    first = ledger["attempt"] == 1
    ready = ledger["verb"] == Verb.READY
    senders = np.unique(ledger["journey"])
    took = ledger["ended"] - ledger["due"]
    reached = int(last.sum()) if not run.cut_short else requests
    own_lag = quantiles(np.concatenate([np.zeros(0, np.float32), *(report.own_lag for report in generators)]))
    connections = combine(generators)
    behind = backlog(ledger, last & (ledger["kind"] != AnswerClass.NOT_SENT) & ~ready)
    precise = _is_precise(run, lag, own_lag)
    failures = merge(report.failures for report in generators)
    reasons = (
        _why_pointless(requests, int(acknowledged.sum()), failures),
        *_reasons(run, generators, lag, trace, ledger, reached),
    )
    why = "; ".join(reason for reason in reasons if reason)
    return LoadResult(
        run=run,
        valid=not why,
        why=why or None,
        journeys=int((senders < trace.journeys).sum()),
        agents=int((senders >= trace.journeys).sum()),
        planned=len(trace),
        requests=requests,
        attempts=int(sent.sum()),
        acknowledged=int(acknowledged.sum()),
        unknown=int((final & (ledger["kind"] == AnswerClass.UNKNOWN)).sum()),
        held=int((last & (ledger["kind"] == AnswerClass.HELD)).sum()),
        error_rate=1.0 - int(acknowledged.sum()) / requests if requests else 0.0,
        elapsed=elapsed,
        throughput=int(acknowledged.sum()) / elapsed if elapsed > 0 else 0.0,
        samples=int((final & ~ready).sum()),
        latency=quantiles(took[final & ~ready]),
        service_time=quantiles((ledger["ended"] - ledger["began"])[sent & ~ready]),
        blocked=quantiles((ledger["ready"] - ledger["due"])[first]),
        lag=lag,
        wait_for_work=quantiles(took[final & ready]),
        by_class=_by_class(ledger["kind"]),
        by_verb={
            verb.name.lower(): counts for verb in Verb if (counts := _by_class(ledger["kind"][ledger["verb"] == verb]))
        },
        not_offered=not_offered,
        verification=None,
        own_lag=own_lag,
        precise=precise,
        connections=connections,
        due_rate=behind.due_rate,
        answered_rate=behind.answered_rate,
        backlog=behind.worst,
        remarks=(
            *remarks(behind.worst, connections, precise=precise, wanted_p95=run.wanted_p95),
            *([f"the run was ended early: {run.ended_early}"] if run.ended_early else []),
        ),
        by_status={
            str(status): count for status, count in sorted(Counter(ledger["status"].tolist()).items()) if status
        },
        failures=failures,
        outages=outages(ledger, last),
        retries=int((sent & ~first).sum()),
        generators=generators_usage(ledger, sent, run.workers, generators),
        ended_early=run.ended_early,
        errors=errors_of(ledger, final),
        breakdowns=breakdowns(trace, ledger, sent, last, run.interval),
    )


def _is_precise(run: Run, *lags: Quantiles) -> bool | None:
    """Tell whether the generator's own lag is small beside the wanted latency: its p95 is under a tenth."""
    known = [lag.p95 for lag in lags if lag.p95 is not None]
    return max(known) < run.wanted_p95 / 10.0 if run.wanted_p95 is not None and known else None


def _last_attempts(ledger: Ledger) -> NDArray[np.bool_]:
    """Return whether each attempt is its request's last."""
    request = (ledger["journey"].astype(np.int64) << 32) | ledger["seq"]
    order = np.lexsort((ledger["attempt"], request))
    ends = np.ones(len(order), dtype=bool)
    ends[:-1] = request[order][1:] != request[order][:-1]
    last = np.zeros(len(order), dtype=bool)
    last[order] = ends
    return last


def _by_class(codes: NDArray[np.int8]) -> dict[str, int]:
    """Count attempts by class."""
    return {AnswerClass(code).name.lower(): count for code, count in sorted(Counter(codes.tolist()).items())}


def _why_lost(run: Run, trace: Trace, ledger: Ledger, generators: Sequence[GeneratorReport]) -> str:
    """Return which worker ended before it had sent its part; empty if none did, or a single one reported nothing."""
    if run.cut_short or run.workers == 1:
        return ""
    ended = {report.shard for report in generators if report.complete or report.gave_up is not None}
    lost = [number for number in range(run.workers) if number not in ended]
    sent = np.unique((ledger["journey"].astype(np.int64) << 32) | ledger["seq"]) >> 32
    return "; ".join(
        f"worker {number + 1} of {run.workers} was lost after {int((sent % run.workers == number).sum())} of its "
        f"{int((trace.journey % run.workers == number).sum())} requests (journeys and agents {number}, "
        f"{number + run.workers} ...){SEE_LOG}"
        for number in lost
    )


def _why_gone(run: Run, generators: Sequence[GeneratorReport], reached: int, planned: int) -> str:
    """Return why the run ended before the endpoint came back; empty if it did not."""
    silences = [report.gave_up for report in generators if report.gave_up is not None]
    if not silences or run.cut_short:
        return ""
    begin, end = min(silence.begin for silence in silences), max(silence.end for silence in silences)
    return (
        f"the endpoint gave no answer from {begin:.1f} s to {end:.1f} s, longer than --give-up {run.give_up:g} s, so "
        f"the run was ended after {reached} of {planned} requests"
    )


def _reasons(
    run: Run, generators: Sequence[GeneratorReport], lag: Quantiles, trace: Trace, ledger: Ledger, reached: int
) -> Iterator[str]:
    """Yield every reason why a run is not valid, the endpoint's first; they may be empty."""
    planned = len(trace)
    gone, lost = _why_gone(run, generators, reached, planned), _why_lost(run, trace, ledger, generators)
    yield from (gone, lost)
    if run.failed:
        yield run.failed
    elif run.interrupted:
        yield f"interrupted after {reached} of {planned} requests"
    elif reached < planned and not run.ended_early and not gone and not lost:
        yield f"the generator ended after {reached} of {planned} requests{SEE_LOG}"
    if lag.p99 is not None and lag.p99 > run.lag_limit:
        yield (
            f"the generator was late: lag p99 {lag.p99 * 1e3:.1f} ms, limit {run.lag_limit * 1e3:.1f} ms; "
            "lower --speed, or give the generator more processes or a machine of its own"
        )


def _why_pointless(requests: int, acknowledged: int, failures: Sequence[Failure]) -> str:
    """Return why a run says nothing about the endpoint's speed and memory; empty if it does."""
    if not requests or acknowledged:
        return ""
    most = f"; most often {failures[0]}" if failures else ""
    return f"the endpoint acknowledged none of {requests} requests{most}"
