"""The minimum of laws: against exact results, the compiled draw, and what a scenario may write."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from sim.core.draws import further_uniform, philox, stream, uniforms
from sim.distributions import LawTable, Minimum, quantiles
from sim.distributions.draw import draw_value, law_rows
from sim.scenario.law_fields import LawByTime, LawByTimeField
from tests.support.confidence import assert_mean
from tests.support.law_examples import EXAMPLES, HIGHEST, LOWEST, law

FALSE_ALARM = 1e-6
SEED = 18
COUNT = 200_000
FIELD: TypeAdapter[Any] = TypeAdapter(LawByTimeField)


def least(*laws: Any, **fields: Any) -> Minimum:
    return Minimum.model_validate({"law": "minimum", "of": list(laws), **fields})


def exponential(mean: float, **fields: Any) -> dict[str, Any]:
    return {"law": "exponential", "mean": mean, **fields}


def drawn(subject: Minimum, count: int = COUNT) -> NDArray[np.float64]:
    """Return draws as the compiled engine makes them."""
    table = LawTable.from_laws([subject])
    row = law_rows(table, quantiles())
    u = uniforms(SEED, 0, stream("minimum"), np.arange(count, dtype=np.uint64), 0, 0)
    return np.array([draw_value(row[0], each) for each in u.tolist()])


def test_a_further_number_is_made_of_the_generators_words() -> None:
    u, number = 0.3125 + 2.0**-53, 2
    places = int(u * 2**53)
    words = philox(*(np.uint64(word) for word in (places & 0xFFFF_FFFF, places >> 32, number, 0, 0x6675_7274, 0)))
    assert further_uniform(u, number) == ((int(words[0]) >> 6) * 2**26 + (int(words[1]) >> 6) + 0.5) / 2**52
    assert further_uniform.py_func(np.float64(u), np.uint64(number)) == further_uniform(u, number)


def test_further_numbers_are_uniform_and_independent() -> None:
    """Chi-square of three numbers in 16 x 16 x 16 cells."""
    first = uniforms(SEED, 0, 0, np.arange(COUNT, dtype=np.uint64), 0, 0)
    columns = [first, *(np.array([further_uniform(u, number) for u in first.tolist()]) for number in (1, 2))]
    counts, _ = np.histogramdd(np.array(columns).T, bins=16, range=[(0, 1)] * 3)
    assert stats.chisquare(counts.ravel()).pvalue > FALSE_ALARM


def test_the_minimum_of_exponential_laws_is_exponential_with_the_sum_of_the_rates() -> None:
    made = least(exponential(180), exponential(60), exponential(90))
    mean = 1 / (1 / 180 + 1 / 60 + 1 / 90)
    assert made.mean_value() == pytest.approx(mean, rel=1e-5)
    assert stats.kstest(drawn(made), stats.expon(scale=mean).cdf).pvalue > FALSE_ALARM


def test_the_minimum_of_weibull_laws_of_one_shape_is_weibull() -> None:
    parts = [{"law": "weibull", "shape": 1.7, "scale": scale} for scale in (100, 150)]
    scale = (100**-1.7 + 150**-1.7) ** (-1 / 1.7)
    made = least(*parts)
    assert made.mean_value() == pytest.approx(scale * math.gamma(1 + 1 / 1.7), rel=1e-5)
    assert stats.kstest(drawn(made), stats.weibull_min(1.7, scale=scale).cdf).pvalue > FALSE_ALARM


def test_a_constant_cuts_a_law_off() -> None:
    made = least({"law": "lognormal", "mean": 240, "cv": 1}, "10 min")
    plain = LawTable.from_laws([law("lognormal", mean=240, cv=1)]).value_of(0, quantiles())
    value = LawTable.from_laws([made]).value_of(0, quantiles())
    for u in (0.01, 0.5, 0.9, 0.99):
        assert value(u) == min(plain(u), 600)
    sigma = math.sqrt(math.log(2))
    same = stats.lognorm(sigma, scale=240 / math.sqrt(2))
    below = 240 * stats.norm.cdf((math.log(600 / 240 * math.sqrt(2)) - sigma**2) / sigma)
    assert made.mean_value() == pytest.approx(below + 600 * same.sf(600), rel=1e-6)


def test_atoms_and_bounds_are_those_of_its_laws() -> None:
    made = least(exponential(100, zero=0.2), exponential(100, never=0.4), exponential(300, at_least=30))
    values = drawn(made)
    assert np.isfinite(values).all()
    assert stats.binomtest(int((values == 0).sum()), COUNT, 0.2).pvalue > FALSE_ALARM
    # P(X > t) = .8 e^-t/100 (.4 + .6 e^-t/100) up to 30, then with the factor e^-(t - 30)/300.
    area = 0.8 * (0.4 * 100 * (1 - math.exp(-0.3)) + 0.6 * 50 * (1 - math.exp(-0.6)))
    for share, rate in ((0.4, 1 / 100), (0.6, 2 / 100)):
        area += 0.8 * share * math.exp(-30 * rate) / (rate + 1 / 300)
    assert made.mean_value() == pytest.approx(area, rel=1e-4)
    batches = values.reshape(20, -1).mean(axis=1)
    assert_mean(area, batches, name="minimum", seed=SEED, alpha=FALSE_ALARM, resolution=1.0)


def test_it_is_infinite_only_where_all_its_laws_are() -> None:
    made = least(exponential(100, never=0.5), exponential(50, never=0.4))
    assert made.infinite == pytest.approx(0.2)
    assert made.mean_value() == math.inf
    assert stats.binomtest(int(np.isinf(drawn(made)).sum()), COUNT, 0.2).pvalue > FALSE_ALARM
    assert least(exponential(100, never=0.5), "5 min").infinite == 0.0


def test_a_shift_moves_it() -> None:
    plain, moved = (drawn(least(exponential(60), "30 s", shift=shift), 1000) for shift in (0, 20))
    assert moved == pytest.approx(plain + 20)
    mean = 20 + 60 * (1 - math.exp(-0.5))
    assert least(exponential(60), "30 s", shift=20).mean_value() == pytest.approx(mean, rel=1e-5)


EVERY = [law(name, **fields) for name, examples in EXAMPLES.items() for fields, _ in examples]
PAIRS = [least(a.model_dump(), b.model_dump()) for a, b in zip(EVERY, EVERY[1:] + EVERY[:1], strict=True)]
TABLE = LawTable.from_laws([*EVERY, *PAIRS])
ROWS = law_rows(TABLE, quantiles())


@given(st.floats(LOWEST, HIGHEST) | st.sampled_from([LOWEST, HIGHEST, 0.5]))
def test_the_compiled_draw_has_the_bits_of_the_one_in_python(u: float) -> None:
    values = [TABLE.value_of(row, quantiles()) for row in range(len(EVERY))]
    for row, subject in enumerate(PAIRS, len(EVERY)):
        slow, fast = TABLE.value_of(row, quantiles())(u), draw_value(ROWS[row], u)
        assert struct.pack("d", slow) == struct.pack("d", fast), f"{subject!r} at {u!r}"
        first = row - len(EVERY)
        assert fast == min(values[first](u), values[(first + 1) % len(EVERY)](further_uniform(u, 1)))


def test_its_laws_may_differ_by_the_time_of_day() -> None:
    by_hours = {"08:00-12:00": "2 min", "else": "3 min"}
    parts = [{"law": "exponential", "mean": by_hours}, {"10:00-14:00": 30, "else": exponential(50)}]
    made = FIELD.validate_python({"law": "minimum", "of": parts})
    assert isinstance(made, LawByTime)
    assert [begin / 3600 for begin, _ in made.changes()] == [0, 8, 10, 12, 14]
    shown = [[part.mean_of_law() for part in law.parts()] for _, law in made.changes()]
    assert shown == [[180, 50], [120, 50], [120, 30], [180, 30], [180, 50]]
    assert FIELD.validate_python(made.model_dump()) == made


@pytest.mark.parametrize(
    ("parts", "fields", "sentence"),
    [
        (["1 min", "2 min"], {"zero": "5 %"}, "a minimum has no zero of its own; give its laws in `of` some"),
        (["1 min", "2 min"], {"never": "5 %", "at_most": 3}, "a minimum has no at_most and no never of its own"),
        (["1 min"], {}, "List should have at least 2 items"),
        (
            ["1 min", {"law": "minimum", "of": ["1 s", "2 s"]}],
            {},
            "within a minimum is the same as one of all",
        ),
    ],
)
def test_what_is_no_minimum(parts: list[Any], fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        least(*parts, **fields)
