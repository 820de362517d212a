"""Every law: its quantile function against its mean, plain Python, its atoms and SciPy."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import stats

from sim.core.draws import uniforms
from sim.distributions import Law, LawTable, laws, quantiles
from tests.support.confidence import assert_mean
from tests.support.law_examples import EXAMPLES, HIGHEST, LOWEST, TABLE, law

FALSE_ALARM = 1e-6
SEED = 20_240_607
# Numbers as they are drawn, odd multiples of 2^-53, far into both tails.
TAILS = [(math.floor(2.0**52 * 2.0**-n) + 0.5) * 2.0**-52 for n in np.arange(1.0, 50.0, 0.9)]
DRAWN = [*TAILS, *(1.0 - u for u in TAILS), *((math.floor(2.0**52 * n / 64) + 0.5) * 2.0**-52 for n in range(1, 64))]
PROBABILITIES = st.floats(LOWEST, HIGHEST)
SLACK = 1e-14  # of a value: the last digits of log and exp are not monotone


def cases() -> list[Any]:
    """Return every example of every law that is found; a law without one is a case that fails."""
    rows = [(name, *example) for name in laws() for example in EXAMPLES.get(name, [({}, "no example")])]
    return [pytest.param(*case, id=f"{case[0]}-{'-'.join(case[1])}") for case in rows]


@pytest.fixture
def made(name: str, fields: dict[str, Any], same: Any) -> Law:
    """Return the law of an example."""
    if same == "no example":
        pytest.fail(f'the law "{name}" has no example here: add one to EXAMPLES in tests/support/law_examples.py')
    return law(name, **fields)


def draws(subject: Law, replication: int, count: int) -> NDArray[np.float64]:
    value = LawTable.from_laws([subject]).value_of(0, quantiles())
    u = uniforms(SEED, replication, 0, np.arange(count, dtype=np.uint64), 0, 0)
    return np.array([value(p) for p in u.tolist()])


@pytest.mark.parametrize(("name", "fields", "same"), cases())
class TestEveryLaw:
    """What must hold for any law of a duration."""

    def test_the_quantile_never_falls(self, made: Law) -> None:
        params = np.array(made.parameters())

        @settings(deadline=None)
        @given(PROBABILITIES, PROBABILITIES)
        def rises(u: float, v: float) -> None:
            (low, high) = (made.quantile(p, params) for p in sorted([u, v]))
            assert high >= low * (1.0 - SLACK)
            assert low >= made.quantile(max(LOWEST, math.nextafter(min(u, v), 0.0)), params) * (1.0 - SLACK)

        rises()

    def test_the_quantile_of_whatever_is_drawn_is_a_duration(self, made: Law) -> None:
        low, high = (made.quantile(u, np.array(made.parameters())) for u in (LOWEST, HIGHEST))
        assert 0.0 <= low <= high < math.inf

    def test_compiled_is_what_the_python_says_bit_for_bit(self, made: Law) -> None:
        params = np.array(made.parameters())

        @settings(deadline=None)
        @given(PROBABILITIES)
        def agree(u: float) -> None:
            assert struct.pack("d", made.quantile(u, params)) == struct.pack("d", made.quantile.py_func(u, params))

        agree()

    def test_draws_have_the_mean_that_it_says(self, made: Law, name: str) -> None:
        with_zeros = made.model_copy(update={"zero": 0.25})
        means = [float(draws(with_zeros, replication, 2000).mean()) for replication in range(20)]
        assert_mean(with_zeros.mean_value(), means, name=name, seed=SEED, alpha=FALSE_ALARM, resolution=0.1)

    def test_draws_follow_the_law_of_the_same_name_elsewhere(self, made: Law, same: Any) -> None:
        if same is None:
            constant = len(set(draws(made, 0, 100).tolist())) == 1
            assert constant or made.law == "empirical", "only tables and constants have no twin in SciPy"
            return
        sample = draws(made, 0, 20_000)
        assert stats.kstest(sample, same.cdf).pvalue > FALSE_ALARM
        assert made.mean_of_law() == pytest.approx(same.mean(), rel=1e-12)

    def test_the_quantile_is_that_of_the_law_of_the_same_name_elsewhere(self, made: Law, same: Any) -> None:
        if same is None:
            return
        params = np.array(made.parameters())
        for u in DRAWN:
            # SciPy's 1 - u is as exact as ours, so each of its tails is asked for by its own probability.
            truth = float(same.ppf(u) if u <= 0.5 else same.isf(1.0 - u))
            assert made.quantile(u, params) == pytest.approx(truth, rel=1e-10, abs=0.0), u

    @pytest.mark.parametrize(("zero", "never"), [(0.25, 0.0), (0.0, 0.25), (0.25, 0.5), (1.0, 0.0), (0.0, 1.0)])
    def test_atoms_stand_at_the_ends(self, made: Law, zero: float, never: float) -> None:
        value = LawTable.from_laws([made.model_copy(update={"zero": zero, "never": never})]).value_of(0, quantiles())
        assert all(value(u) == 0.0 for u in (LOWEST, zero / 2, math.nextafter(zero, 0.0)) if 0 < u < zero)
        assert all(value(u) == math.inf for u in (1.0 - never, HIGHEST) if 1.0 - never <= u < 1.0)
        for share in (0.001, 0.5, 0.999):
            if (u := zero + share * (between := 1.0 - zero - never)) < 1.0 - never:
                assert value(u) == made.quantile((u - zero) / between, np.array(made.parameters()))

    def test_the_mean_counts_the_atoms(self, made: Law) -> None:
        assert made.model_copy(update={"zero": 0.5}).mean_value() == made.mean_of_law() / 2
        assert made.model_copy(update={"never": 0.01}).mean_value() == math.inf

    def test_it_survives_a_round_trip(self, made: Law, name: str) -> None:
        assert laws()[name].model_validate(made.model_dump()) == made
        assert laws()[name].model_validate_json(made.model_dump_json()) == made


def test_a_table_gives_each_law_its_own_parameters() -> None:
    rows = [law("uniform", low=1, high=3), law("fixed", value=5, never="50 %"), law("uniform", low=10, high=20)]
    table = LawTable.from_laws(rows)
    assert table.families == ("fixed", "uniform")
    assert table.family.tolist() == [1, 0, 1]
    assert table.ptr.tolist() == [0, 2, 3, 5]
    assert table.params.tolist() == [1, 3, 5, 10, 20]
    assert [table.value_of(row, quantiles())(0.25) for row in range(3)] == [1.5, 5.0, 12.5]
    assert table.value_of(1, quantiles())(0.5) == math.inf


def test_a_table_of_no_laws() -> None:
    table = LawTable.from_laws([])
    assert (table.families, len(table.family), table.ptr.tolist(), len(table.params)) == ((), 0, [0], 0)


@pytest.mark.parametrize(
    ("share", "seconds"), [(0.05, 10.0), (0.08, 16.0), (0.3, 60.25), (0.5, 60.5), (0.75, 180.25), (1.0 - 2**-53, 300.0)]
)
def test_the_empirical_law_is_straight_between_its_points(share: float, seconds: float) -> None:
    made = law("empirical", survival=TABLE)
    assert made.quantile(share, np.array(made.parameters())) == pytest.approx(seconds, rel=1e-12)


def test_beyond_its_last_point_the_empirical_law_goes_on_exponentially_or_stays() -> None:
    ends = [law("empirical", survival={0: 1, 40: 0.25}, beyond=beyond) for beyond in (180, 0, None)]
    values = [made.quantile(1.0 - 0.25 / math.e, np.array(made.parameters())) for made in ends]
    assert values == pytest.approx([220.0, 40.0, 40.0], rel=1e-12)


GAMMA = "give mean and cv, or mean and sd, or shape and scale; found "
LOGNORMAL = "give mean and sd, or mean and cv, or mu and sigma; found "


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        ("lognormal", {}, LOGNORMAL + "nothing"),
        ("lognormal", {"mean": 60}, LOGNORMAL + "mean"),
        ("lognormal", {"mean": 60, "sd": 3, "cv": 0.1}, LOGNORMAL + "cv, mean, sd"),
        ("lognormal", {"mean": 60, "sigma": 3}, LOGNORMAL + "mean, sigma"),
        (
            "lognormal",
            {"mean": 60, "sd": 0},
            'mean and sd must be above 0; for a constant write the duration alone, such as "30 s"',
        ),
        ("uniform", {"low": "3 min", "high": "1 min"}, "low (3 min) is above high (1 min); exchange them"),
        ("empirical", {"survival": {1: 1, 2: 0}}, "begin with 0 s: 100 %; found 1 s: 1"),
        ("empirical", {"survival": {0: 0.9, 2: 0}}, "begin with 0 s: 100 %; found 0 s: 0.9"),
        (
            "empirical",
            {"survival": {0: 1, 20: 0.5, 10: 0.2}},
            "10 s: 0.2 follows 20 s: 0.5; times must rise and shares must fall",
        ),
        (
            "empirical",
            {"survival": {0: 1, 20: 0.5, 30: 0.6}},
            "30 s: 0.6 follows 20 s: 0.5; times must rise and shares must fall",
        ),
        (
            "empirical",
            {"survival": {0: 1}},
            "give the survival at two times at least, or durations to estimate it from",
        ),
        ("gamma", {"mean": 60}, GAMMA + "mean"),
        ("gamma", {"mean": 60, "scale": 3}, GAMMA + "mean, scale"),
        ("gamma", {"mean": 60, "cv": 5}, "the shape, 1 / cv², is 0.04; give one from 0.05 to 1e+06"),
        ("gamma", {"mean": 60, "cv": 1e-200}, "the shape, 1 / cv², is inf; give one from 0.05 to 1e+06"),
        ("gamma", {"mean": 60, "cv": 1e200}, "the shape, 1 / cv², is 0; give one from 0.05 to 1e+06"),
        (
            "gamma",
            {"mean": 60, "sd": 0},
            'mean, sd and scale must be above 0; for a constant write the duration, such as "30 s"',
        ),
        ("hyperexponential", {"mean": 60}, "give phases, or mean and cv; found mean"),
        (
            "hyperexponential",
            {"phases": [{"share": 0.5, "mean": 1}, {"share": 0.4, "mean": 2}]},
            "the shares of the phases add up to 90 %, not 100 %",
        ),
        ("hyperexponential", {"mean": 0, "cv": 2}, 'a mean must be above 0; for exact zeros give "zero" a share'),
        ("loglogistic", {"shape": 2}, "give the shape and either the median or the mean; found neither"),
        (
            "loglogistic",
            {"shape": 2, "mean": 1, "median": 1},
            "give the shape and either the median or the mean; found both",
        ),
        (
            "phase_type",
            {"mixture": [{"share": 0.5, "mean": 1}, {"share": 0.6, "mean": 2}]},
            "the shares of the mixture add up to 110 %, not 100 %",
        ),
        ("triangular", {"low": 1, "mode": 5, "high": 4}, "low, mode and high must rise; found 1 s, 5 s, 4 s"),
        ("weibull", {"shape": 2}, "give the shape and either the mean or the scale; found neither"),
        (
            "fixed",
            {"value": 1, "zero": "60 %", "never": "50 %"},
            "zero (60 %) and never (50 %) are more than 100 % together",
        ),
    ],
)
def test_what_is_not_a_law(name: str, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        law(name, **fields)
    assert [detail["msg"] for detail in caught.value.errors()] == [f"Value error, {sentence}"]


def test_atoms_that_fill_everything_are_allowed() -> None:
    assert law("fixed", value=1, zero="70 %", never="30 %").mean_value() == math.inf
