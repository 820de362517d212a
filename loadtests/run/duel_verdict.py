"""Verdict on a duel: one sentence, a table, and the checks for CI."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, log1p
from statistics import fmean
from typing import TYPE_CHECKING

from loadtests.run.duel_result import FEWEST_PAIRS, Duel
from loadtests.verdict.differences import (
    ERROR_RATE,
    difference_text,
    interval_text,
    ratio_text,
    remark_on_errors,
    shown,
)
from loadtests.verdict.evidence import LAGS
from loadtests.verdict.model import Check, Stage, Verdict
from loadtests.verdict.pairs import LEAST_RATIO, Finding, Outcome, detectable_ratio
from sim.core.units import counted

if TYPE_CHECKING:
    from loadtests.run.duel_result import DuelRun

__all__ = ["COLUMNS", "duel_rows", "duel_sentences", "verdict_of_duel"]

_MUCH = 0.1  # share of the latency that is the generator's own
COLUMNS = ("measure", "A", "B", "change", "interval", "outcome")


def duel_sentences(duel: Duel) -> tuple[str, ...]:
    """Return the outcome as a sentence, and then what else a reader must know.

    Parameters
    ----------
    duel
        Ended or interrupted.
    """
    sentences = [_calibrated(duel)] if duel.noise else [] if duel.calibration and duel.judged else [_outcome(duel)]
    if duel.interrupted and duel.judged:
        sentences.insert(0, f"Interrupted after {len(duel.pairs)} of at most {duel.plan.most} pairs: no verdict.")
    if duel.findings and not duel.calibration:
        sentences.append("Intervals: all measures and looks together have a confidence level of 95 %.")
        sentences += [
            remark_on_errors(finding, _base(duel, finding)) for finding in duel.findings if finding.name == ERROR_RATE
        ]
    if duel.findings:  # else the first sentence has the reasons
        sentences += [f"{name} was not judged: {why}." for name, why in duel.not_judged.items()]
    if duel.judged and duel.invalid:
        count = len(duel.invalid)
        sentences.append(f"{count} run{'s' * (count > 1)} not valid, and not counted: {duel.invalid[0].why}.")
    if duel.judged and (share := _share_of_lag(duel)) >= _MUCH:
        sentences.append(
            f"The generator's own lag is {share:.0%} of the latency of half the requests, so differences look smaller "
            "than they are; lower --speed, or give the generator a machine of its own."
        )
    return tuple(sentences)


def duel_rows(duel: Duel) -> Iterator[tuple[str, ...]]:
    """Yield a row of text for each measure, under `COLUMNS`.

    Parameters
    ----------
    duel
        Ended or interrupted.
    """
    for finding in duel.findings:
        a, b = _typical(duel, finding.name)
        yield (
            finding.name,
            a,
            b,
            difference_text(finding, _base(duel, finding)).replace("points", "pt"),
            interval_text(finding, _base(duel, finding)),
            _outcome_of(finding),
        )
    for name in duel.not_judged:
        yield (name, "", "", "", "", "not judged")


def verdict_of_duel(duel: Duel, title: str, *, strict: bool = False) -> Verdict:
    """Return the verdict on a duel.

    Parameters
    ----------
    duel
        Ended or interrupted.
    title
        Of the verdict.
    strict
        Whether what is inconclusive fails, with exit code 5.
    """
    checks = list(_validity(duel))
    for finding in duel.findings if duel.judged and not duel.calibration else ():
        a, b = _typical(duel, finding.name)
        base = _base(duel, finding)
        message = (
            f"{finding.name} is {b} at B and {a} at A: {difference_text(finding, base)} "
            f"({interval_text(finding, base)}), {_outcome_of(finding)}{_pairs_to_settle(finding)}"
        )
        check = Check(
            Stage.BASELINE,
            finding.name,
            finding.outcome != Outcome.SLOWER,
            *shown(finding, base),
            message=message,
            settled=finding.outcome != Outcome.INCONCLUSIVE,
            judged=not duel.interrupted,
        )
        checks.append(check)
    if duel.judged and not duel.calibration:
        checks += [
            Check(Stage.BASELINE, name, passed=True, actual=None, wanted=None, message=why, judged=False)
            for name, why in duel.not_judged.items()
        ]
    return Verdict(title, tuple(checks), strict=strict, outcome=duel_sentences(duel))


def _validity(duel: Duel) -> Iterator[Check]:
    """Check that there is something to judge."""
    count = len(duel.pairs)
    if duel.interrupted:
        message = f"the duel was interrupted after {count} of {duel.plan.most} pairs; repeat it to the end"
        yield Check(Stage.VALIDITY, "end", passed=False, actual="interrupted", wanted="to the end", message=message)
    message = f"{counted(count, 'pair')} of valid runs"
    if count < FEWEST_PAIRS:
        why = f"; {duel.invalid[0].why}" if duel.invalid else ""
        message = f"{message}, at least {FEWEST_PAIRS} are needed{why}"
    yield Check(Stage.VALIDITY, "pairs", count >= FEWEST_PAIRS, count, FEWEST_PAIRS, message)
    if count >= FEWEST_PAIRS:
        judged = [finding.name for finding in duel.findings]
        reasons = "; ".join(f"{name}: {why}" for name, why in duel.not_judged.items())
        verb = "measured until then, and not judged" if duel.interrupted else "judged"
        message = f"{verb}: {', '.join(judged)}" if judged else f"nothing could be judged; {reasons}"
        yield Check(Stage.VALIDITY, "measures", bool(judged), len(judged), 1, message)
    if duel.own_lag is not None:
        yield _own_lag(*duel.own_lag)


def _own_lag(lag: float, latency: float) -> Check:
    """Check that the generator's own lag is under a tenth of A's latency."""
    figures = f"the generator's own lag p95 is {1e3 * lag:.3g} ms"
    message = f"{figures}, under a tenth of A's p95 of {1e3 * latency:.3g} ms"
    if LAGS * lag >= latency:
        message = (
            f"{figures}, a tenth or more of A's p95 of {1e3 * latency:.3g} ms, so these runs say nothing about it; "
            "lower --speed, or give the generator a machine of its own"
        )
    return Check(Stage.VALIDITY, "generator's lag", LAGS * lag < latency, lag, latency / LAGS, message, seconds=lag)


def _outcome(duel: Duel) -> str:
    """Say how B compares with A."""
    if not duel.judged:
        first = next((check.message for check in _validity(duel) if not check.passed), "nothing was compared")
        return f"Invalid: {first}."
    after = f"after {len(duel.pairs)} pairs" + " side by side" * duel.plan.duet
    by_outcome = {outcome: [each for each in duel.findings if each.outcome == outcome] for outcome in Outcome}
    by_outcome_text = {
        outcome: ", ".join(f"{each.name} {difference_text(each, _base(duel, each))}" for each in findings)
        for outcome, findings in by_outcome.items()
    }
    if by_outcome[Outcome.SLOWER]:
        return f"B is slower than A, {after}: {by_outcome_text[Outcome.SLOWER]}."
    if unsettled := by_outcome[Outcome.INCONCLUSIVE]:
        parts = [
            f"{each.name} {difference_text(each, _base(duel, each))}{_pairs_to_settle(each)}" for each in unsettled
        ]
        return f"Inconclusive {after}: {', '.join(parts)}."
    if by_outcome[Outcome.FASTER]:
        return f"B is faster than A, {after}: {by_outcome_text[Outcome.FASTER]}."
    names = ", ".join(each.name for each in duel.findings)
    return f"B is as fast as A, {after}: no difference that matters in {names}."


def _calibrated(duel: Duel) -> str:
    """Say how noisy the machine is, and what a duel of this size would find."""
    pairs = len(duel.pairs)
    parts = []
    for name, noise in duel.noise.items():
        least = detectable_ratio(noise, pairs, len(duel.noise), log1p(LEAST_RATIO))
        parts.append(f"{name} {noise.floor(pairs):.1%} (finds {ratio_text(least)})")
    return f"Noise floor of {pairs} pairs, and the smallest slowdown that 80 of 100 duels find: {', '.join(parts)}."


def _share_of_lag(duel: Duel) -> float:
    """Return the generator's lag (p95) over the latency (p50), the mean of all runs."""
    runs = [run for pair in duel.pairs for run in pair]
    shares = [run.lag_p95 / latency for run in runs if run.lag_p95 is not None and (latency := run.latency["p50"])]
    return fmean(shares) if shares else 0.0


def _base(duel: Duel, finding: Finding) -> float:
    """Return the typical value of A."""
    return next(each for each in duel.measures if each.name == finding.name).typical[0]


def _typical(duel: Duel, measure: str) -> tuple[str, str]:
    """Return the typical values of A and B as text; of shares of errors, those of all runs."""
    if measure == ERROR_RATE:
        return _errors([a for a, _ in duel.pairs]), _errors([b for _, b in duel.pairs])
    runs = next(each for each in duel.measures if each.name == measure)
    a, b = runs.typical
    return _milliseconds(a), _milliseconds(b)


def _milliseconds(seconds: float) -> str:
    """Return seconds in milliseconds, with three digits or all before the point."""
    return f"{1e3 * seconds:.3g} ms" if seconds < 1.0 else f"{1e3 * seconds:,.0f} ms"


def _errors(runs: list[DuelRun]) -> str:
    return f"{sum(run.failed for run in runs) / sum(run.requests for run in runs):.3%}"


def _outcome_of(finding: Finding) -> str:
    """Return the outcome of a measure, in words that fit it."""
    if finding.name == ERROR_RATE and finding.outcome in {Outcome.SLOWER, Outcome.FASTER}:
        return "more errors" if finding.outcome == Outcome.SLOWER else "fewer errors"
    return str(finding.outcome)


def _pairs_to_settle(finding: Finding) -> str:
    """Return how many pairs would settle a measure, if it is not settled."""
    if finding.outcome != Outcome.INCONCLUSIVE or finding.needed is None:
        return ""
    pairs = f"about {finding.needed:.0f} pairs" if finding.needed < inf else "more than 1,000 pairs"
    return f" ({pairs} would settle it)"
