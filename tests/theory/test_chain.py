"""The solver of Markov chains against closed forms and matrix exponentials, and the input it refuses."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.sparse import csc_array
from scipy.special import factorial

from sim.theory import explore, mmsk, offered_load
from sim.theory.balance import balance
from tests.support.forward_equations import Queue, hours

if TYPE_CHECKING:
    from collections.abc import Iterator


def _impatient(present: int) -> Iterator[tuple[int, float, str]]:
    """Yield the transitions of M/M/3/8+M."""
    if present < 8:
        yield present + 1, 4.0, "comes"
    else:
        yield present, 4.0, "blocked"
    yield present - 1, min(present, 3) / 0.9, "served"
    yield present - 1, max(present - 3, 0) / 0.7, "abandons"


def _infinite(present: int) -> Iterator[tuple[int, float]]:
    """Yield the transitions of M/M/inf, as good as."""
    if present < 80:
        yield present + 1, 4.0
    yield present - 1, present / 6.0


def test_a_birth_death_chain_is_its_closed_form() -> None:
    steady = explore(0, _impatient).stationary()
    queue = mmsk(arrival_rate=4.0, service_mean=0.9, servers=3, capacity=8, patience_mean=0.7)
    assert steady.rate("blocked") / 4.0 == pytest.approx(queue.p_block, rel=1e-13)
    assert steady.rate("abandons") / 4.0 == pytest.approx(queue.p_abandon, rel=1e-13)
    assert steady.mean(lambda n: max(n - 3, 0)) == pytest.approx(queue.queue_length, rel=1e-13)
    assert steady.mean(lambda n: n >= 3) == pytest.approx(queue.p_wait + queue.p_block, rel=1e-13)
    assert steady.flow(lambda before, after: before < after) == pytest.approx(steady.rate("comes"), rel=1e-13)
    assert sum(steady.as_mapping().values()) == pytest.approx(1.0, rel=1e-14)


def test_a_chain_may_begin_where_it_hardly_ever_is() -> None:
    """Poisson with mean 90: the empty state, which the chain is first solved in units of, has probability 1e-39."""

    def transitions(n: int) -> Iterator[tuple[int, float]]:
        if n < 170:
            yield n + 1, 90.0
        yield n - 1, float(n)

    law = explore(0, transitions).stationary().probability
    number = np.arange(0.0, 171.0)
    weights = np.exp(number * np.log(90.0) - np.log(factorial(number)))
    assert law == pytest.approx(weights / weights.sum(), abs=1e-14)


def test_a_chain_may_begin_at_the_far_end_of_a_drift() -> None:
    """The number drifts to where it is cut off: the initial state has probability 1e-33."""
    law = explore(0, lambda n: [(min(n + 1, 1500), 1.05), (max(n - 1, 0), 1.0)]).stationary().probability
    assert law == pytest.approx(0.05 / 1.05 * 1.05 ** (np.arange(1501.0) - 1500.0), rel=1e-9, abs=1e-14)


def test_iteration_finds_what_elimination_finds() -> None:
    def transitions(state: tuple[int, int]) -> Iterator[tuple[tuple[int, int], float]]:
        first, second = state
        if first < 40:
            yield (first + 1, second), 0.9
        if first and second < 40:
            yield (first - 1, second + 1), 1.0
        if second:
            yield (first, second - 1), 1.1

    chain = explore((0, 0), transitions)
    flow = csc_array(chain._flow())
    assert balance(flow, direct=10) == pytest.approx(balance(flow), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("time", [0.0, 0.3, 5.0, 200.0])
def test_the_law_at_a_time_is_the_matrix_exponential(time: float) -> None:
    chain = explore(0, _impatient)
    generator = chain._flow().toarray().T
    assert chain.transient(time).probability == pytest.approx(expm(time * generator)[0], rel=1e-11, abs=1e-15)
    begin = {2: 0.25, 8: 0.75}
    expected = np.array([begin.get(state, 0.0) for state in chain.states]) @ expm(time * generator)
    assert chain.transient(time, begin).probability == pytest.approx(expected, rel=1e-11, abs=1e-15)


def test_the_mean_of_the_law_is_its_integral() -> None:
    chain = explore(0, _infinite)
    times = np.array([0.0, 30.0])
    load = {"edges": np.array([0.0, 30.0]), "rates": np.array([4.0]), "survival": lambda t: np.exp(-t / 6.0)}
    assert chain.transient(7.0).mean(float) == pytest.approx(float(offered_load(np.array([7.0]), **load)[0]), rel=1e-12)
    # the integral of 24 (1 - exp(-t / 6)) up to t, over t
    mean = 24.0 * (1.0 - (1.0 - np.exp(-times[1] / 6.0)) * 6.0 / times[1])
    assert chain.average(30.0).mean(float) == pytest.approx(mean, rel=1e-12)


@pytest.mark.slow
def test_a_day_is_one_chain_after_the_other() -> None:
    """Hours with different arrivals, each beginning where the last ended, as the block matrix exponential has it."""
    rates, staff, waits = [20.0, 35.0, 10.0], 4, 40

    def hour(rate: float) -> object:
        def transitions(present: int) -> Iterator[tuple[int, float]]:
            if present < staff + waits:
                yield present + 1, rate * (1.0 if present < staff else 0.9)
            yield present - 1, min(present, staff) / 0.15 + max(present - staff, 0) / 0.1

        return explore(0, transitions)

    day = Queue(service_mean=0.15, patience_mean=0.1, leaves_at_once=0.1)
    begin = {0: 1.0}
    for rate, exact in zip(rates, hours(day, rates, [staff] * 3), strict=True):
        chain = hour(rate)
        mean = chain.average(1.0, begin)  # type: ignore[attr-defined]
        assert mean.mean(lambda n: max(n - staff, 0)) == pytest.approx(exact.waiting, rel=1e-9)
        assert mean.mean(lambda n: min(n, staff)) == pytest.approx(exact.busy, rel=1e-9)
        begin = chain.transient(1.0, begin).as_mapping()  # type: ignore[attr-defined]


def test_states_that_are_left_for_good_have_no_weight() -> None:
    chain = explore("warm up", lambda s: [("a", 1.0)] if s == "warm up" else [("b" if s == "a" else "a", 2.0)])
    assert chain.stationary().as_mapping() == pytest.approx({"a": 0.5, "b": 0.5})


def test_a_state_that_is_never_left_keeps_everything() -> None:
    chain = explore(0, lambda n: [(n + 1, 1.0)] if n < 3 else [])
    assert chain.stationary().as_mapping() == {3: 1.0}
    assert explore("alone", lambda _: []).average(2.0).as_mapping() == {"alone": 1.0}


def test_more_states_to_begin_from() -> None:
    assert len(explore(0, _impatient, also=[12]).states) == 13


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="2 sets of states are never left"):
        explore(0, lambda n: [(1, 1.0), (2, 1.0)] if n == 0 else []).stationary()
    with pytest.raises(ValueError, match=r"from 0 to 1 the rate is -1\.0"):
        explore(0, lambda _: [(1, -1.0)])
    with pytest.raises(ValueError, match="the rate is nan"):
        explore(0, lambda _: [(1, nan)])
    with pytest.raises(ValueError, match="more than 50 states"):
        explore(0, lambda n: [(n + 1, 1.0)], limit=50)
    chain = explore(0, _impatient)
    with pytest.raises(ValueError, match="no transition is called 'lost'"):
        chain.stationary().rate("lost")
    with pytest.raises(ValueError, match="the beginning is in 99"):
        chain.transient(1.0, {99: 1.0})
    with pytest.raises(ValueError, match="time is -1"):
        chain.transient(-1.0)
    with pytest.raises(ValueError, match="a mean is over more than no time"):
        chain.average(0.0)
