"""The error of a forecast: a factor on whole days or runs, of the size that planners measure."""

from __future__ import annotations

from dataclasses import replace
from math import pi, sqrt

import numpy as np
import pytest
from pydantic import ValidationError

from sim.population import Demand, draw_population
from sim.population.demand import ForecastFactor, Variation
from sim.population.expected import expected_variation
from sim.population.factors import volume_factors
from sim.scenario import Scenario
from sim.scenario.variation import ForecastError, deviation_of_mape
from tests.support.kpi_days import NOBODY
from tests.support.small_demand import demand

SEED = 23
TWO_DAYS = np.array([0.0, 86400.0, 2 * 86400.0])


def wrong(volume: list[float], error: ForecastFactor, *more: list[float]) -> Demand:
    """Return the demand of a forecast with an error."""
    return replace(demand(volume, *more), variation=Variation(forecast_error=error))


def test_the_factor_has_the_mean_and_the_variation_that_are_said() -> None:
    error = ForecastFactor(cv=0.2, mean=1.05)
    factors = np.array([volume_factors(wrong([1.0], error), 0, SEED, day)[0] for day in range(4000)])
    # 5 standard errors: a false alarm in two millions; the error of the cv of a gamma law is below cv / sqrt(n)
    assert abs(factors.mean() - 1.05) < 5 * 0.21 / sqrt(4000)
    assert abs(factors.std() / factors.mean() - 0.2) < 5 * 0.2 / sqrt(4000)


@pytest.mark.parametrize(("mape", "bias"), [(0.06, 0.0), (0.06, 0.04), (0.1, -0.05), (0.3, 0.0)])
def test_forecasts_with_a_mape_are_off_by_it(mape: float, bias: float) -> None:
    error = ForecastError(mape=mape, bias=bias)
    factor = ForecastFactor(cv=float(error.cvs), mean=1 + bias)  # type: ignore[arg-type]
    factors = np.array([volume_factors(wrong([1.0], factor), 0, SEED, day)[0] for day in range(4000)])
    size = np.abs(factors - 1)
    # The gamma law is off the formula by cv^2 / 12, and with a bias by its skewness times it, below 2 % here.
    assert abs(size.mean() - mape) < 5 * size.std() / sqrt(4000) + 0.02 * mape


def test_without_bias_the_deviation_is_the_mape_times_the_root_of_half_pi() -> None:
    assert deviation_of_mape(0.08, 0.0) == 0.08 * sqrt(pi / 2)
    assert ForecastError(mape="8 %").cvs == pytest.approx(0.1003, abs=1e-4)
    assert deviation_of_mape(0.05, 1e-9) == pytest.approx(0.05 * sqrt(pi / 2))
    assert deviation_of_mape(0.05, 0.05) == 0.0


def test_each_day_or_each_run_has_an_error_of_its_own() -> None:
    days = replace(demand([10.0] * 96), origin=0.0, interval=1800.0, day_begins=TWO_DAYS)
    by_day, by_run = (
        volume_factors(
            replace(days, variation=Variation(forecast_error=ForecastFactor(0.3, 1.0, per_day))), 0, SEED, 0
        ).reshape(2, 48)
        for per_day in (True, False)
    )
    assert len(set(by_day[0].tolist())) == len(set(by_day[1].tolist())) == 1
    assert by_day[0, 0] != by_day[1, 0]
    assert len(set(by_run.ravel().tolist())) == 1
    assert by_run[0, 0] == by_day[0, 0], "a longer run alters no day"


def test_intents_share_the_error_unless_each_has_its_own() -> None:
    drawn = {
        name: [volume_factors(wrong([40.0], error, [40.0]), intent, SEED, 0) for intent in (0, 1)]
        for name, error in {
            "common": ForecastFactor(0.5),
            "own": ForecastFactor(0.5, per_intent=True),
            "one": ForecastFactor((0.5, 0.0), per_intent=True),
        }.items()
    }
    assert drawn["common"][0].tolist() == drawn["common"][1].tolist()
    assert drawn["own"][0].tolist() != drawn["own"][1].tolist()
    assert drawn["one"][0].tolist() == drawn["own"][0].tolist()
    assert drawn["one"][1] is None


def test_a_bias_alone_multiplies_the_forecast() -> None:
    biased = wrong([40.0], ForecastFactor(0.0, 1.25))
    assert volume_factors(biased, 0, SEED, 0).tolist() == [1.25]
    sure, more = (draw_population(each, SEED, 0) for each in (demand([40.0]), biased))
    assert set(sure.key.tolist()) < set(more.key.tolist()), "the same customers, and some more"


def test_a_forecast_without_error_draws_the_same_customers_as_before() -> None:
    known, sure = (draw_population(each, SEED, 3) for each in (demand([40.0]), wrong([40.0], ForecastFactor())))
    assert known.arrival.tolist() == sure.arrival.tolist()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ({}, "give either cv or mape"),
        ({"cv": 0.1, "mape": 0.1}, "give either cv or mape"),
        ({"mape": "3 %", "bias": "-5 %"}, "a mape of 3 % is less than the bias of -5 %"),
        ({"cv": 25}, "the cv is 2500 %; give 0 %"),
        ({"cv": "8 %", "bias": "much"}, "'much' is not a bias"),
        ({"cv": "8 %", "bias": "-95 %"}, "is too far off"),
        ({"cv": "8 %", "bias": True}, "True is not a bias"),
    ],
)
def test_wrong_errors_of_forecasts_are_refused(error: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ForecastError.model_validate(error)


def test_a_scenario_says_the_error() -> None:
    error = {"cv": {"none": "10 %"}, "bias": "-2 %", "per": "run"}
    scenario = Scenario.model_validate({**NOBODY, "demand": {"forecast_error": error}})
    assert expected_variation(scenario).forecast_error == ForecastFactor((0.1,), 0.98, per_day=False, per_intent=True)
    assert expected_variation(Scenario.model_validate(NOBODY)).forecast_error == ForecastFactor()
