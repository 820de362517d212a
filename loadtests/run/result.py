"""What a load run says: counts, latencies, the generator's own lag, and whether any of it is valid."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from loadtests.contract.vocabulary import Class, Verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from loadtests.ledger import Ledger
    from loadtests.trace.model import Trace
    from loadtests.verification.journeys import Verification

__all__ = ["LAG_LIMIT", "LoadResult", "Quantiles", "Run", "measure", "quantiles"]

LAG_LIMIT: Final = 0.05
"""Seconds that 1 % of the requests may leave later than they were due, before the run is invalid."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Of some seconds; ``None`` where there were none."""

    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None


def quantiles(seconds: NDArray[np.float64]) -> Quantiles:
    """Return the quantiles of what is finite: observed values, none between two of them."""
    finite = seconds[np.isfinite(seconds)]
    if not len(finite):
        return Quantiles(None, None, None, None)
    p50, p95, p99, most = np.quantile(finite, [0.5, 0.95, 0.99, 1.0], method="inverted_cdf").tolist()
    return Quantiles(p50, p95, p99, most)


@dataclass(frozen=True, slots=True)
class Run:
    """How a trace was sent."""

    token: str
    host: str
    contract: str  # its title
    speed: float
    workers: int
    lag_limit: float
    interrupted: bool = False
    failed: str = ""  # why the generator ended, where it did not end by itself


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The result of a load run; all times in seconds.

    A *request* is a row of the trace, an *attempt* one sending of it. Latency counts from the instant at which a
    request was due to its last answer; it is the sum of time blocked by the journey's previous request, lag of the
    generator, service time, and waits before retries. A request that timed out counts with the time it took.

    How long an agent who asks for work waits until there is some says little of the endpoint: that is
    ``wait_for_work``, and is in no latency nor service time.
    """

    run: Run
    valid: bool
    why: str | None  # not valid
    journeys: int
    agents: int
    planned: int  # requests of the trace whose verb is offered
    requests: int  # of which so many were sent
    attempts: int
    acknowledged: int  # requests
    error_rate: float  # requests that were sent and not acknowledged, over requests sent
    elapsed: float  # from the first request's due to the last answer
    throughput: float  # acknowledged requests per second
    latency: Quantiles
    service_time: Quantiles
    blocked: Quantiles
    lag: Quantiles
    wait_for_work: Quantiles
    by_class: Mapping[str, int]  # attempts
    by_verb: Mapping[str, Mapping[str, int]]  # attempts
    not_offered: Mapping[str, int]  # requests by verb that the endpoint does not offer; they were not sent
    verification: Verification | None

    def as_json(self) -> dict[str, Any]:
        """Return the content of ``load.json``."""
        plain = asdict(self)
        plain["verification"] = None if self.verification is None else self.verification.as_json()
        plain["not_offered"] = sorted(self.not_offered)
        plain["not_offered_requests"] = dict(self.not_offered)
        return plain


def measure(trace: Trace, ledger: Ledger, run: Run, not_offered: Mapping[str, int]) -> LoadResult:
    """Work a run's result out from its ledger.

    Parameters
    ----------
    trace
        What was to be sent: only verbs that are offered.
    ledger
        Every attempt.
    run
        How it was sent.
    not_offered
        Requests that were left out, by verb.

    Returns
    -------
    LoadResult
        Not yet verified.
    """
    sent = ledger["kind"] != Class.NOT_SENT
    last = _last_attempts(ledger)
    final = last & sent
    acknowledged = final & ledger.acknowledged
    requests = int(final.sum())
    lag = quantiles((ledger["began"] - ledger["ready"])[sent])
    ended = ledger["ended"][final]
    over = ended[np.isfinite(ended)]
    elapsed = float(over.max() - ledger["due"].min()) if len(over) else 0.0
    first = ledger["attempt"] == 1
    asks = ledger["verb"] == Verb.READY
    lanes = np.unique(ledger["journey"])
    took = ledger["ended"] - ledger["due"]
    why = _why_invalid(run, lag, int(last.sum()), len(trace))
    return LoadResult(
        run=run,
        valid=not why,
        why=why or None,
        journeys=int((lanes < trace.journeys).sum()),
        agents=int((lanes >= trace.journeys).sum()),
        planned=len(trace),
        requests=requests,
        attempts=int(sent.sum()),
        acknowledged=int(acknowledged.sum()),
        error_rate=1.0 - int(acknowledged.sum()) / requests if requests else 0.0,
        elapsed=elapsed,
        throughput=int(acknowledged.sum()) / elapsed if elapsed > 0 else 0.0,
        latency=quantiles(took[final & ~asks]),
        service_time=quantiles((ledger["ended"] - ledger["began"])[sent & ~asks]),
        blocked=quantiles((ledger["ready"] - ledger["due"])[first]),
        lag=lag,
        wait_for_work=quantiles(took[final & asks]),
        by_class=_by_class(ledger["kind"]),
        by_verb={
            verb.name.lower(): kinds for verb in Verb if (kinds := _by_class(ledger["kind"][ledger["verb"] == verb]))
        },
        not_offered=not_offered,
        verification=None,
    )


def _last_attempts(ledger: Ledger) -> NDArray[np.bool_]:
    """Tell of each attempt whether it is the request's last."""
    name = (ledger["journey"].astype(np.int64) << 32) | ledger["seq"]
    order = np.lexsort((ledger["attempt"], name))
    last = np.ones(len(order), dtype=bool)
    last[:-1] = name[order][1:] != name[order][:-1]
    found = np.zeros(len(order), dtype=bool)
    found[order] = last
    return found


def _by_class(kinds: NDArray[np.int8]) -> dict[str, int]:
    """Count attempts by class."""
    return {Class(kind).name.lower(): count for kind, count in sorted(Counter(kinds.tolist()).items())}


def _by_verb(ledger: Ledger) -> dict[str, dict[str, int]]:
    """Count attempts by verb and class."""
    verbs = [Verb(code) for code in np.unique(ledger["verb"]).tolist()]
    return {verb.name.lower(): _by_class(ledger["kind"][ledger["verb"] == verb]) for verb in verbs}


def _why_invalid(run: Run, lag: Quantiles, reached: int, planned: int) -> str:
    """Say why a run says nothing about the endpoint; empty if it does."""
    if run.failed:
        return run.failed
    if run.interrupted:
        return f"interrupted after {reached} of {planned} requests"
    if reached < planned:
        return f"the generator ended after {reached} of {planned} requests; see locust.log"
    if lag.p99 is not None and lag.p99 > run.lag_limit:
        return (
            f"the generator was late: lag p99 {lag.p99 * 1e3:.1f} ms, limit {run.lag_limit * 1e3:.1f} ms; "
            "lower --speed, or give the generator more processes or a machine of its own"
        )
    return ""
