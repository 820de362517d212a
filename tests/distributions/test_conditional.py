"""Times that are known to exceed an age: by hand, and against the law itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.core.draws import uniforms
from sim.distributions import LawTable, laws, quantiles
from sim.distributions.conditional import time_beyond

U = [0.001, 0.25, 0.5, 0.75, 0.999]
SEED = 11


def value_of(name: str, **fields: Any) -> Callable[[float], float]:
    """Return the quantile function of a law."""
    law = laws()[name].model_validate({"law": name, **fields})
    return LawTable.from_laws([law]).value_of(0, quantiles())


@pytest.mark.parametrize("u", U)
def test_of_a_uniform_law_the_rest_is_uniform(u: float) -> None:
    patience = value_of("uniform", low=0, high=600)
    assert time_beyond(patience, 240.0, u) == pytest.approx(240 + 360 * u, abs=1e-9)
    assert time_beyond(patience, 0.0, u) == pytest.approx(600 * u, abs=1e-9)


@pytest.mark.parametrize("u", U)
def test_an_exponential_law_has_no_memory(u: float) -> None:
    patience = value_of("exponential", mean=180)
    assert time_beyond(patience, 420.0, u) == pytest.approx(420 - 180 * math.log1p(-u), rel=1e-12)


def test_a_constant_time_is_over_at_its_end_or_at_once() -> None:
    talk = value_of("fixed", value=300)
    assert time_beyond(talk, 200.0, 0.5) == 300.0
    assert time_beyond(talk, 300.0, 0.5) == 300.0
    assert time_beyond(talk, 400.0, 0.5) == 400.0


@pytest.mark.parametrize("u", U)
def test_who_has_waited_is_not_among_those_with_no_patience(u: float) -> None:
    """A fifth hang up at once, and a tenth never do: of those who are still there, the latter are an eighth."""
    patience = value_of("uniform", low=0, high=600, zero="20 %", never="10 %")
    wait = time_beyond(patience, 1e-9, u)
    assert wait == (math.inf if u >= 7 / 8 else pytest.approx(600 * u * 8 / 7, abs=1e-6))


@pytest.mark.parametrize(
    ("law", "exact"),
    [
        (value_of("lognormal", mu=5.5, sigma=0.7), stats.lognorm(0.7, scale=math.exp(5.5))),
        (value_of("gamma", shape=2, scale=90), stats.gamma(2, scale=90)),
        (value_of("weibull", shape=0.7, scale=200), stats.weibull_min(0.7, scale=200)),
    ],
    ids=["lognormal", "gamma", "weibull"],
)
def test_drawn_times_have_the_law_given_the_age(law: Callable[[float], float], exact: Any) -> None:
    """By a Kolmogorov-Smirnov test, at a false-alarm rate of 1e-6 each."""
    age = 400.0
    times = np.array([time_beyond(law, age, u) for u in uniforms(SEED, 0, 0, np.arange(2000, dtype=np.uint64), 0, 0)])
    below = exact.cdf(age)
    assert stats.kstest(times, lambda t: (exact.cdf(t) - below) / (1.0 - below)).pvalue > 1e-6


def test_an_age_beyond_all_values_ends_at_once() -> None:
    assert time_beyond(value_of("uniform", low=0, high=600), 700.0, 0.5) == 700.0
    assert time_beyond(value_of("exponential", mean=1), 1e6, 0.5) == 1e6
