"""Portable exp and log: their accuracy, and the same bits when compiled."""

from __future__ import annotations

import math
import struct
from decimal import Context, Decimal
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from sim.numerics import portable_math

TRUE = Context(prec=60)
SMALLEST, LARGEST = 5e-324, 1.7976931348623157e308
POSITIVE = st.floats(min_value=SMALLEST, max_value=LARGEST)
EXPONENTS = st.floats(min_value=-800.0, max_value=800.0)
PROBABILITIES = st.floats(min_value=0.0, max_value=1.0, exclude_min=True, exclude_max=True)
unhurried = settings(deadline=None)  # the first call compiles


def ulps(value: float, truth: Decimal) -> float:
    """Return how many units in the last place a number is away from the truth."""
    return float(abs(TRUE.subtract(Decimal(value), truth)) / Decimal(math.ulp(float(truth))))


@unhurried
@given(POSITIVE | st.floats(0.5, 2.0))
def test_log_is_within_2_ulps(x: float) -> None:
    assert ulps(portable_math.log(x), Decimal(x).ln(TRUE)) <= 2.0


@unhurried
@given(st.floats(-709.0, 709.0) | st.floats(-709.0, -708.0) | st.floats(-1.0, 1.0))
def test_exp_is_within_2_ulps(x: float) -> None:
    assert ulps(portable_math.exp(x), Decimal(x).exp(TRUE)) <= 2.0


@unhurried
@given((EXPONENTS | st.floats(-1.0, 1.0) | st.floats(-1e-9, 1e-9)).filter(lambda x: 1e-40 < abs(x) < 708.0))
def test_expm1_is_within_4_ulps(x: float) -> None:
    assert ulps(portable_math.expm1(x), TRUE.subtract(Decimal(x).exp(TRUE), Decimal(1))) <= 4.0


@pytest.mark.parametrize(("x", "value"), [(0.0, 0.0), (-709.5, -1.0), (709.5, math.inf), (-math.inf, -1.0)])
def test_expm1_where_the_answer_is_known(x: float, value: float) -> None:
    assert portable_math.expm1(x) == value


@pytest.mark.parametrize(("x", "value"), [(1.0, 0.0), (2.0, 0.6931471805599453), (SMALLEST, -744.4400719213812)])
def test_log_where_the_answer_is_known(x: float, value: float) -> None:
    assert portable_math.log(x) == value


@pytest.mark.parametrize(
    ("x", "value"), [(0.0, 1.0), (-0.0, 1.0), (709.5, math.inf), (-709.5, 0.0), (math.inf, math.inf)]
)
def test_exp_where_the_answer_is_known(x: float, value: float) -> None:
    assert portable_math.exp(x) == value


@unhurried
@given(PROBABILITIES | st.floats(0.07, 0.93))
def test_normal_quantile_agrees_with_scipy_to_15_digits(u: float) -> None:
    assert portable_math.normal_quantile(u) == pytest.approx(float(ndtri(u)), rel=2e-15, abs=1e-16)


@unhurried
@given(st.floats(2.0**-53, 0.5))
def test_normal_quantile_is_odd_about_the_middle(u: float) -> None:
    if 1.0 - (1.0 - u) == u:  # 1 - u is exact
        assert portable_math.normal_quantile(u) == -portable_math.normal_quantile(1.0 - u)


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("log", POSITIVE),
        ("exp", EXPONENTS),
        ("expm1", EXPONENTS),
        ("_rest_of_exp", st.floats(-0.35, 0.35)),
        ("normal_quantile", PROBABILITIES),
        ("_ratio_centre", st.floats(0.0, 0.180625)),
        ("_ratio_middle", st.floats(-1.6, 3.4)),
        ("_ratio_tail", st.floats(0.0, 22.3)),
    ],
)
def test_compiled_is_what_the_python_says_bit_for_bit(name: str, domain: st.SearchStrategy[float]) -> None:
    function = getattr(portable_math, name)

    @unhurried
    @given(domain)
    def agree(x: float) -> None:
        assert struct.pack("d", function(x)) == struct.pack("d", function.py_func(x))

    agree()


def test_another_machine_computes_the_same_bits() -> None:
    grid = (np.arange(20_000) + 0.5) / 20_000
    values = [
        (portable_math.log(u), portable_math.exp(40 * u - 20), portable_math.normal_quantile(u)) for u in grid.tolist()
    ]
    assert sha256(np.array(values, dtype="<f8").tobytes()).hexdigest()[:16] == "d78d183886fbd212"
