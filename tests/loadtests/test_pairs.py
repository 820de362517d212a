"""Statistics of paired runs: levels of repeated looks, intervals, outcomes, and their false-alarm rate and power."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, inf, log

import numpy as np
import pytest
from scipy.stats import binom, ttest_rel
from scipy.stats import t as student

from loadtests.verdict.alpha_spending import crossing_probability, look_level, look_levels
from loadtests.verdict.pairs import Finding, Looks, Noise, Outcome, PairedRuns, compare_pairs, detectable_ratio, overall
from tests.support.confidence import ALPHA
from tests.support.run_noise import compare_in_looks, paired_measures, sides

COMPARISONS = 500


def _equal(looks: int) -> tuple[float, ...]:
    return tuple((look + 1) / looks for look in range(looks))


@pytest.mark.parametrize(("looks", "rate"), [(1, 0.05), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193)])
def test_looks_at_a_level_of_5_percent_have_the_false_alarms_of_armitage_mcpherson_and_rowe(
    looks: int, rate: float
) -> None:
    assert crossing_probability((0.05,) * looks, _equal(looks)) == pytest.approx(rate, abs=0.0005)


def test_the_boundaries_of_pocock_and_of_o_brien_and_fleming_keep_5_percent() -> None:
    """Table 2.1 and 2.3 of Jennison and Turnbull (2000): 2.413, and 2.040 times the root of K / k, for five looks."""
    levels = student(inf).sf
    pocock = (2 * float(levels(2.413)),) * 5
    o_brien = tuple(2 * float(levels(2.040 * (5 / look) ** 0.5)) for look in range(1, 6))
    for boundaries in (pocock, o_brien):
        assert crossing_probability(boundaries, _equal(5)) == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize("fractions", [(1.0,), _equal(3), _equal(10), (0.1, 0.15, 0.9, 1.0)])
def test_all_looks_together_spend_the_level(fractions: tuple[float, ...]) -> None:
    levels = look_levels(0.01, fractions)
    assert crossing_probability(levels, fractions) == pytest.approx(0.01, rel=1e-9)
    assert all(0 < level <= 0.01 + 1e-12 for level in levels)


def test_a_look_does_not_depend_on_later_ones() -> None:
    assert look_level(0.05, (5,), 15) == look_levels(0.05, _equal(3))[0]
    assert look_level(0.05, (15,), 15) == pytest.approx(0.05, rel=1e-9)


def _runs(*ratios: float, name: str = "p50", a: float = 0.1, noise: Noise | None = None) -> PairedRuns:
    return PairedRuns(name, (a,) * len(ratios), tuple(a * ratio for ratio in ratios), 0.001, noise)


def _compared(*ratios: float, a: float = 0.1, noise: Noise | None = None) -> Finding:
    (finding,) = compare_pairs([_runs(*ratios, a=a, noise=noise)], Looks((len(ratios),), len(ratios)))
    return finding


def test_one_look_at_one_measure_is_the_paired_t_interval() -> None:
    ratios = (1.12, 1.06, 1.15, 1.09, 1.11)
    finding = _compared(*ratios)
    interval = ttest_rel(np.log(ratios), np.zeros(5)).confidence_interval(0.95)
    assert (log(finding.low), log(finding.high)) == pytest.approx(tuple(interval), rel=1e-9)
    assert finding.outcome == Outcome.SLOWER
    assert finding.ratio == pytest.approx(exp(np.log(ratios).mean()))


@pytest.mark.parametrize(
    ("ratios", "outcome"),
    [
        ((1.10, 1.11, 1.09, 1.10), Outcome.SLOWER),
        ((0.90, 0.91, 0.89, 0.90), Outcome.FASTER),
        ((1.01, 0.99, 1.00, 1.01), Outcome.SAME),
        ((1.03, 1.03, 1.03, 1.03), Outcome.SAME),  # significant, and too small to matter
        ((1.00, 1.00, 1.00, 1.00), Outcome.SAME),
        ((1.30, 0.90, 1.20, 1.00), Outcome.INCONCLUSIVE),
        ((1.04, 1.07, 1.03, 1.055), Outcome.INCONCLUSIVE),  # significant, and about what matters
        ((1.50,), Outcome.INCONCLUSIVE),  # one pair has no interval
    ],
)
def test_outcomes(ratios: tuple[float, ...], outcome: Outcome) -> None:
    assert _compared(*ratios).outcome == outcome


def test_a_millisecond_and_twice_the_noise_floor_are_what_matters_at_least() -> None:
    ratios = (1.10, 1.11, 1.09, 1.10)
    assert _compared(*ratios, a=0.002).outcome == Outcome.SAME  # 0.2 ms of 2 ms
    assert _compared(*ratios, a=0.002).margin == pytest.approx(1.5)
    noisy = Noise(mean=0.0, deviation=0.16, pairs=10)  # of the mean of four pairs: 8 %
    assert _compared(*ratios, noise=noisy).outcome == Outcome.SAME
    assert _compared(*ratios, noise=noisy).margin == pytest.approx(exp(0.16))
    assert Noise(mean=-0.1, deviation=0.16, pairs=10).floor(16) == pytest.approx(0.1)  # the second place costs 10 %


def test_the_smaller_the_p_value_the_stricter_the_level() -> None:
    """Holm: with three measures, 5 % / 3 for the most significant one, then 5 % / 2, then 5 %."""
    clear, weak, noise = (1.30, 1.31, 1.29, 1.30), (1.20, 1.06, 1.16, 1.12), (1.2, 0.9, 1.1, 0.95)
    measures = [_runs(*ratios, name=name) for name, ratios in (("n", noise), ("w", weak), ("c", clear))]
    findings = {each.name: each for each in compare_pairs(measures, Looks((4,), 4))}
    assert [findings[name].outcome for name in "cwn"] == [Outcome.SLOWER, Outcome.SLOWER, Outcome.INCONCLUSIVE]
    for name, ratios, level in (("c", clear, 0.05 / 3), ("w", weak, 0.05 / 2), ("n", noise, 0.05)):
        interval = ttest_rel(np.log(ratios), np.zeros(4)).confidence_interval(1 - level)
        assert (log(findings[name].low), log(findings[name].high)) == pytest.approx(tuple(interval), rel=1e-6)
    alone = compare_pairs([_runs(*weak), *[_runs(*noise)] * 2], Looks((4,), 4))
    assert alone[0].outcome == Outcome.INCONCLUSIVE  # at 5 % / 3, it is not significant
    assert overall(tuple(findings.values())) == Outcome.SLOWER
    assert overall(alone) == Outcome.INCONCLUSIVE


def _share_settled(mean: float, deviation: float, pairs: int, limit: float, level: float) -> float:
    """Return the share of simulated comparisons whose interval is above the limit, or within it for means below."""
    draws = np.random.default_rng(3).normal(mean, deviation, (20_000, pairs))
    half = student.ppf(1 - level / 2, pairs - 1) * draws.std(axis=1, ddof=1) / pairs**0.5
    centres = draws.mean(axis=1)
    return float(
        np.mean((centres - half > 0) & (centres > limit)) if mean > limit else np.mean(np.abs(centres) + half < limit)
    )


@pytest.mark.parametrize(("mean", "level"), [(0.02, 0.1), (0.12, 0.05)])
def test_the_number_of_pairs_that_would_settle_it_does_in_80_percent(mean: float, level: float) -> None:
    ratios = tuple(exp(mean + offset) for offset in (-0.15, 0.15, -0.15, 0.15))
    finding = _compared(*ratios)
    assert finding.outcome == Outcome.INCONCLUSIVE
    assert finding.needed is not None
    deviation = float(np.std(np.log(ratios), ddof=1))
    share = _share_settled(mean, deviation, int(finding.needed), log(1.05), level)
    assert 0.77 < share < 0.86  # of 20,000; the formula adds two quantiles of Student's law
    at_the_margin = tuple(1.0499 * exp(offset) for offset in (-0.09, 0.09, -0.09, 0.09))
    assert _compared(*at_the_margin).needed == inf
    assert _compared(1.5).needed == inf


def test_the_smallest_detectable_effect_is_called_slower_in_80_percent() -> None:
    noise, pairs = Noise(mean=0.0, deviation=0.06, pairs=20), 8
    ratio = detectable_ratio(noise, pairs, 1, log(1.05))
    generator = np.random.default_rng(4)
    slower = 0
    for _ in range(400):
        ratios = np.exp(generator.normal(log(ratio), noise.deviation, pairs)).tolist()
        slower += _compared(*ratios, noise=noise).outcome == Outcome.SLOWER
    low, high = binom.interval(1 - ALPHA, 400, 0.8)
    assert low - 12 <= slower <= high + 12  # the formula adds quantiles: 3 % of 400
    assert detectable_ratio(noise, 40, 1, log(1.05)) < ratio < detectable_ratio(noise, 8, 5, log(1.05))


def test_runs_alternate_so_that_a_drift_cancels() -> None:
    assert "".join("AB"[of_b] for of_b in sides(4)) == "ABBAABBA"


def _share_slower(effects: Mapping[str, float], comparisons: int, seed: int) -> tuple[float, float]:
    """Return the share of comparisons in which a measure ends slower or faster, and that share by a naive rule.

    The naive rule is a t interval of 95 % for each measure at each look.
    """
    generator = np.random.default_rng(seed)
    alarms = naive = 0
    for _ in range(comparisons):
        measures = paired_measures(generator, 15, effects)
        findings, _ = compare_in_looks(measures, 5)
        alarms += any(each.outcome in {Outcome.SLOWER, Outcome.FASTER} for each in findings)
        logs = np.array([each.log_ratios for each in measures])
        t = [logs[:, :n].mean(axis=1) / (logs[:, :n].std(axis=1, ddof=1) / n**0.5) for n in (5, 10, 15)]
        limits = student.ppf(0.975, [4, 9, 14])
        naive += bool((np.abs(np.array(t)) > limits[:, None]).any())
    return alarms / comparisons, naive / comparisons


@pytest.mark.statistical
@pytest.mark.slow
def test_equal_endpoints_are_called_different_in_at_most_5_percent_though_the_machine_drifts() -> None:
    """In 500 comparisons of five measures with looks after 5, 10 and 15 pairs; in truth the rate is about 2.5 %.

    If it were above 5 %, the test would fail more often than not; as it is, the chance of a failure is below 1e-3 for
    another seed, and the seed is fixed. The naive rule fails by far.
    """
    share, naive = _share_slower({}, COMPARISONS, seed=5)
    assert share <= 0.05
    assert naive > binom.isf(ALPHA, COMPARISONS, 0.05) / COMPARISONS


@pytest.mark.statistical
@pytest.mark.slow
@pytest.mark.parametrize("effects", [{"p50": 1.10}, {"cpu": 1.10}, {"p95": 1.20}], ids=lambda e: next(iter(e)))
def test_a_slowdown_that_matters_is_found_in_at_least_80_percent(effects: dict[str, float]) -> None:
    """Within 15 pairs, at a noise of 3 % (p50), 1.5 % (CPU) and 5 % (p95) of a run, and a drift of 5 %."""
    share, _ = _share_slower(effects, 60, seed=6)
    assert share >= 0.8
