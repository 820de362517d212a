"""Duel: pairs of load runs of two endpoints on the same trace, until the difference is settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from loadtests.run.duel_result import (
    ENOUGH_WITHOUT_ERRORS,
    FEWEST_PAIRS,
    Duel,
    DuelPlan,
    DuelRun,
    Side,
)
from loadtests.run.duet import run_together
from loadtests.run.locust_process import run_locust
from loadtests.run.process_time import cpu_seconds
from loadtests.run.run import check_host, run_load
from loadtests.verdict.evidence import MEASURES, QUANTILES, samples_wanted, too_few_without_errors
from loadtests.verdict.pairs import Finding, Looks, Noise, Outcome, PairedRuns, compare_pairs
from sim.core import interrupts
from sim.core.errors import CannotWrite, InvalidInput, Unreachable

if TYPE_CHECKING:
    from loadtests.run.locust_process import Send
    from loadtests.run.result import LoadResult
    from loadtests.trace.model import Trace

__all__ = ["LoadSettings", "check_side", "judge_runs", "run_duel", "run_once"]


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """Settings of each run, as `loadtests.run.run.run_load` has them."""

    contract: Path
    speed: float
    workers: int
    duration: float | None
    max_requests: int | None
    grace: float
    send: Send = run_locust


def check_side(side: Side) -> None:
    """Check that an endpoint answers, and that its CPU time can be read.

    Parameters
    ----------
    side
        The endpoint.

    Raises
    ------
    InvalidInput, Unreachable
        It does not, or cannot.
    """
    with _naming(side):
        check_host(side.host)
    cpu_seconds(side.process)


@contextmanager
def _naming(side: Side) -> Iterator[None]:
    """Let an error say which of the endpoints it is about; a load test has one, and the option --host."""
    option, name = f"--{side.name}", f"endpoint {side.name.upper()}"
    try:
        yield
    except InvalidInput as error:
        problems = [
            replace(each, file=each.file.replace("--host", option), message=f"{each.message} ({name}, {side.host})")
            for each in error.problems
        ]
        raise InvalidInput(problems, error.outcome) from error
    except Unreachable as error:
        raise Unreachable(f"{str(error).replace('--host', option)} ({name})") from error


def run_duel(
    trace: Trace,
    a: Side,
    b: Side,
    settings: LoadSettings,
    *,
    out: Path,
    plan: DuelPlan,
    calibration: bool = False,
    noise: Mapping[str, Noise] | None = None,
    progress: Callable[[float], None] | None = None,
    pair_ended: Callable[[Duel], None] | None = None,
) -> Duel:
    """Send a trace to two endpoints in turns, ABBA, or to both at once, and compare them after every few pairs.

    The order ABBA lets a drift of the machine cancel; at once, A and B start first in this order. The duel ends at the
    first look that settles it. An interrupt (Ctrl-C) ends it, too; the pairs until then are compared.

    Parameters
    ----------
    trace
        The requests, the same for all runs.
    a, b
        The endpoints; in a calibration, the same one or the same build.
    settings
        Of each run.
    out
        An existing folder; gets ``runs/``, with the ledger and ``load.json`` of each run.
    plan
        Of the pairs.
    calibration
        Whether A is compared with itself: then all pairs are run, and nobody looks in between.
    noise
        Of the machine, by measure, from a calibration.
    progress
        Called with the share of all runs that is done.
    pair_ended
        Called with the duel until then, when both runs of a pair have ended; the warm-up is none.

    Returns
    -------
    Duel
        What was run until its end or an interrupt.

    Raises
    ------
    InvalidInput, Unreachable, CannotWrite
        As by `run_load`.
    """
    duel = Duel(a, b, plan, calibration)
    total = 2 * (plan.most + plan.warm_up)
    for pair, sides in _order(duel):
        begun = len(duel.runs)
        report = partial(_report, progress, begun, len(sides), total)
        jobs = [partial(run_once, trace, side, settings, out, begun + index, pair) for index, side in enumerate(sides)]
        runs = run_together(jobs, report) if plan.duet else [jobs[0](report)]
        stopped = None in runs or bool(interrupts.presses())
        duel = replace(duel, runs=(*duel.runs, *(run for run in runs if run)), interrupted=stopped)
        if pair_ended is not None and pair and len(duel.runs) // 2 > begun // 2:
            pair_ended(duel)
        done = len(duel.runs) - 2 * plan.warm_up
        if stopped or (done and done % (2 * plan.pairs) == 0):
            duel = _looked(duel, noise or {})
            if stopped or _settled(duel):
                break
    return duel


def judge_runs(runs: Sequence[DuelRun], a: Side, b: Side, plan: DuelPlan) -> Duel:
    """Judge runs that were made before, as `run_duel` would have judged them: it ends at the look that settles it.

    Parameters
    ----------
    runs
        Those of all pairs, in their order.
    a, b
        The endpoints.
    plan
        Of the pairs.
    """
    duel = Duel(a, b, plan)
    for pairs in range(plan.pairs, plan.most + 1, plan.pairs):
        duel = _looked(replace(duel, runs=tuple(runs[: 2 * pairs])), {})
        if _settled(duel):
            break
    return duel


def _settled(duel: Duel) -> bool:
    """Tell whether more pairs would change nothing."""
    return duel.judged and duel.outcome != Outcome.INCONCLUSIVE and not duel.calibration


def _order(duel: Duel) -> Iterator[tuple[int, tuple[Side, ...]]]:
    """Yield a pair and those of its sides that run at once: the warm-up, and then ABBA."""
    plan = duel.plan
    for pair in (*[0] * plan.warm_up, *range(1, plan.most + 1)):
        sides = (duel.b, duel.a) if pair and pair % 2 == 0 else (duel.a, duel.b)
        yield from [(pair, sides)] if plan.duet else [(pair, (side,)) for side in sides]


def _report(progress: Callable[[float], None] | None, begun: int, runs: int, total: int, share: float) -> None:
    """Report the share of all runs that is done."""
    if progress is not None:
        progress((begun + runs * share) / total)


def run_once(
    trace: Trace,
    side: Side,
    settings: LoadSettings,
    out: Path,
    number: int,
    pair: int,
    progress: Callable[[float], None],
) -> DuelRun | None:
    """Run a load on one side.

    Parameters
    ----------
    trace
        The requests.
    side
        The endpoint.
    settings
        Of the run.
    out
        An existing folder; gets the run's own, ``runs/001-a`` and so on.
    number
        Of the run, from 0.
    pair
        Of the run, from 1; 0 = warm-up.
    progress
        Called with the share of the run that is done.

    Returns
    -------
    DuelRun or None
        None if it was interrupted.

    Raises
    ------
    InvalidInput, Unreachable, CannotWrite
        As by `run_load`.
    """
    name = f"runs/{number + 1:03}-{side.name}"
    try:
        (out / name).mkdir(parents=True)
    except OSError as error:
        raise CannotWrite(f"{out / name}: cannot be made: {error.strerror}") from None
    interrupts.allow(interrupts.KEEPING)
    try:
        before = cpu_seconds(side.process)
        with _naming(side):
            result = run_load(
                trace,
                settings.contract,
                side.host,
                out=out / name,
                speed=settings.speed,
                workers=settings.workers,
                duration=settings.duration,
                max_requests=settings.max_requests,
                grace=settings.grace,
                verified=False,
                progress=progress,
                send=settings.send,
            )
        after = cpu_seconds(side.process)
    except KeyboardInterrupt:
        return None
    if result.run.interrupted:
        return None
    used = None if before is None or after is None else after - before
    return _measured(result, side, pair, name, used)


def _measured(result: LoadResult, side: Side, pair: int, folder: str, cpu: float | None) -> DuelRun:
    """Return the measures of a run."""
    return DuelRun(
        side.name,
        pair,
        folder,
        result.valid,
        result.why,
        result.requests,
        result.samples,
        result.requests - result.acknowledged,
        {name: getattr(result.latency, name) for name in QUANTILES},
        max((lag.p95 for lag in (result.lag, result.own_lag) if lag.p95 is not None), default=None),
        None if cpu is None or not result.journeys else cpu / result.journeys,
    )


def _looked(duel: Duel, noise: Mapping[str, Noise]) -> Duel:
    """Compare the pairs until now."""
    pairs = duel.pairs
    if len(pairs) < FEWEST_PAIRS or duel.looks[-1:] == (len(pairs),):
        return duel  # nothing new
    not_judged: dict[str, str] = {}
    measures = []
    for name, least in MEASURES.items():
        a, b = (tuple(value for pair in pairs if (value := pair[side].value(name))) for side in (0, 1))
        if len(a) == len(b) == len(pairs):
            measures.append(PairedRuns(name, a, b, least, noise.get(name)))
        else:
            not_judged[name] = _why_not(name, duel)
    looks = (*duel.looks, len(pairs))
    findings = compare_pairs(measures, Looks(looks, duel.plan.most)) if measures else ()
    if why := too_few_without_errors(_failed(duel), _fewest_requests(duel)):
        # it still is one of the measures that share the level, so the false-alarm rate stays
        not_judged.setdefault("error rate", why)
        findings = tuple(each for each in findings if each.name != "error rate")
    findings = tuple(_with_enough_requests(each, duel) for each in findings)
    return replace(duel, looks=looks, measures=tuple(measures), findings=findings, not_judged=not_judged)


def _with_enough_requests(finding: Finding, duel: Duel) -> Finding:
    """Return a finding; the same error rate is one only if there were requests enough to see a difference.

    Without any error, requests enough show it, however their numbers vary.
    """
    fewest = _fewest_requests(duel)
    if finding.name == "error rate" and not _failed(duel):
        return replace(finding, outcome=Outcome.SAME, needed=None)
    if finding.name != "error rate" or finding.outcome != Outcome.SAME or fewest >= ENOUGH_WITHOUT_ERRORS:
        return finding
    needed = ceil(ENOUGH_WITHOUT_ERRORS * len(duel.pairs) / fewest)
    return replace(finding, outcome=Outcome.INCONCLUSIVE, needed=float(needed))


def _fewest_requests(duel: Duel) -> int:
    """Return the requests in all pairs of the side that has fewer."""
    return min(sum(pair[side].requests for pair in duel.pairs) for side in (0, 1))


def _failed(duel: Duel) -> int:
    """Return how many requests of all pairs failed."""
    return sum(run.failed for pair in duel.pairs for run in pair)


def _why_not(measure: str, duel: Duel) -> str:
    """Say why a measure was not judged, and what to do."""
    if measure in QUANTILES:
        fewest = min(run.samples for pair in duel.pairs for run in pair)
        wanted = samples_wanted(QUANTILES[measure])
        return f"a run has {fewest:,} requests, {wanted:,} are needed; send more: --duration, --max-requests"
    if measure == "error rate":
        return "a run has fewer than 40 requests"
    return "not measured; give --a-process and --b-process, numbers of processes on this machine"
