"""Result of a duel: the measures of each run, and the comparison of the pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from statistics import geometric_mean, median
from typing import Any, Final

from loadtests.verdict.evidence import LAGS, QUANTILES, requests_without_errors, samples_wanted
from loadtests.verdict.pairs import Finding, Noise, Outcome, PairedRuns, overall

__all__ = [
    "ENOUGH_WITHOUT_ERRORS",
    "FEWEST_PAIRS",
    "Duel",
    "DuelPlan",
    "DuelRun",
    "Side",
]

FEWEST_PAIRS: Final = 2
ENOUGH_WITHOUT_ERRORS: Final = requests_without_errors(0.001)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two endpoints.

    Parameters
    ----------
    name
        ``"a"`` or ``"b"``.
    host
        Its URL.
    process
        Number of its process on this machine, whose CPU time is measured; None = not measured.
    """

    name: str
    host: str
    process: int | None = None


@dataclass(frozen=True, slots=True)
class DuelPlan:
    """The pairs of runs that there can be.

    Parameters
    ----------
    pairs
        From one look to the next.
    looks
        At most this many.
    warm_up
        Runs of each endpoint before the first pair, which do not count.
    duet
        Whether the two runs of a pair are made at the same time, instead of in turns.
    """

    pairs: int = 5
    looks: int = 3
    warm_up: int = 1
    duet: bool = False

    @property
    def most(self) -> int:
        """The largest number of pairs."""
        return self.pairs * self.looks


@dataclass(frozen=True, slots=True)
class DuelRun:
    """The measures of one run.

    Parameters
    ----------
    side, pair
        ``"a"`` or ``"b"``, and the number of its pair from 1; 0 = warm-up.
    folder
        Of its ``load.json`` and its ledger, within the result.
    valid, why
        Whether it can be judged; if not, why.
    requests, samples, failed
        Requests sent, those of them with a latency, and those that were not acknowledged.
    latency
        Seconds by quantile.
    lag_p95
        The generator's own, in seconds.
    cpu
        Seconds of CPU time of the endpoint per journey; None = not measured.
    """

    side: str
    pair: int
    folder: str
    valid: bool
    why: str | None
    requests: int
    samples: int
    failed: int
    latency: Mapping[str, float | None]
    lag_p95: float | None
    cpu: float | None

    def value(self, measure: str) -> float | None:
        """Return a measure, positive; None = not measured, or of too few requests.

        A share of errors counts half an error and one request more, so that it has a logarithm without errors, too
        (F. J. Anscombe, On estimating binomial response relations, Biometrika 43 (1956), 461-464).
        """
        if measure == "error rate":
            enough = self.requests >= samples_wanted(QUANTILES["p50"])
            return (self.failed + 0.5) / (self.requests + 1.0) if enough else None
        if measure in QUANTILES:
            return self.latency.get(measure) if self.samples >= samples_wanted(QUANTILES[measure]) else None
        return self.cpu or None  # a clock that is too coarse shows no time


@dataclass(frozen=True, slots=True)
class Duel:
    """The result of a duel.

    Parameters
    ----------
    a, b
        The endpoints.
    plan
        Of the pairs.
    calibration
        Whether A was compared with itself, to learn the noise.
    runs
        In the order in which they were made.
    looks
        The numbers of pairs at each look.
    measures, findings
        The paired values of each measure, and what they say.
    not_judged
        Why other measures were not judged.
    interrupted
        Whether it was ended by an interrupt.
    """

    a: Side
    b: Side
    plan: DuelPlan
    calibration: bool = False
    runs: tuple[DuelRun, ...] = ()
    looks: tuple[int, ...] = ()
    measures: tuple[PairedRuns, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_judged: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def pairs(self) -> tuple[tuple[DuelRun, DuelRun], ...]:
        """The pairs that count: both runs are valid."""
        runs = {(run.pair, run.side): run for run in self.runs if run.pair and run.valid}
        return tuple(
            (runs[pair, "a"], runs[pair, "b"]) for pair, side in sorted(runs) if side == "a" and (pair, "b") in runs
        )

    @property
    def invalid(self) -> tuple[DuelRun, ...]:
        """The runs that do not count because they are not valid."""
        return tuple(run for run in self.runs if run.pair and not run.valid)

    @property
    def own_lag(self) -> tuple[float, float] | None:
        """The generator's own lag p95, the median of the runs, and A's p95 as in the table; None = not measured."""
        lags = [run.lag_p95 for pair in self.pairs for run in pair if run.lag_p95 is not None]
        wanted = [p95 for run, _ in self.pairs if (p95 := run.latency["p95"])]
        return (median(lags), geometric_mean(wanted)) if lags and wanted else None

    @property
    def precise(self) -> bool:
        """Whether the generator's own lag is small beside A's latency, where both are known."""
        return self.own_lag is None or LAGS * self.own_lag[0] < self.own_lag[1]

    @property
    def judged(self) -> bool:
        """Whether there is an outcome: pairs enough, a measure of them, and a generator that was quick enough."""
        return bool(self.findings) and self.precise

    @property
    def outcome(self) -> Outcome:
        """The outcome for B."""
        return overall(self.findings) if self.judged else Outcome.INCONCLUSIVE

    @property
    def noise(self) -> dict[str, Noise]:
        """The noise of each measure, which a calibration learns that ran to its end."""
        learnt = self.calibration and self.judged and not self.interrupted
        return {each.name: each.as_noise() for each in self.measures} if learnt else {}

    def as_json(self) -> dict[str, Any]:
        """Return the content of ``duel.json``."""
        return {
            "a": asdict(self.a),
            "b": asdict(self.b),
            "plan": asdict(self.plan),
            "calibration": self.calibration,
            "interrupted": self.interrupted,
            "judged": self.judged and not self.interrupted,
            "outcome": str(self.outcome),
            "pairs": len(self.pairs),
            "looks": list(self.looks),
            "measures": [each.as_json() for each in self.findings],
            "not_judged": dict(self.not_judged),
            "values": {each.name: [*each.a, *each.b] for each in self.measures} if self.noise else {},
            "noise": {name: asdict(noise) for name, noise in self.noise.items()},
            "runs": [asdict(run) for run in self.runs],
        }
