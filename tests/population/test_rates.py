"""Rates that are straight lines between times of day, and demand that begins or ends within an interval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sim.core.errors import InvalidInput
from sim.engine import make_plan
from sim.population import Population, draw_in_parts, draw_population, expected_volume
from sim.scenario import Scenario, read_scenario
from sim.scenario.cross_checks import cross_problems
from tests.support.simulated_days import SEED, scenario

HOUR = 3600.0
WEB = {"channel": "web", "time": 0, "next": "resolved"}
RUN = {"hours": "08:00-12:00", "interval": "1 h"}
PEAK = {"08:30": 0, "10:00": 6000, "11:15": 1200}
FALSE_ALARM = 1e-6
ADD = 'add them, or "else" for all days that are not named'


def made(run: dict[str, Any] | None = None, settings: dict[str, Any] | None = None, **intent: Any) -> Scenario:
    intents = {"it": {"start": "page", "steps": {"page": WEB}, **intent}}
    return scenario(run=RUN | (run or {}), agents={}, intents=intents, demand=settings or {})


def volume(subject: Scenario) -> list[float]:
    return make_plan(subject).volume[0].tolist()


def people(subject: Scenario, replication: int = 0) -> Population:
    return draw_population(make_plan(subject).demand(), SEED % 2**32, replication)


def test_expected_journeys_are_the_area_below_the_line() -> None:
    # Trapezoids: 0 to 2000 in half an hour; 2000 to 6000; 6000 to 2160 at 11:00; 2160 to 1200 in a quarter.
    assert volume(made(rate=PEAK)) == pytest.approx([500, 4000, 4080, 420])
    assert volume(made(rate=PEAK, growth="150 %", settings={"days": ["50 %"]})) == pytest.approx([375, 3000, 3060, 315])
    assert volume(made(rate=PEAK, settings={"per": "2 h"})) == pytest.approx([250, 2000, 2040, 210])


def exact(hour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the integral of the rate from 08:00 on, by hand, over its total."""
    up = np.clip(hour - 8.5, 0.0, 1.5)
    down = np.clip(hour - 10.0, 0.0, 1.25)
    return (2000 * up**2 + 6000 * down - 1920 * down**2) / 9000


@pytest.mark.parametrize("arrivals", ["poisson", "fixed", {"bursts": {"states": [{"rate": 1, "mean": "1 h"}] * 2}}])
def test_arrivals_follow_the_integral_of_the_rate(arrivals: Any) -> None:
    hours = people(made(rate=PEAK, arrivals=arrivals)).arrival / HOUR
    assert abs(len(hours) - 9000) < (1 if arrivals == "fixed" else 5 * np.sqrt(9000))
    # Counts of intervals are exact where they are fixed, so that the test errs on the safe side.
    assert stats.kstest(hours, exact).pvalue > FALSE_ALARM


@pytest.mark.parametrize("arrivals", ["scheduled", {"renewal": {"law": "fixed", "value": 1}}])
def test_even_arrivals_are_quantiles_of_the_rate(arrivals: Any) -> None:
    # With one interval, the customers divide the area below the line into equal parts.
    hours = people(made(run={"interval": "4 h"}, settings={"per": "1 h"}, rate=PEAK, arrivals=arrivals)).arrival / HOUR
    first = 0.5 if arrivals == "scheduled" else 1.0
    expected = (np.arange(len(hours)) + first) / 9000
    assert len(hours) in {8999, 9000}
    np.testing.assert_allclose(exact(hours), expected, atol=1e-9)


def test_counts_of_parts_of_an_interval_have_the_means_and_variances_of_a_poisson_process() -> None:
    rate = {time: rate / 100 for time, rate in PEAK.items()}
    small = made(run={"interval": "4 h"}, rate=rate, settings={"per": "1 h"})
    edges = np.array([8.0, 9.0, 9.5, 10.2, 10.8, 12.0])
    counts = np.array([np.histogram(people(small, number).arrival / HOUR, edges)[0] for number in range(400)])
    means = 90 * np.diff(exact(edges))
    total = counts.sum(axis=0)
    for observed, mean in zip(total, means, strict=True):
        assert stats.poisson(400 * mean).cdf(observed) > FALSE_ALARM
        assert stats.poisson(400 * mean).sf(observed - 1) > FALSE_ALARM
    dispersion = ((counts - means) ** 2 / means).sum()
    assert FALSE_ALARM < stats.chi2(counts.size).cdf(dispersion) < 1 - FALSE_ALARM


def test_more_demand_leaves_everybody_else_where_they_are() -> None:
    few, many = (people(made(rate=PEAK, growth=growth)) for growth in (1, 1.5))
    before, after = (dict(zip(each.key.tolist(), each.arrival.tolist(), strict=True)) for each in (few, many))
    assert len(after) > 1.4 * len(before)
    assert before.items() <= after.items()


def test_customers_drawn_in_parts_are_the_same() -> None:
    demand = make_plan(made(run={"days": 2}, rate=PEAK, hours="08:40-11:10")).demand()
    whole = draw_population(demand, 3, 1)
    parts = list(draw_in_parts(demand, 3, 1, customers=500))
    assert len(parts) > 3
    np.testing.assert_array_equal(np.concatenate([part.arrival for part in parts]), whole.arrival)


def test_a_constant_rate_draws_customers_as_evenly_as_demand() -> None:
    even = people(made(demand=200)).arrival
    line = people(made(rate={"08:00": 200, "12:00": 200})).arrival
    np.testing.assert_allclose(line, even, rtol=0, atol=1e-6)


def test_demand_begins_and_ends_within_an_interval() -> None:
    cut = made(demand=[600, 60, 600, 60], hours="08:10-10:40")
    assert volume(cut) == pytest.approx([500, 60, 400, 0])
    arrival = people(cut).arrival
    assert 8 * HOUR + 600 < arrival.min() < arrival.max() < 10 * HOUR + 2400
    every = people(made(demand=[600, 60, 600, 60], hours="08:00-12:00")).arrival
    np.testing.assert_allclose(every, people(made(demand=[600, 60, 600, 60])).arrival, rtol=0, atol=1e-6)
    assert volume(made(rate=PEAK, hours="09:00-10:00")) == pytest.approx([0, 4000, 0, 0])


def test_rates_and_hours_may_differ_by_day() -> None:
    by_day = made(run={"days": 2}, rate={"mon": {"08:00": 10, "12:00": 10}, "else": {"09:00": 4, "11:00": 0}})
    assert volume(by_day) == pytest.approx([10] * 4 + [0] * 20 + [0, 3, 1, 0])
    hours = made(run={"days": 2}, demand=6, hours={"mon": "08:30-09:00", "tue": "closed"})
    assert volume(hours) == pytest.approx([3] + [0] * 27)


def test_nights_have_times_of_two_dates() -> None:
    night = {"hours": "22:00-02:00"}
    assert volume(made(run=night, rate={"23:00": 0, "01:00": 40})) == pytest.approx([0, 10, 30, 0])
    assert volume(made(run=night, demand=8, hours="23:30-00:15")) == pytest.approx([0, 4, 2, 0])
    around = {"hours": "24/7", "interval": "6 h", "days": 2}
    assert volume(made(run=around, demand=6, hours="21:00-01:00")) == pytest.approx([1, 0, 0, 3, 1, 0, 0, 3])


def test_a_rate_follows_the_clock_through_its_change() -> None:
    # At 02:00 the clock goes forward to 03:00: nobody has the rate of 02:30.
    run = {"start": "2025-03-30", "time_zone": "Europe/Berlin", "hours": "00:00-06:00"}
    assert volume(made(run=run, rate={"00:00": 0, "06:00": 12})) == pytest.approx([1, 3, 7, 9, 11])


@pytest.mark.parametrize(
    ("intent", "problem"),
    [
        ({"rate": PEAK, "demand": 3}, "is not used, because the rate says what comes; remove one of the two"),
        ({"rate": {"06:00": 1, "07:00": 2}}, "lies outside the run's hours, 08:00-12:00, so nobody comes"),
        ({"demand": 2, "hours": "06:00-07:00"}, "lie outside the run's hours, 08:00-12:00, so nobody comes"),
        (
            {"rate": {"tue": PEAK}},
            'has nothing for day 1 (Monday); add them, or "else" for all days that are not named',
        ),
    ],
)
def test_what_contradicts_itself(intent: dict[str, Any], problem: str) -> None:
    assert [message for _, message in cross_problems(made(**intent))] == [problem]


@pytest.mark.parametrize(
    ("rate", "sentence"),
    [
        ({"08:00": 1}, "is no rate; give it at two times of day or more"),
        ({"08:00": 1, "08:00:00": 2}, '"08:00:00" is there twice'),
        ({"8 am": 1, "09:00": 2}, "'8 am' is not a time of day"),
        ({"08:00": -1, "09:00": 2}, "greater than or equal to 0"),
    ],
)
def test_what_is_no_rate(rate: dict[str, float], sentence: str) -> None:
    with pytest.raises((ValueError, InvalidInput), match=sentence):
        made(rate=rate)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("intents.it.rate=*2", [0, 2, 6, 2]),
        ("intents.it.rate=+10 %", [0, 1.1, 3.3, 1.1]),
        ("intents.it.rate=+1", [0, 1.5, 4, 1.5]),  # of each number that is not 0
        ("intents.it.rate.09:00=4", [0, 3, 3, 1]),
        ("intents.it.hours=09:30-12:00", [0, 0.75, 3, 1]),
    ],
)
def test_overrides_reach_rates_and_hours(tmp_path: Path, override: str, expected: list[float]) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(PLAIN, encoding="utf-8")
    assert expected_volume(read_scenario(file, [override]))[0].tolist() == pytest.approx(expected)


PLAIN = """\
name: A page
run: {hours: 08:00-12:00, interval: 1 h}
intents:
  it:
    rate: {09:00: 0, 10:00: 2, 10:30: 4, 11:00: 2, 12:00: 0}
    start: page
    steps: {page: {channel: web, time: 0 s, next: resolved}}
"""
