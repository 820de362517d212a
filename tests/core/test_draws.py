"""Keyed draws: the published generator's known answers, and the uniforms made from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from sim.core.draws import MAX_SEED, Purpose, philox, stream, uniform, uniforms

WORDS = st.integers(0, 0xFFFF_FFFF)
LOW = (0,) * 6
HIGH = (0xFFFF_FFFF,) * 6
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)
# The kat_vectors file of Random123 1.14, lines "philox4x32 10": counter and key, and what must come out.
KNOWN = [
    (LOW, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (HIGH, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (PI, (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]
FALSE_ALARM = 1e-6

Words = tuple[int, ...]
Compute = Callable[..., Any]


def unsigned(*words: int) -> list[np.uint64]:
    return [np.uint64(word) for word in words]


@pytest.mark.parametrize("compute", [philox, philox.py_func], ids=["compiled", "python"])
@pytest.mark.parametrize(("words", "answer"), KNOWN, ids=["zeros", "ones", "pi"])
def test_philox_gives_the_published_answers(compute: Compute, words: Words, answer: Words) -> None:
    assert compute(*unsigned(*words)) == answer


@given(st.tuples(*[WORDS] * 6))
def test_compiled_philox_is_what_the_python_says(words: Words) -> None:
    assert philox(*unsigned(*words)) == philox.py_func(*unsigned(*words))


@given(st.tuples(WORDS, WORDS, WORDS, st.integers(0, 2**64 - 1), st.integers(0, 2**28 - 1), st.integers(0, 15)))
def test_uniform_is_an_odd_multiple_of_its_unit_so_never_0_or_1(key: Words) -> None:
    arguments = unsigned(*key)
    u = uniform(*arguments)
    assert u == uniform.py_func(*arguments)
    assert 0.0 < u < 1.0
    assert (u * 2**53) % 2 == 1


def test_uniform_is_made_of_the_generators_words() -> None:
    customer, visit = 0x1_2345_6789, 3
    words = philox(*unsigned(0x2345_6789, 1, visit * 16 + 1, 5, 7, 99))
    for purpose, (high, low) in {2: words[:2], 3: words[2:]}.items():
        expected = ((int(high) >> 6) * 2**26 + (int(low) >> 6) + 0.5) / 2**52
        assert uniform(7, 5, 99, customer, visit, purpose) == expected


def test_whatever_changes_in_the_key_another_number_is_drawn() -> None:
    keys = [[7, 0, stream("a"), 0, 0, 0]]
    changes = [(8, MAX_SEED), (1, 2), (stream("b"),), (1, 2**32, 2**63), (1, 2**27 - 1), range(1, 32)]
    for position, others in enumerate(changes):
        keys += [[*keys[0][:position], other, *keys[0][position + 1 :]] for other in others]
    assert len({uniform(*key) for key in keys}) == len(keys) == 1 + 2 + 2 + 1 + 3 + 2 + 31


def test_every_purpose_has_its_own_place_in_a_visit() -> None:
    assert sorted(Purpose) == list(range(len(Purpose)))
    assert max(Purpose) < 32


def test_uniforms_is_uniform_for_each() -> None:
    customers = np.array([0, 1, 5, 2**40, 2**64 - 1], dtype=np.uint64)
    many = uniforms(7, 1, 2, customers, 3, 4)
    assert many.tolist() == [uniform(7, 1, 2, customer, 3, 4) for customer in customers]
    assert many.tolist() == uniforms.py_func(*unsigned(7, 1, 2), customers, *unsigned(3, 4)).tolist()


def test_draws_look_uniform_and_independent_of_their_neighbours() -> None:
    customers = np.arange(100_000, dtype=np.uint64)
    draws = {
        "purpose 0": uniforms(1, 0, 0, customers, 0, 0),
        "purpose 1": uniforms(1, 0, 0, customers, 0, 1),
        "next visit": uniforms(1, 0, 0, customers, 1, 0),
        "next replication": uniforms(1, 1, 0, customers, 0, 0),
    }
    first = draws["purpose 0"]
    for name, u in draws.items():
        assert kstest(u, "uniform").pvalue > FALSE_ALARM, name
        # The correlation of independent columns is normal with variance 1/n; 4.9 standard errors are 1e-6.
        other = np.roll(first, 1) if u is first else u
        assert abs(np.corrcoef(first, other)[0, 1]) < 4.9 / np.sqrt(len(u)), name


def test_streams_depend_on_their_names_alone() -> None:
    assert stream("step/lost_card.desk") == stream("step/lost_card.desk") != stream("step/lost_card.menu")
    assert stream("arrivals/balance") == 671374018
