"""M/G/1, M/D/s, GI/M/s, priorities and networks against each other and against Markov chains."""

from __future__ import annotations

from math import exp, factorial, floor, inf, sqrt
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import poisson

from sim.theory import Node, erlang_c, explore, gims, jackson, mds, mg1, priority_mg1, priority_mms
from sim.theory.models import Group, Line, modulated, multi_skill

if TYPE_CHECKING:
    from collections.abc import Iterator

# M/G/1


@given(load=st.floats(0.01, 0.95))
def test_exponential_services_make_erlang_c(load: float) -> None:
    queue = mg1(arrival_rate=load, service_mean=1.0, service_cv=1.0, service_cube=6.0)
    known = erlang_c(arrival_rate=load, service_mean=1.0, servers=1)
    ours = (queue.p_wait, queue.mean_wait, queue.queue_length, queue.occupancy, queue.var_wait)
    theirs = (known.p_wait, known.mean_wait, known.queue_length, known.occupancy, known.var_wait)
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_last_come_first_served_waits_for_a_busy_period() -> None:
    """In M/M/1 who waits does so for a busy period, whose moments solve linear equations."""
    size, rate = 400, 0.6
    moves = np.diag(np.full(size, -1.0 - rate)) + np.diag(np.full(size - 1, rate), 1) + np.diag(np.ones(size - 1), -1)
    first = np.linalg.solve(-moves, np.ones(size))
    second = np.linalg.solve(-moves, 2.0 * first)
    queue = mg1(arrival_rate=rate, service_mean=1.0, service_cv=1.0, service_cube=6.0)
    assert queue.mean_wait == pytest.approx(rate * first[0], rel=1e-12)
    assert queue.var_wait_last_first + queue.mean_wait**2 == pytest.approx(rate * second[0], rel=1e-12)


# M/D/s


@given(load=st.floats(0.05, 0.95), time=st.floats(0.0, 9.0))
def test_one_server_with_constant_services_is_erlangs_sum(load: float, time: float) -> None:
    queue = mds(arrival_rate=load, service_time=1.0, servers=1)
    terms = [(-load * (time - k)) ** k / factorial(k) * exp(load * (time - k)) for k in range(floor(time) + 1)]
    assert 1.0 - queue.wait_exceeds(time) == pytest.approx((1.0 - load) * sum(terms), abs=1e-10)
    known = mg1(arrival_rate=load, service_mean=1.0, service_cv=0.0, service_cube=1.0)
    assert queue.mean_wait == pytest.approx(known.mean_wait, rel=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize(("load", "servers"), [(1.4, 2), (8.0, 10), (47.0, 50), (5.0, 40)])
def test_constant_services_by_the_embedded_chain(load: float, servers: int) -> None:
    size = 600
    after = np.maximum(np.arange(size) - servers, 0)
    chain = poisson.pmf(np.arange(size)[np.newaxis, :] - after[:, np.newaxis], load)
    law = np.linalg.matrix_power(chain / chain.sum(axis=1, keepdims=True), 1 << 12)[0]
    queue = mds(arrival_rate=load / 3.0, service_time=3.0, servers=servers)
    assert queue.p_wait == pytest.approx(law[servers:].sum(), abs=1e-12)
    assert queue.queue_length == pytest.approx(law @ np.maximum(np.arange(size) - servers, 0), abs=1e-11)


def test_the_law_of_the_wait_has_its_mean_and_no_jumps() -> None:
    queue = mds(arrival_rate=8.0, service_time=1.0, servers=9)
    area = sum(quad(queue.wait_exceeds, k, k + 1, epsabs=1e-13)[0] for k in range(12))
    assert area == pytest.approx(queue.mean_wait, rel=1e-9)
    assert queue.wait_exceeds(1.0 - 1e-12) == pytest.approx(queue.wait_exceeds(1.0), rel=1e-9)
    level = queue.service_level(0.25)
    assert level.of_offered == pytest.approx(1.0 - queue.wait_exceeds(0.25))
    assert queue.service_level(inf).of_offered == 1.0


def test_small_probabilities_keep_their_digits() -> None:
    """With many servers to spare, who waits is who is the 50th to come within one service."""
    queue = mds(arrival_rate=5.0, service_time=1.0, servers=50)
    assert queue.p_wait == pytest.approx(poisson.sf(49, 5.0), rel=1e-9)


# GI/M/s


@given(load=st.floats(0.02, 0.97), servers=st.integers(1, 120))
def test_poisson_arrivals_make_erlang_c(load: float, servers: int) -> None:
    rate = load * servers
    queue = gims(arrival_rate=rate, transform=lambda z: rate / (rate + z), service_mean=1.0, servers=servers)
    known = erlang_c(arrival_rate=rate, service_mean=1.0, servers=servers)
    assert (queue.p_wait, queue.mean_wait) == pytest.approx((known.p_wait, known.mean_wait), rel=1e-8)
    assert queue.service_level(0.1).of_offered == pytest.approx(known.service_level(0.1).of_offered, rel=1e-9)


@pytest.mark.parametrize(("rate", "servers"), [(2.0, 5), (3.0, 5), (1.0, 2)])
def test_where_the_root_is_a_whole_number(rate: float, servers: int) -> None:
    queue = gims(arrival_rate=rate, transform=lambda z: rate / (rate + z), service_mean=1.0, servers=servers)
    known = erlang_c(arrival_rate=rate, service_mean=1.0, servers=servers)
    assert queue.p_wait == pytest.approx(known.p_wait, rel=1e-11)


@pytest.mark.parametrize("servers", [1, 3, 8])
def test_arrivals_in_two_stages_by_a_chain(servers: int) -> None:
    rate = 0.8 * servers

    def transitions(state: tuple[int, int]) -> Iterator[tuple[tuple[int, int], float, str]]:
        stage, present = state
        if stage == 0:
            yield (1, present), 2.0 * rate, "half way"
        elif present < 300:
            yield (0, present + 1), 2.0 * rate, "waits" if present >= servers else "at once"
        yield (stage, present - 1), float(min(present, servers)), "served"

    steady = explore((0, 0), transitions).stationary()
    queue = gims(
        arrival_rate=rate, transform=lambda z: (2 * rate / (2 * rate + z)) ** 2, service_mean=1.0, servers=servers
    )
    assert queue.p_wait == pytest.approx(steady.rate("waits") / rate, rel=1e-10)
    assert queue.queue_length == pytest.approx(steady.mean(lambda s: max(0, s[1] - servers)), rel=1e-10)


@pytest.mark.parametrize("servers", [1, 4, 12])
def test_interrupted_poisson_arrivals_are_a_renewal_process(servers: int) -> None:
    on, start, stop = 1.3 * servers, 1 / 7, 1 / 10
    rate = on * start / (start + stop)
    bursts = modulated(
        arrival_rates=[on, 0.0], switches=[[0.0, stop], [start, 0.0]], service_mean=1.0, servers=servers, room=3000
    )
    queue = gims(
        arrival_rate=rate,
        transform=lambda z: on * (z + start) / ((z + on + stop) * (z + start) - stop * start),
        service_mean=1.0,
        servers=servers,
    )
    assert bursts.mean_rate == pytest.approx(rate, rel=1e-12)
    assert queue.p_wait == pytest.approx(bursts.contacts.p_wait, rel=1e-9)
    assert queue.mean_wait == pytest.approx(bursts.contacts.mean_wait, rel=1e-9)
    assert bursts.levels == pytest.approx((start / (start + stop), stop / (start + stop)), rel=1e-12)


# Priorities


@pytest.mark.slow
def test_priorities_without_preemption_by_a_chain() -> None:
    """Services of different means at one server, and of one mean at three."""
    for servers, means in ((1, (1.0, 2.0)), (3, (1.5, 1.5))):
        rates = tuple(0.3 * servers / mean for mean in means)
        lines = {str(k): Line(arrival_rate=rate, asks=["all"], room=120) for k, rate in enumerate(rates)}
        serves = {str(k): mean for k, mean in enumerate(means)}
        exact = multi_skill(lines=lines, groups={"all": Group(agents=servers, serves=serves)})
        if servers == 1:
            classes = priority_mg1(arrival_rates=rates, service_means=means, service_cvs=(1.0, 1.0))
        else:
            classes = priority_mms(arrival_rates=rates, service_mean=means[0], servers=servers)
        waits = [line.mean_wait for line in exact.lines.values()]
        assert [priority_class.mean_wait for priority_class in classes] == pytest.approx(waits, rel=1e-9)


@pytest.mark.parametrize(("servers", "means"), [(1, (1.0, 2.0)), (3, (1.5, 1.5))])
def test_preemptive_priorities_by_a_chain(servers: int, means: tuple[float, float]) -> None:
    rates = tuple(0.3 * servers / mean for mean in means)

    def transitions(state: tuple[int, int]) -> Iterator[tuple[tuple[int, int], float]]:
        high, low = state
        first = min(high, servers)
        if high < 120:
            yield (high + 1, low), rates[0]
        if low < 160:
            yield (high, low + 1), rates[1]
        yield (high - 1, low), first / means[0]
        yield (high, low - 1), min(low, servers - first) / means[1]

    steady = explore((0, 0), transitions).stationary()
    if servers == 1:
        classes = priority_mg1(arrival_rates=rates, service_means=means, service_cvs=(1.0, 1.0), preemptive=True)
    else:
        classes = priority_mms(arrival_rates=rates, service_mean=means[0], servers=servers, preemptive=True)
    for k, priority_class in enumerate(classes):
        assert priority_class.arrival_rate * priority_class.mean_sojourn == pytest.approx(
            steady.mean(lambda s, k=k: s[k]), rel=1e-9
        )


@given(rates=st.lists(st.floats(0.01, 0.2), min_size=1, max_size=4), cv=st.floats(0.0, 3.0), preemptive=st.booleans())
def test_work_is_conserved(rates: list[float], cv: float, preemptive: bool) -> None:
    """The work present does not depend on the order: so the mean waits, weighted by loads, add up (Kleinrock)."""
    classes = priority_mg1(
        arrival_rates=rates, service_means=[1.0] * len(rates), service_cvs=[cv] * len(rates), preemptive=preemptive
    )
    together = mg1(arrival_rate=sum(rates), service_mean=1.0, service_cv=cv)
    if not preemptive:
        assert sum(priority_class.queue_length for priority_class in classes) == pytest.approx(
            together.queue_length, rel=1e-10
        )
    alone = mg1(arrival_rate=rates[0], service_mean=1.0, service_cv=cv)
    assert alone.mean_wait * (1.0 - 1e-12) <= classes[0].mean_wait <= together.mean_wait * (1.0 + 1e-12)
    if preemptive:
        assert classes[0].mean_wait == pytest.approx(alone.mean_wait, rel=1e-12)


# Networks


def test_a_network_with_feedback_by_a_chain() -> None:
    """Two nodes, a customer of the second going back to the first or to the second again."""
    nodes = {
        "first": Node(arrival_rate=0.8, service_mean=1.0, servers=2, then={"second": 0.7}),
        "second": Node(arrival_rate=0.2, service_mean=0.5, servers=1, then={"first": 0.3, "second": 0.1}),
    }

    def transitions(state: tuple[int, int]) -> Iterator[tuple[tuple[int, int], float, str]]:
        first, second = state
        if first < 110:
            yield (first + 1, second), 0.8, "comes to first"
        if second < 110:
            yield (first, second + 1), 0.2, "comes"
        yield (first - 1, second), min(first, 2) * 0.3, "leaves"
        yield (first - 1, min(110, second + 1)), min(first, 2) * 0.7, "goes"
        yield (min(110, first + 1), second - 1), min(second, 1) * 2.0 * 0.3, "comes to first"
        yield (first, second - 1), min(second, 1) * 2.0 * 0.6, "leaves"

    steady = explore((0, 0), transitions).stationary()
    network = jackson(nodes)
    assert network.nodes["first"].throughput == pytest.approx(steady.rate("comes to first"), rel=1e-9)
    assert network.nodes["first"].in_system == pytest.approx(steady.mean(lambda s: s[0]), rel=1e-9)
    assert network.nodes["second"].in_system == pytest.approx(steady.mean(lambda s: s[1]), rel=1e-9)
    assert network.mean_sojourn == pytest.approx(steady.mean(sum), rel=1e-9)
    assert sum(node.visits * network.arrival_rate for node in network.nodes.values()) > network.arrival_rate


def test_a_pause_holds_whom_little_says() -> None:
    network = jackson({"desk": Node(arrival_rate=2.0, service_mean=1.0, servers=5, then={"pause": 0.5}),
                       "pause": Node(service_mean=30.0, then={"desk": 1.0})})  # fmt: skip
    assert network.nodes["pause"].in_system == pytest.approx(2.0 * 30.0)
    assert network.nodes["desk"].visits == pytest.approx(2.0)
    assert network.nodes["pause"].queue is None


# Wrong input says what is wrong


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mg1(arrival_rate=1.0, service_mean=1.0, service_cv=1.0), "cannot keep up"),
        (lambda: mg1(arrival_rate=0.5, service_mean=1.0, service_cv=-1.0), "service_cv is -1.0"),
        (lambda: mg1(arrival_rate=0.5, service_mean=1.0, service_cv=1.0, service_cube=3.0), "4 or more"),
        (lambda: mg1(arrival_rate=0.5, service_mean=1.0, service_cv=1.0).var_wait, "give service_cube"),
        (lambda: mds(arrival_rate=2.0, service_time=1.0, servers=2), "cannot keep up"),
        (lambda: mds(arrival_rate=1.0 - 1e-9, service_time=1.0, servers=1), "too close"),
        (lambda: gims(arrival_rate=2.0, transform=lambda z: exp(-z), service_mean=0.1, servers=1), "not 0.5"),
        (lambda: gims(arrival_rate=2.0, transform=lambda z: exp(-z / 2), service_mean=1.0, servers=2), "cannot keep"),
        (lambda: priority_mms(arrival_rates=[1.0, 1.0], service_mean=1.0, servers=2), "cannot keep up"),
        (lambda: priority_mms(arrival_rates=[], service_mean=1.0, servers=2), "a class at least"),
        (lambda: priority_mg1(arrival_rates=[0.1], service_means=[1.0, 1.0], service_cvs=[1.0]), "for each class"),
        (lambda: jackson({"a": Node(arrival_rate=1.0, service_mean=1.0, then={"b": 1.0})}), "b, which is no node"),
        (lambda: jackson({"a": Node(arrival_rate=1.0, service_mean=1.0, then={"a": 1.0})}), "nobody ever leaves a"),
        (lambda: jackson({"a": Node(arrival_rate=1.0, service_mean=1.0, then={"a": 1.5})}), "it must be 0 to 1"),
        (lambda: jackson({"a": Node(arrival_rate=1.0, service_mean=1.0, servers=1)}), "1 servers of a cannot keep up"),
        (lambda: jackson({"a": Node(service_mean=1.0)}), "not all 0"),
    ],
)
def test_wrong_input_is_refused_by_name(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]


def test_many_more_servers_than_a_float_can_tell() -> None:
    """Arrivals on the dot, services a thousandth of the time between them: nobody ever waits."""
    queue = gims(arrival_rate=1.0, transform=lambda z: exp(-z), service_mean=1e-3, servers=2)
    assert (queue.p_wait, queue.mean_wait) == (0.0, 0.0)
    assert sqrt(queue.service_level(0.0).of_offered) == 1.0
