"""Formulas against each other, in their limits, and in what must always hold."""

from __future__ import annotations

import doctest
import pkgutil
from fractions import Fraction
from importlib import import_module
from math import exp, factorial, inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammainc, gammaln
from scipy.stats import beta

import sim.theory
from sim.theory import (
    ServiceLevel,
    SteadyState,
    erlang_a,
    erlang_b,
    erlang_b_load,
    erlang_b_servers,
    erlang_b_servers_continuous,
    erlang_c,
    mmsg,
    mmsk,
    mmsn,
    offered_load,
    required_agents,
)
from sim.theory.primitive import primitive

MEASURES = (
    "p_wait",
    "p_block",
    "p_abandon",
    "mean_wait",
    "mean_wait_answered",
    "queue_length",
    "occupancy",
)
LEVELS = ("less_abandoned", "with_abandoned", "of_offered", "of_answered")

loads = st.floats(0.05, 200.0)
patiences = st.floats(0.05, 50.0)
agents = st.integers(1, 250)
times = st.floats(0.0, 20.0)


def _all(queue: SteadyState, within: float = 0.3) -> list[float]:
    """Return every measure of a queue."""
    level = queue.service_level(within)
    return [getattr(queue, name) for name in MEASURES] + [getattr(level, name) for name in LEVELS]


def _exact_erlang_b(load: Fraction, servers: int) -> Fraction:
    """Return Erlang's B by its definition, without rounding."""
    terms = [load**k / factorial(k) for k in range(servers + 1)]
    return terms[-1] / sum(terms)


# Erlang B


@pytest.mark.parametrize(
    ("load", "servers"), [(Fraction(1, 10), 3), (Fraction(5), 5), (Fraction(80), 100), (Fraction(90), 60)]
)
def test_erlang_b_is_its_definition(load: Fraction, servers: int) -> None:
    assert erlang_b(float(load), servers) == pytest.approx(float(_exact_erlang_b(load, servers)), rel=1e-14)


@pytest.mark.parametrize(("load", "servers"), [(0.01, 0.5), (2.0, 3.25), (5.0, 8.5), (40.0, 44.9), (300.0, 290.1)])
def test_erlang_b_of_fractional_servers_is_its_integral(load: float, servers: float) -> None:
    # with u = load * t, and e^-u (1 + u/load)^servers spread over a range that its height decides
    integral = quad(lambda u: exp(servers * np.log1p(u / load) - u), 0.0, inf, epsabs=0.0, epsrel=1e-12, limit=500)[0]
    assert erlang_b(load, servers) == pytest.approx(1.0 / integral, rel=1e-9)


@pytest.mark.parametrize("load", [1e-3, 0.7, 12.0, 500.0, 1e5])
def test_erlang_b_is_continuous_in_the_number_of_servers(load: float) -> None:
    for servers in (1, 2, 10):
        assert erlang_b(load, servers - 1e-9) == pytest.approx(erlang_b(load, servers), rel=1e-7)
        assert erlang_b(load, servers + 1e-9) == pytest.approx(erlang_b(load, servers), rel=1e-7)


def test_the_classic_table_of_erlang_b() -> None:
    """Ten lines carry 4.46 erlangs at a loss of 1 %: any traffic table."""
    assert erlang_b_load(10, 0.01) == pytest.approx(4.46, abs=0.005)


@given(load=loads, loss=st.floats(1e-6, 0.9))
def test_inverses_of_erlang_b(load: float, loss: float) -> None:
    least = erlang_b_servers(load, loss)
    assert erlang_b(load, least) <= loss
    assert least == 0 or erlang_b(load, least - 1) > loss
    exact = erlang_b_servers_continuous(load, loss)
    assert least - 1 <= exact <= least
    assert erlang_b(load, exact) == pytest.approx(loss, rel=1e-9)
    assert erlang_b(erlang_b_load(least, loss), least) == pytest.approx(loss, rel=1e-9)


# Erlang C, Erlang A, M/M/s/K


@given(load=st.floats(0.05, 0.98), servers=agents, within=st.floats(0.0, 5.0))
def test_erlang_a_becomes_erlang_c_as_patience_grows(load: float, servers: int, within: float) -> None:
    patient = erlang_a(arrival_rate=load * servers, service_mean=1.0, patience_mean=1e12, servers=servers)
    endless = erlang_c(arrival_rate=load * servers, service_mean=1.0, servers=servers)
    assert _all(patient, within) == pytest.approx(_all(endless, within), rel=1e-7, abs=1e-8)


@given(load=st.floats(0.05, 0.9), servers=st.integers(1, 30), within=st.floats(0.0, 5.0))
def test_a_great_capacity_is_as_good_as_none(load: float, servers: int, within: float) -> None:
    roomy = mmsk(arrival_rate=load * servers, service_mean=1.0, servers=servers, capacity=servers + 500)
    endless = erlang_c(arrival_rate=load * servers, service_mean=1.0, servers=servers)
    assert _all(roomy, within) == pytest.approx(_all(endless, within), rel=1e-10, abs=1e-13)


@given(load=loads, servers=agents)
def test_no_room_to_wait_is_erlang_b(load: float, servers: int) -> None:
    queue = mmsk(arrival_rate=load, service_mean=1.0, servers=servers, capacity=servers)
    assert queue.p_block == pytest.approx(erlang_b(load, servers), rel=1e-12)
    assert (queue.p_wait, queue.mean_wait, queue.mean_wait_answered, queue.p_abandon) == (0.0, 0.0, 0.0, 0.0)
    assert queue.service_level(1.0).of_answered == pytest.approx(1.0)


@pytest.mark.slow
@given(load=loads, patience=patiences, servers=agents, within=times)
def test_erlang_a_is_the_integral_with_exponential_patience(
    load: float, patience: float, servers: int, within: float
) -> None:
    chain = erlang_a(arrival_rate=load, service_mean=1.0, patience_mean=patience, servers=servers)
    integral = mmsg(
        arrival_rate=load, service_mean=1.0, servers=servers, survival=lambda time: np.exp(-time / patience)
    )
    assert _all(chain, within) == pytest.approx(_all(integral, within), rel=1e-10, abs=1e-13)
    assert chain.mean_offered_wait == pytest.approx(integral.mean_offered_wait, rel=1e-10, abs=1e-13)


@pytest.mark.parametrize(("load", "patience", "servers"), [(4.2, 0.5, 5), (10.0, 1.0, 10), (30.0, 4.0, 24)])
def test_erlang_a_is_palms_formula(load: float, patience: float, servers: int) -> None:
    """P(wait) = A B / (1 + (A - 1) B) with A(x, y) by the incomplete gamma function."""
    x, y = servers * patience, load * patience
    a = x * exp(y - x * np.log(y) + gammaln(x)) * gammainc(x, y)
    b = erlang_b(load, servers)
    queue = erlang_a(arrival_rate=load, service_mean=1.0, patience_mean=patience, servers=servers)
    assert queue.p_wait == pytest.approx(a * b / (1.0 + (a - 1.0) * b), rel=1e-12)


def test_the_wait_behind_others_has_the_law_of_a_logarithm_of_beta() -> None:
    """Three departures with rates 4, 3 and 2, by the partial fractions of a hypoexponential law."""
    rates, time = (4.0, 3.0, 2.0), 0.7
    weights = [np.prod([other / (other - rate) for other in rates if other != rate]) for rate in rates]
    late = sum(weight * exp(-rate * time) for weight, rate in zip(weights, rates, strict=True))
    assert beta.cdf(exp(-time), 2.0, 3.0) == pytest.approx(late, rel=1e-12)


@given(load=loads, patience=patiences, servers=agents, room=st.integers(0, 40), within=times)
def test_what_always_holds(load: float, patience: float, servers: int, room: int, within: float) -> None:
    queue = mmsk(arrival_rate=load, service_mean=1.0, servers=servers, capacity=servers + room, patience_mean=patience)
    level = queue.service_level(within)
    tiny = 1e-12
    assert queue.queue_length == pytest.approx(load * (1.0 - queue.p_block) * queue.mean_wait)  # Little
    assert queue.p_abandon * load == pytest.approx(queue.queue_length / patience)  # what leaves, leaves the queue
    assert 0.0 <= queue.p_wait <= 1.0 - queue.p_block + tiny
    assert 0.0 <= queue.occupancy <= 1.0 + tiny
    assert queue.mean_wait_answered <= queue.mean_offered_wait * (1.0 + 1e-9) + tiny
    assert level.of_offered <= level.with_abandoned + tiny
    assert level.of_offered <= level.less_abandoned + tiny
    assert level.of_offered <= level.of_answered + tiny <= 1.0 + 2 * tiny
    assert level.with_abandoned <= 1.0 - queue.p_block + tiny
    later = queue.service_level(within + 1.0)
    assert later.answered_in_time >= level.answered_in_time - tiny
    assert later.abandoned_in_time >= level.abandoned_in_time - tiny


@given(load=loads, patience=patiences, servers=agents, room=st.integers(1, 40))
def test_service_levels_at_the_ends(load: float, patience: float, servers: int, room: int) -> None:
    queue = mmsk(arrival_rate=load, service_mean=1.0, servers=servers, capacity=servers + room, patience_mean=patience)
    at_once, ever = queue.service_level(0.0), queue.service_level(inf)
    assert at_once.answered_in_time == pytest.approx(1.0 - queue.p_wait - queue.p_block, abs=1e-12)
    assert at_once.abandoned_in_time == pytest.approx(0.0, abs=1e-12)
    assert (ever.answered_in_time, ever.abandoned_in_time) == pytest.approx((queue.p_answered, queue.p_abandon))


def test_service_levels_by_hand() -> None:
    """Of 100 offered, 70 are answered, 60 of them in time, and 20 of the 30 others give up in time."""
    level = ServiceLevel(within=20.0, answered_in_time=0.6, abandoned_in_time=0.2, answered=0.7)
    assert level.less_abandoned == pytest.approx(60 / 80)
    assert level.with_abandoned == pytest.approx(80 / 100)
    assert level.of_offered == pytest.approx(60 / 100)
    assert level.of_answered == pytest.approx(60 / 70)
    assert ServiceLevel(within=0.0, answered_in_time=0.0, abandoned_in_time=1.0, answered=0.0).less_abandoned == 1.0


def test_wait_quantiles_of_erlang_c_invert_its_tail() -> None:
    queue = erlang_c(arrival_rate=4.2, service_mean=2.0, servers=10)
    for probability in (0.7, 0.9, 0.999):
        assert queue.wait_exceeds(queue.wait_quantile(probability)) == pytest.approx(1.0 - probability, rel=1e-12)
    assert queue.wait_quantile(0.1) == 0.0


# M/M/s+G


def test_deterministic_patience_is_the_truncated_wait() -> None:
    """M/M/s+D: the offered wait has a density only up to the patience and an exponential tail beyond (Zeltyn)."""
    rate, servers, patience = 4.2, 8, 1.7
    drain = servers / 2.0 - rate
    idle = 1.0 / erlang_b(rate * 2.0, servers - 1)
    before = (1.0 - exp(-drain * patience)) / drain  # the area under e^g up to the patience, and after it
    after = exp(-drain * patience) / (servers / 2.0)
    scale = rate / (idle + rate * (before + after))
    for breaks in ((), (patience,)):
        queue = mmsg(
            arrival_rate=rate,
            service_mean=2.0,
            servers=servers,
            survival=lambda time: (time < patience).astype(float),
            breaks=breaks,
        )
        assert queue.p_wait == pytest.approx(scale * (before + after), rel=1e-12)
        assert queue.p_abandon == pytest.approx(scale * after, rel=1e-12)
        assert queue.offered_wait_exceeds(patience) == pytest.approx(scale * after, rel=1e-12)
        just_before = queue.service_level(patience * (1.0 - 1e-12))
        assert just_before.abandoned_in_time == pytest.approx(0.0, abs=1e-12)
        assert queue.service_level(patience).abandoned_in_time == pytest.approx(queue.p_abandon, rel=1e-11)


@pytest.mark.slow
@given(
    load=loads,
    servers=agents,
    weibull=st.tuples(st.floats(0.0, 0.5), st.floats(0.5, 4.0), st.floats(0.1, 20.0)),
    within=times,
)
def test_what_always_holds_with_any_patience(
    load: float, servers: int, weibull: tuple[float, float, float], within: float
) -> None:
    none, shape, scale = weibull
    queue = mmsg(
        arrival_rate=load,
        service_mean=1.0,
        servers=servers,
        survival=lambda time: (1.0 - none) * np.exp(-((time / scale) ** shape)),
    )
    level, tiny = queue.service_level(within), 1e-9
    # what is served is what the busy servers complete: an equation that the integrals do not know of
    at_most = min(1.0, servers / load)
    assert queue.p_answered <= at_most + tiny
    ever = queue.service_level(1e9)
    assert (ever.answered_in_time, ever.abandoned_in_time) == pytest.approx(
        (queue.p_answered, queue.p_abandon), rel=1e-9, abs=1e-12
    )
    assert queue.service_level(0.0).abandoned_in_time == pytest.approx(none * queue.p_wait, rel=1e-9, abs=1e-12)
    assert -tiny <= level.abandoned_in_time <= queue.p_abandon + tiny
    assert level.answered_in_time <= queue.p_answered + tiny
    assert queue.mean_wait <= queue.mean_offered_wait + tiny


def test_unlimited_patience_is_erlang_c() -> None:
    queue = mmsg(arrival_rate=4.2, service_mean=2.0, servers=12, survival=np.ones_like)
    assert _all(queue) == pytest.approx(_all(erlang_c(arrival_rate=4.2, service_mean=2.0, servers=12)), rel=1e-12)


def test_an_overload_needs_somebody_to_give_up() -> None:
    with pytest.raises(ValueError, match="no steady state"):
        mmsg(arrival_rate=7.0, service_mean=2.0, servers=12, survival=lambda time: np.full_like(time, 0.9))


# Primitive, Mt/G/inf, M/M/s//N


def test_primitive_of_a_smooth_function_and_of_a_step() -> None:
    points = np.linspace(0.0, 3.0, 101)
    assert primitive(np.cos, 3.0)(points) == pytest.approx(np.sin(points), rel=1e-13, abs=1e-14)
    step = primitive(lambda x: (x < np.sqrt(2.0)).astype(float), 3.0)
    assert step(points) == pytest.approx(np.minimum(points, np.sqrt(2.0)), rel=1e-13)
    assert step(np.array([-1.0, 99.0])) == pytest.approx([0.0, np.sqrt(2.0)], rel=1e-13)


def test_offered_load_settles_at_rate_times_mean_whatever_the_law() -> None:
    for survival in (lambda t: np.exp(-t / 3.0), lambda t: (t < 3.0).astype(float), lambda t: np.maximum(1 - t / 6, 0)):
        load = offered_load(
            np.array([[-1.0, 0.0], [200.0, 400.0]]),
            edges=np.array([0.0, 250.0]),
            rates=np.array([4.0]),
            survival=survival,
        )
        assert load == pytest.approx(np.array([[0.0, 0.0], [12.0, 0.0]]), rel=1e-12, abs=1e-12)


def test_deterministic_services_count_the_arrivals_of_the_last_one() -> None:
    load = offered_load(
        np.array([1.0, 2.5, 3.5]),
        edges=np.array([0.0, 2.0, 4.0]),
        rates=np.array([1.0, 10.0]),
        survival=lambda time: (time < 2.0).astype(float),
    )
    assert load == pytest.approx([1.0, 0.5 * 10 + 1.5, 1.5 * 10 + 0.5], rel=1e-12)


@given(users=st.integers(1, 80), servers=st.integers(1, 20), think=st.floats(0.01, 20.0))
def test_closed_loops_obey_little(users: int, servers: int, think: float) -> None:
    loop = mmsn(users=users, think_mean=think, service_mean=1.0, servers=servers)
    assert loop.throughput * (think + loop.mean_response) == pytest.approx(users)
    assert loop.in_system == pytest.approx(loop.throughput * loop.mean_response)
    assert 0.0 <= loop.occupancy <= 1.0 + 1e-12
    assert (loop.p_wait > 0.0) == (users > servers)


def test_a_loop_with_one_server_by_hand() -> None:
    """Two users, think and service of mean 1: states weigh 1, 2, 2."""
    loop = mmsn(users=2, think_mean=1.0, service_mean=1.0, servers=1)
    assert (loop.throughput, loop.in_system, loop.p_wait) == pytest.approx((4 / 5, 6 / 5, 1 / 2))


# Staffing


@pytest.mark.slow
@given(
    load=st.floats(0.1, 60.0),
    patience=st.one_of(st.just(inf), patiences),
    target=st.floats(0.05, 0.99),
    definition=st.sampled_from(LEVELS),
)
def test_required_agents_are_enough_and_not_one_too_many(
    load: float, patience: float, target: float, definition: str
) -> None:
    given_ = {"arrival_rate": load, "service_mean": 1.0, "within": 0.1, "target": target, "patience_mean": patience}
    agents = required_agents(**given_, definition=definition)  # type: ignore[arg-type]

    def level(servers: int) -> float:
        if patience < inf:
            queue: SteadyState = erlang_a(arrival_rate=load, service_mean=1.0, patience_mean=patience, servers=servers)
        elif load < servers:
            queue = erlang_c(arrival_rate=load, service_mean=1.0, servers=servers)
        else:
            return 0.0
        return float(getattr(queue.service_level(0.1), definition))

    assert level(agents) >= target
    assert all(level(servers) < target for servers in range(1, agents))


def test_nobody_calls_nobody_works() -> None:
    assert required_agents(arrival_rate=0.0, service_mean=1.0, within=20.0, target=0.8) == 0


# The examples in the docstrings


@pytest.mark.slow
def test_examples_in_docstrings() -> None:
    modules = [import_module(info.name) for info in pkgutil.walk_packages(sim.theory.__path__, "sim.theory.")]
    results = [doctest.testmod(module) for module in modules]
    assert sum(result.attempted for result in results) >= 40
    assert sum(result.failed for result in results) == 0


# Wrong input says what is wrong


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: erlang_b(-1.0, 3), "offered_load is -1.0"),
        (lambda: erlang_b(1.0, -3), "servers is -3"),
        (lambda: erlang_b_load(3, 1.0), "loss is 1.0"),
        (lambda: erlang_c(arrival_rate=1.0, service_mean=0.0, servers=2), "service_mean is 0.0"),
        (lambda: erlang_c(arrival_rate=2.0, service_mean=1.0, servers=2), "cannot keep up"),
        (lambda: erlang_c(arrival_rate=2.0, service_mean=1.0, servers=2.5), "servers is 2.5"),
        (lambda: erlang_c(arrival_rate=1.0, service_mean=1.0, servers=2).wait_quantile(1.0), "probability is 1.0"),
        (lambda: erlang_c(arrival_rate=1.0, service_mean=1.0, servers=2).service_level(-1.0), "within is -1.0"),
        (lambda: erlang_a(arrival_rate=1.0, service_mean=1.0, patience_mean=inf, servers=2), "patience_mean is inf"),
        (lambda: mmsk(arrival_rate=1.0, service_mean=1.0, servers=3, capacity=2), "capacity is 2"),
        (lambda: mmsn(users=2.5, think_mean=1.0, service_mean=1.0, servers=1), "users is 2.5"),  # type: ignore[arg-type]
        (lambda: required_agents(arrival_rate=1.0, service_mean=1.0, within=1.0, target=1.0), "target is 1.0"),
        (lambda: offered_load(np.zeros(1), edges=np.zeros(3), rates=np.ones(2), survival=np.exp), "ascend"),
        (lambda: offered_load(np.zeros(1), edges=np.arange(3.0), rates=np.ones(3), survival=np.exp), "one edge more"),
        (lambda: offered_load(np.zeros(1), edges=np.arange(3.0), rates=-np.ones(2), survival=np.exp), "rates must be"),
    ],
)
def test_wrong_input_is_refused_by_name(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]
