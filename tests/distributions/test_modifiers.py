"""Modifiers of laws (shift, bounds, atoms), and the compiled draw from modified laws."""

from __future__ import annotations

import math
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats
from scipy.special import beta, betainc

from sim.core.draws import uniforms
from sim.distributions import Law, LawTable, laws, quantiles
from sim.distributions.draw import LAW_ROW, draw_value, law_rows
from tests.support.confidence import assert_mean
from tests.support.law_examples import EXAMPLES, HIGHEST, LOWEST, law

FALSE_ALARM = 1e-6
SEED = 11
KNOWN = tuple(laws())
MODIFIERS: list[dict[str, Any]] = [
    {},
    {"zero": 0.1, "never": 0.2},
    {"shift": 10.0},
    {"at_most": 200.0},
    {"at_least": 30.0, "zero": 0.3},
    {"shift": 5.0, "at_least": 20.0, "at_most": 250.0, "never": 0.05},
]


def everything() -> list[Law]:
    """Return every example of every law with every modifier that leaves something of it."""
    made = []
    for name in KNOWN:
        for fields, _ in EXAMPLES[name]:
            for modifier in MODIFIERS:
                try:
                    made.append(law(name, **fields, **modifier))
                except ValidationError as error:
                    assert "of the law; give wider bounds" in str(error)  # noqa: PT017 - the other cases are the test
    return made


LAWS = everything()
TABLE = LawTable.from_laws(LAWS)
FOUND = law_rows(TABLE, quantiles())


def test_every_law_is_there_with_every_modifier() -> None:
    for modifier in MODIFIERS:
        assert {
            row_law.law for row_law in LAWS if all(getattr(row_law, key) == value for key, value in modifier.items())
        } == set(KNOWN)


@given(st.floats(LOWEST, HIGHEST) | st.sampled_from([LOWEST, HIGHEST, 0.1, 0.3, 0.8, 0.95]))
def test_the_compiled_draw_has_the_bits_of_the_one_in_python(u: float) -> None:
    for row, subject in enumerate(LAWS):
        slow = TABLE.value_of(row, quantiles())(u)
        fast = draw_value(FOUND[row], u)
        assert struct.pack("d", slow) == struct.pack("d", fast), f"{subject!r} at {u!r}"


@pytest.mark.slow
def test_a_kernel_that_draws_comes_from_the_cache_in_another_process(tmp_path: Path) -> None:
    """Its code must not depend on where the laws happen to be in memory."""
    (tmp_path / "kernel.py").write_text(KERNEL)
    (tmp_path / "main.py").write_text(MAIN)
    outputs = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", "main.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout.split())
    (cold, value), (warm, again) = outputs
    assert (cold, warm) == ("0", "1"), "hits of the cache"
    assert float(value) == float(again) == TABLE.value_of(0, quantiles())(0.5)


KERNEL = """
from sim.distributions.draw import LAW_ROW, draw_value
from sim.jit.functions import compiled
from sim.jit.signatures import F8, array

@compiled(F8(array(LAW_ROW), F8))
def draw(rows, u):
    return draw_value(rows[0], u)
"""
MAIN = """
from kernel import draw
from sim.distributions import LawTable, laws, quantiles
from sim.distributions.draw import law_rows
from tests.distributions.test_modifiers import LAWS

table = LawTable.from_laws(LAWS[:1])
rows = law_rows(table, quantiles())
value = draw(rows, 0.5)
print(sum(draw.stats.cache_hits.values()), repr(value))
"""


def test_rows_hold_what_the_columns_hold() -> None:
    for name in ("zero", "never", "begin", "width", "shift", "least", "most"):
        assert FOUND[name].tolist() == getattr(TABLE, name).tolist()
    assert len({(subject.law, address) for subject, address in zip(LAWS, FOUND["quantile"], strict=True)}) == len(KNOWN)
    assert FOUND["count"].tolist() == np.diff(TABLE.ptr).tolist()
    assert (FOUND["params"] - TABLE.params.ctypes.data).tolist() == (8 * TABLE.ptr[:-1]).tolist()
    assert law_rows(LawTable.from_laws([]), quantiles()).dtype == LAW_ROW


@pytest.mark.parametrize("row", range(len(LAWS)), ids=lambda row: f"{row}-{LAWS[row].law}")
def test_whatever_is_drawn_is_within_the_bounds_and_has_the_mean_that_it_says(row: int) -> None:
    subject, value = LAWS[row], TABLE.value_of(row, quantiles())
    drawn = [value(u) for u in uniforms(SEED, row, 0, np.arange(4000, dtype=np.uint64), 0, 0).tolist()]
    moved = [x for x in drawn if x not in {0.0, math.inf}]
    assert all((subject.at_least or subject.shift) <= x <= (subject.at_most or math.inf) for x in moved)
    finite = [0.0 if x == math.inf else x for x in drawn]
    mean = subject.model_copy(update={"never": 0.0, "zero": subject.zero + subject.never}).mean_value()
    batches = np.reshape(finite, (20, -1)).mean(axis=1)
    assert_mean(mean, batches, name=repr(subject), seed=SEED, alpha=FALSE_ALARM, measures=len(LAWS), resolution=2.0)


def test_a_bounded_law_is_the_conditional_one() -> None:
    value = LawTable.from_laws([law("exponential", mean=100, at_least=50, at_most=300)]).value_of(0, quantiles())
    truth = stats.truncexpon(b=2.5, loc=50.0, scale=100.0)
    for u in np.linspace(0.001, 0.999, 99).tolist():
        assert value(u) == pytest.approx(truth.ppf(u), rel=1e-12)


def test_bounds_hold_for_what_is_drawn_so_after_the_shift() -> None:
    value = LawTable.from_laws([law("uniform", low=0, high=100, shift=50, at_least=60, at_most=80)]).value_of(
        0, quantiles()
    )
    assert [value(u) for u in (LOWEST, 0.5, HIGHEST)] == pytest.approx([60.0, 70.0, 80.0], rel=1e-14)


@pytest.mark.parametrize(
    ("bounded", "mean"),
    [
        (law("exponential", mean=100, at_least=50), 150.0),
        (law("exponential", mean=100, shift=20), 120.0),
        (law("uniform", low=0, high=100, at_most=40, zero=0.5), 10.0),
        (law("uniform", low=0, high=100, shift=10, at_least=20, at_most=40), 30.0),
        # E[X; X <= median] = median B(1/2; 1 + 1/shape, 1 - 1/shape), an incomplete beta function.
        (law("loglogistic", shape=1.5, median=60, at_most=60), 120 * beta(5 / 3, 1 / 3) * betainc(5 / 3, 1 / 3, 0.5)),
        (law("fixed", value=5, shift=3, at_most=8), 8.0),
    ],
)
def test_the_mean_counts_shift_and_bounds(bounded: Law, mean: float) -> None:
    assert bounded.mean_value() == pytest.approx(mean, rel=1e-8)


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        ("fixed", {"value": 5, "at_least": 6}, "at least 6 s leaves nothing of the law"),
        ("uniform", {"low": 0, "high": 60, "at_least": "2 min"}, "at least 2 min leaves nothing of the law"),
        ("uniform", {"low": 10, "high": 60, "at_most": 5}, "at most 5 s leaves nothing of the law"),
        ("uniform", {"low": 10, "high": 60, "shift": 60, "at_most": 60}, "at most 1 min leaves nothing of the law"),
        ("exponential", {"mean": 1, "at_least": 20}, "at least 20 s leaves 2.1e-07 % of the law"),
        ("exponential", {"mean": 9, "at_least": 9, "at_most": 8}, "at least 9 s and at most 8 s leaves nothing"),
    ],
)
def test_bounds_that_leave_nothing(name: str, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        law(name, **fields)
