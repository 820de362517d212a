"""Coverage of intervals on simulated days of a loss system, whose expected share of lost calls is known exactly.

Calls come at a rate of one per mean call, to one agent or two, and who finds no agent gives up at once. The day begins
empty, so the chain of the number of busy agents has an exact expectation over the day: of the lost calls, the rate of
arrivals times the expected time in which all agents are busy (the integral of a matrix exponential).

60 intervals of 20 days each are the quick tier, and 1,002 the full one (``SOJOURN_STATISTICAL=full``).
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.stats import binom

from sim.engine import Plan, make_plan
from sim.experiment.columns import ArrayColumns
from sim.experiment.estimate import compare, estimate
from sim.experiment.precision import checks, half_of_difference, half_of_value
from sim.experiment.variants import replicate_variants
from sim.kpis import Row
from sim.kpis.selection import select_kpis
from tests.support.simulated_days import SEED, days, scenario

pytestmark = [pytest.mark.statistical, pytest.mark.timeout(300 if days(1) == 1 else 3600)]

F8 = NDArray[np.float64]

DAYS = 20  # of an interval
REPETITIONS = 1002 if days(1) > 1 else 60
FALSE_ALARM = 1e-6  # of a correct program, each bound
TALK, OPEN = 120.0, 2 * 3600.0  # seconds
LOST = Row("abandonment", "all", "", None)


def loss_system(agents: int) -> Plan:
    day = scenario(
        run={"hours": "10:00-12:00", "interval": "1 h"},
        agents={"desk": {"serves": ["calls"], "staff": agents}},
        intents={
            "question": {
                "demand": 3600.0 / TALK,
                "start": "call",
                "steps": {
                    "call": {
                        "channel": "voice",
                        "queue": "calls",
                        "talk": {"law": "exponential", "mean": TALK},
                        "wrap_up": "0 s",
                        "patience": "0 s",
                        "next": "resolved",
                        "if_abandoned": "gave_up",
                    }
                },
            }
        },
    )
    return select_kpis(make_plan(day), ["abandonment"], ["all"])


def expected_loss(agents: int) -> float:
    """Return the expected lost calls over the expected calls of a day that begins empty."""
    chain = np.zeros((agents + 2, agents + 2))  # the last state adds up the time in which all agents are busy
    for busy in range(agents):
        chain[busy, busy + 1] += 1.0
        chain[busy + 1, busy] += busy + 1.0
    chain -= np.diag(chain.sum(axis=1))
    chain[agents, agents + 1] = 1.0
    return float(expm(chain * OPEN / TALK)[0, agents + 1] / (OPEN / TALK))


OF_ONE, OF_TWO = expected_loss(1), expected_loss(2)


@pytest.fixture(scope="module")
def simulated() -> list[tuple[F8, F8]]:
    """Lost calls and calls of many days, of one agent and of two: the same customers."""
    both = replicate_variants([loss_system(1), loss_system(2)], seed=SEED, replications=DAYS * REPETITIONS)
    return [(each.num[:, 0].reshape(REPETITIONS, DAYS), each.den[:, 0].reshape(REPETITIONS, DAYS)) for each in both]


def assert_honest(covered: int, intervals: int) -> None:
    """Refuse a coverage below 93 % or above 97 %."""
    assert binom.ppf(FALSE_ALARM, intervals, 0.93) <= covered <= binom.isf(FALSE_ALARM, intervals, 0.97)


def test_the_expected_loss_tends_to_erlang_b() -> None:
    assert expected_loss(1) == pytest.approx(0.5 * (1 - (1 - np.exp(-120.0)) / 120.0), rel=1e-9)  # in closed form
    assert expected_loss(2) == pytest.approx(0.2, abs=0.01)  # of a long day


def test_intervals_and_paired_differences_cover(simulated: list[tuple[F8, F8]]) -> None:
    rows = tuple(LOST._replace(by="queue", key=str(number)) for number in range(REPETITIONS))
    (lost, calls), (less, same) = ((num.T.copy(), den.T.copy()) for num, den in simulated)
    np.testing.assert_array_equal(calls, same)  # of the same customers
    estimates = estimate(rows, lost, calls)
    assert_honest(np.count_nonzero((estimates.low <= OF_ONE) & (estimates.high >= OF_ONE)), REPETITIONS)
    both = compare(rows, (lost, calls), (less, same))
    assert_honest(np.count_nonzero((both.low <= OF_TWO - OF_ONE) & (both.high >= OF_TWO - OF_ONE)), REPETITIONS)
    others = compare(rows, (lost, calls), (np.roll(less, 1, axis=1), np.roll(same, 1, axis=1)))
    assert np.mean(both.high - both.low) < np.mean(others.high - others.low)


def test_a_against_a_is_significant_in_five_per_cent(simulated: list[tuple[F8, F8]]) -> None:
    lost, calls = (part.T.copy() for part in simulated[0])
    rows = tuple(LOST._replace(by="queue", key=str(number)) for number in range(REPETITIONS // 2))
    halves = [(lost[:, begin::2].copy(), calls[:, begin::2].copy()) for begin in (0, 1)]
    alarms = compare(rows, *halves, families=[row.key for row in rows]).significant.sum()
    assert binom.ppf(FALSE_ALARM, len(rows), 0.03) <= alarms <= binom.isf(FALSE_ALARM, len(rows), 0.07)


@pytest.mark.parametrize(("half", "of_difference"), [(0.03, 0.019), (0.024, 0.0155)])  # of 20 and 30 days, about
def test_intervals_cover_after_a_precision_stop(
    simulated: list[tuple[F8, F8]], half: float, of_difference: float
) -> None:
    most = 3 * DAYS  # days of a repetition
    (lost, calls), (less, _) = ([part.reshape(-1, most, 1) for part in each] for each in simulated)
    values = differences = 0
    ends = set()
    for before, after, den in zip(lost, less, calls, strict=True):
        for number in checks(most):
            width, value = half_of_value(ArrayColumns(before[:number], den[:number]), 0)
            if width <= half:
                break
        ends.add(number)
        values += abs(value - OF_ONE) <= width
        for number in checks(most):
            sources = [(ArrayColumns(num[:number], den[:number]), 0) for num in (before, after)]
            width, _ = half_of_difference(sources[0], sources[1:])
            if width <= of_difference:
                break
        difference = (after[:number] - before[:number]).sum() / den[:number].sum()
        differences += abs(difference - (OF_TWO - OF_ONE)) <= width
    assert len(ends) > 1  # some go on
    assert_honest(values, len(lost))
    assert_honest(differences, len(lost))
