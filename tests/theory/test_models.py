"""Callbacks, transfers, redials, lines, breaks and bursts against closed forms in special cases."""

from __future__ import annotations

from math import exp, factorial, inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.theory import Node, SteadyState, erlang_a, erlang_b, erlang_c, jackson, mmsk, priority_mms
from sim.theory.models import (
    Contacts,
    Group,
    Line,
    Tier,
    breaks,
    callback,
    chats,
    interrupted,
    modulated,
    multi_skill,
    redial,
    transfer,
    trunk_lines,
    wrap_up,
)

REL = 1e-9
CALLS = {"arrival_rate": 4.2, "service_mean": 2.0, "patience_mean": 1.0}


def _same(ours: Contacts, theirs: SteadyState | Contacts, rel: float = REL) -> None:
    """Compare what becomes of contacts."""
    names = ("p_wait", "p_block", "p_abandon", "mean_wait", "queue_length", "p_answered")
    for name in names:
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=rel, abs=1e-13), name


# Callbacks


@given(servers=st.integers(3, 12), idle_needed=st.integers(0, 2))
@settings(max_examples=15)
def test_nobody_who_accepts_is_erlang_a(servers: int, idle_needed: int) -> None:
    result = callback(**CALLS, servers=servers, p_accept=0.0, idle_needed=idle_needed)
    known = erlang_a(**CALLS, servers=servers)
    _same(result.calls, known)
    assert (result.callbacks_rate, result.callbacks, result.mean_delay) == (0.0, 0.0, 0.0)
    assert result.offered == pytest.approx(known.p_wait, rel=REL)


def test_everybody_who_accepts_is_erlang_c() -> None:
    result = callback(**CALLS, servers=10, p_accept=1.0)
    known = erlang_c(arrival_rate=4.2, service_mean=2.0, servers=10)
    assert result.callbacks == pytest.approx(known.queue_length, rel=REL)
    assert result.offered == pytest.approx(known.p_wait, rel=REL)
    assert result.mean_delay * known.p_wait == pytest.approx(known.mean_wait, rel=REL)
    assert result.calls.queue_length == pytest.approx(0.0, abs=1e-15)
    assert result.occupancy == pytest.approx(known.occupancy, rel=REL)


@pytest.mark.parametrize("load", [0.3, 0.9, 1.2])
def test_callbacks_that_leave_one_of_two_agents_idle(load: float) -> None:
    """Cuts between 0, 1 and 2 busy agents, and through the number due, give P(both busy) = load^2 / (2 (1 + load))."""
    result = callback(arrival_rate=load, service_mean=1.0, servers=2, p_accept=1.0, idle_needed=1, room=0)
    assert result.offered == pytest.approx(load**2 / (2.0 * (1.0 + load)), rel=REL)
    assert result.occupancy * 2 == pytest.approx(load, rel=REL)


@pytest.mark.slow
@pytest.mark.parametrize("first", [False, True])
def test_callbacks_told_apart_are_callbacks_all_the_same(first: bool) -> None:
    rules = {"servers": 9, "p_accept": 0.5, "offer_from": 1, "idle_needed": 1, "callbacks_first": first}
    same, apart = callback(**CALLS, **rules), callback(**CALLS, **rules, callback_mean=2.0 * (1.0 + 1e-12))  # type: ignore[arg-type]
    _same(same.calls, apart.calls)
    assert same.mean_delay == pytest.approx(apart.mean_delay, rel=REL)
    served = same.calls.answered_rate + same.callbacks_rate
    assert served * 2.0 == pytest.approx(same.occupancy * 9, rel=REL)


# Two tiers


@pytest.mark.slow
def test_cold_transfers_without_patience_are_jacksons_network() -> None:
    result = transfer(
        arrival_rate=1.0,
        first=Tier(agents=4, service_mean=2.5),
        second=Tier(agents=2, service_mean=5.0),
        p=0.2,
        room=150,
    )
    nodes = {
        "first": Node(arrival_rate=1.0, service_mean=2.5, servers=4, then={"second": 0.2}),
        "second": Node(service_mean=5.0, servers=2),
    }
    network = jackson(nodes)
    for ours, node in ((result.first, network.nodes["first"]), (result.second, network.nodes["second"])):
        assert node.queue is not None
        _same(ours, node.queue)


def test_the_first_tier_does_not_feel_cold_transfers() -> None:
    result = transfer(
        arrival_rate=4.2,
        first=Tier(agents=8, service_mean=2.0, patience_mean=1.0),
        second=Tier(agents=2, service_mean=5.0, patience_mean=2.0),
        p=0.3,
    )
    _same(result.first, erlang_a(**CALLS, servers=8))
    assert result.held == 0.0
    second = result.second
    assert second.arrival_rate == pytest.approx(0.3 * result.first.answered_rate, rel=REL)
    assert second.answered_rate * 5.0 == pytest.approx(2 * result.second_occupancy, rel=REL)
    assert second.p_abandon * second.arrival_rate == pytest.approx(second.queue_length / 2.0, rel=REL)


def test_warm_transfers_to_a_tier_that_always_answers_cost_nothing() -> None:
    result = transfer(
        arrival_rate=4.2,
        first=Tier(agents=8, service_mean=2.0, patience_mean=1.0),
        second=Tier(agents=25, service_mean=1.0, patience_mean=2.0),
        p=0.5,
        warm=True,
    )
    _same(result.first, erlang_a(**CALLS, servers=8))
    assert result.held == pytest.approx(0.0, abs=1e-14)


def test_warm_transfers_between_two_agents_are_blocking_in_series() -> None:
    """No queue before the first: nobody, first, second, both, and first held while second talks, by hand."""
    rate, mu1, mu2 = 0.8, 1.0, 0.6
    moves = np.zeros((5, 5))
    for begin, end, speed in (
        (0, 1, rate), (1, 2, mu1), (2, 0, mu2), (2, 3, rate), (3, 1, mu2), (3, 4, mu1), (4, 2, mu2)
    ):  # fmt: skip
        moves[begin, end] += speed
        moves[begin, begin] -= speed
    law = np.linalg.solve(np.vstack([moves.T[:-1], np.ones(5)]), np.array([0.0, 0.0, 0.0, 0.0, 1.0]))
    first, second = Tier(agents=1, service_mean=1 / mu1), Tier(agents=1, service_mean=1 / mu2)
    result = transfer(arrival_rate=rate, first=first, second=second, p=1.0, warm=True, room=0)
    assert result.first.p_block == pytest.approx(law[1] + law[3] + law[4], rel=REL)
    assert result.held == pytest.approx(law[4], rel=REL)
    assert result.first_occupancy == pytest.approx(law[1] + law[3] + law[4], rel=REL)


# Calling again


def test_nobody_who_calls_again_is_the_queue_itself() -> None:
    blocked = redial(**CALLS, servers=6, capacity=9, delay_mean=3.0)
    _same(blocked.attempts, mmsk(**CALLS, servers=6, capacity=9))
    unlimited = redial(**CALLS, servers=6, delay_mean=3.0)
    _same(unlimited.attempts, erlang_a(**CALLS, servers=6))
    assert unlimited.orbit == 0.0


@pytest.mark.parametrize(("load", "delay"), [(0.4, 0.5), (0.7, 3.0)])
def test_one_server_that_everybody_calls_again(load: float, delay: float) -> None:
    """M/M/1 with retrials: P(busy) is the load; the orbit holds load^2 (1 + delay) / (1 - load), service being 1."""
    result = redial(arrival_rate=load, service_mean=1.0, servers=1, capacity=1, delay_mean=delay, p_blocked=1.0)
    assert result.occupancy == pytest.approx(load, rel=REL)
    assert result.p_served == pytest.approx(1.0, rel=REL)
    assert result.orbit == pytest.approx(load**2 * (1.0 + delay) / (1.0 - load), rel=REL)


def test_callers_are_served_or_gone_for_good() -> None:
    result = redial(**CALLS, servers=7, capacity=10, delay_mean=4.0, p_abandoned=0.6, p_blocked=0.9)
    attempts = result.attempts
    again = attempts.arrival_rate * (0.6 * attempts.p_abandon + 0.9 * attempts.p_block)
    assert result.orbit == pytest.approx(again * 4.0, rel=REL)  # Little
    assert attempts.arrival_rate == pytest.approx(4.2 + again, rel=REL)
    assert result.occupancy * 7 == pytest.approx(attempts.answered_rate * 2.0, rel=REL)
    assert result.attempts_per_caller > 1.0


def test_very_late_calls_are_poisson_again() -> None:
    result = redial(arrival_rate=1.0, service_mean=1.0, servers=2, capacity=2, delay_mean=200.0, p_blocked=0.5)
    rate = 1.0
    for _ in range(200):
        rate = 1.0 + 0.5 * rate * erlang_b(rate, 2)
    assert result.attempts.arrival_rate == pytest.approx(rate, rel=2e-3)


# Lines and work after calls, breaks


def test_no_work_after_calls_is_erlang_a() -> None:
    result = wrap_up(arrival_rate=4.2, talk_mean=2.0, wrap_mean=0.0, servers=9, patience_mean=1.0)
    _same(result.calls, erlang_a(**CALLS, servers=9))
    limited = wrap_up(arrival_rate=4.2, talk_mean=2.0, wrap_mean=0.0, servers=9, patience_mean=1.0, lines=12)
    _same(limited.calls, mmsk(**CALLS, servers=9, capacity=12))
    assert limited.p_engaged == limited.calls.p_block


def test_work_after_calls_is_a_break_after_each() -> None:
    worked = wrap_up(arrival_rate=4.2, talk_mean=1.5, wrap_mean=0.5, servers=9, patience_mean=1.0)
    paused = breaks(arrival_rate=4.2, service_mean=1.5, break_mean=0.5, p_break=1.0, servers=9, patience_mean=1.0)
    _same(worked.calls, paused.contacts)
    assert worked.wrapping == pytest.approx(paused.away, rel=REL)
    assert worked.wrapping == pytest.approx(worked.calls.answered_rate * 0.5, rel=REL)


def test_trunk_lines_have_a_product_form() -> None:
    """Self-service and M/M/s, cut off where all lines are taken."""
    rate, lines, browse, p, talk, servers = 1.6, 9, 2.0, 0.7, 2.5, 3
    law = {
        (i, j): (rate * browse) ** i / factorial(i) * (rate * p * talk) ** j
        / (factorial(min(j, servers)) * servers ** max(0, j - servers))
        for i in range(lines + 1) for j in range(lines + 1 - i)
    }  # fmt: skip
    total = sum(law.values())
    result = trunk_lines(
        arrival_rate=rate, lines=lines, self_service_mean=browse, p_agent=p, talk_mean=talk, servers=servers
    )
    assert result.p_engaged == pytest.approx(sum(w for (i, j), w in law.items() if i + j == lines) / total, rel=REL)
    assert result.in_self_service == pytest.approx(sum(i * w for (i, _), w in law.items()) / total, rel=REL)
    waiting = sum(max(0, j - servers) * w for (_, j), w in law.items()) / total
    assert result.calls.queue_length == pytest.approx(waiting, rel=REL)
    assert result.calls.arrival_rate == pytest.approx(rate * (1.0 - result.p_engaged) * p, rel=REL)
    assert result.lines_used == pytest.approx(result.in_self_service + result.talking + waiting, rel=REL)


def test_breaks_after_contacts_lose_what_erlang_b_does() -> None:
    """Without a queue only the mean time matters until an agent is there again."""
    result = breaks(arrival_rate=4.0, service_mean=1.0, servers=6, break_mean=2.0, p_break=0.25, room=0)
    assert result.contacts.p_block == pytest.approx(erlang_b(4.0 * 1.5, 6), rel=REL)


def test_breaks_of_one_agent_by_hand() -> None:
    """In units of the time idle: contacts take load; breaks begin when idle, or after a contact in which one is due."""
    load, rate, away = 2.0 * 0.5, 0.3, 4.0
    idle = breaks(
        arrival_rate=2.0, service_mean=0.5, servers=1, break_mean=away, break_rate=rate, idle_only=True, room=0
    )
    assert idle.contacts.p_block == pytest.approx(1.0 - 1.0 / (1.0 + load + rate * away), rel=REL)
    due = rate * 0.5 / (1.0 + rate * 0.5)
    anytime = breaks(arrival_rate=2.0, service_mean=0.5, servers=1, break_mean=away, break_rate=rate, room=0)
    assert anytime.contacts.p_block == pytest.approx(1.0 - 1.0 / (1.0 + load + (rate + 2.0 * due) * away), rel=REL)
    assert anytime.away / anytime.busy == pytest.approx((rate + 2.0 * due) * away / load, rel=REL)


def test_no_breaks_are_erlang_a() -> None:
    result = breaks(**CALLS, servers=9, break_mean=1.0)
    known = erlang_a(**CALLS, servers=9)
    _same(result.contacts, known)
    assert result.occupancy == pytest.approx(known.occupancy, rel=REL)


# Bursts: interrupted arrivals are compared with GI/M/s elsewhere


def test_levels_that_do_not_differ_are_erlang_a() -> None:
    result = modulated(
        arrival_rates=[4.2] * 3,
        switches=[[0, 1, 2], [0.1, 0, 0.3], [5, 0, 0]],
        service_mean=2.0,
        servers=9,
        patience_mean=1.0,
    )
    _same(result.contacts, erlang_a(**CALLS, servers=9))


def test_levels_that_stay_for_ages_are_a_mixture() -> None:
    result = modulated(
        arrival_rates=[3.0, 6.0],
        switches=[[0, 1e-7], [3e-7, 0]],
        service_mean=2.0,
        servers=9,
        patience_mean=1.0,
    )
    calm, busy = (
        erlang_a(arrival_rate=rate, service_mean=2.0, patience_mean=1.0, servers=9).queue_length for rate in (3.0, 6.0)
    )
    assert result.contacts.queue_length == pytest.approx(0.75 * calm + 0.25 * busy, rel=1e-5)
    assert result.mean_rate == pytest.approx(3.75, rel=REL)


# Wrong input says what is wrong


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chats(arrival_rate=1.0, agents=2, ends=[1.0]), "say how many may wait"),
        (lambda: chats(arrival_rate=1.0, agents=2, ends=[], room=3), "a rate at which chats end"),
        (lambda: chats(arrival_rate=1.0, agents=2, ends=[1.0], room=-1), "room is -1"),
        (lambda: chats(arrival_rate=1.0, agents=2, ends=[1.0], patience_mean=-1.0), "patience_mean is -1.0"),
        (
            lambda: multi_skill(lines={"a": Line(arrival_rate=1.0, asks=["g"], room=1)}, groups={}),
            "a asks g, who does not serve it",
        ),
        (
            lambda: multi_skill(lines={}, groups={"g": Group(agents=1, serves={"a": 1.0})}),
            "g serves a, which is no line",
        ),
        (lambda: callback(**CALLS, servers=3, p_accept=2.0), "p_accept is 2.0"),
        (lambda: callback(**CALLS, servers=2, p_accept=1.0), "more come than are served"),
        (lambda: callback(**CALLS, servers=3, p_accept=0.5, idle_needed=3), "idle_needed must be"),
        (lambda: redial(**CALLS, servers=3, capacity=2, delay_mean=1.0), "capacity is 2"),
        (lambda: redial(**CALLS, servers=3, delay_mean=1.0, p_abandoned=1.0), "never give up for good"),
        (lambda: breaks(**CALLS, servers=3, break_mean=1.0, p_break=1.5), "p_break must be"),
        (lambda: modulated(arrival_rates=[1.0], switches=[], service_mean=1.0, servers=1), "1 arrival rates take 1"),
        (
            lambda: transfer(
                arrival_rate=1.0,
                first=Tier(agents=1, service_mean=exp(1)),
                second=Tier(agents=1, service_mean=inf),
                p=0.5,
            ),
            "service_mean is inf",
        ),
    ],
)
def test_wrong_input_is_refused_by_name(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


# Interruptions


@given(servers=st.integers(1, 4), share=st.floats(0.2, 0.8), load=st.floats(0.3, 0.75))
@settings(max_examples=15)
def test_interruptions_with_one_service_law_have_a_closed_form(servers: int, share: float, load: float) -> None:
    rates = (share * load * servers, (1 - share) * load * servers)
    ours = interrupted(arrival_rates=rates, service_means=(1.0, 1.0), servers=servers)
    calls, letters = priority_mms(arrival_rates=rates, service_mean=1.0, servers=servers, preemptive=True)
    assert ours.calls_wait == pytest.approx(calls.mean_wait, rel=1e-8)
    assert ours.letters_wait + ours.letters_aside == pytest.approx(letters.mean_wait, rel=1e-8)
    assert ours.occupancy == pytest.approx(load, rel=1e-8)


def test_calls_do_not_feel_letters_and_no_work_is_lost() -> None:
    ours = interrupted(arrival_rates=(1.0, 0.5), service_means=(1.2, 2.4), servers=4)
    alone = erlang_c(arrival_rate=1.0, service_mean=1.2, servers=4)
    assert (ours.calls_wait, ours.calls_p_wait) == pytest.approx((alone.mean_wait, alone.p_wait), rel=1e-9)
    assert ours.occupancy == pytest.approx((1.2 + 1.2) / 4, rel=1e-9)


def test_one_agents_letter_is_interrupted_as_often_as_calls_come_while_it_is_served() -> None:
    ours = interrupted(arrival_rates=(0.3, 0.2), service_means=(1.0, 1.5), servers=1)
    assert ours.interruptions == pytest.approx(0.3 * 1.5, rel=1e-9)
    assert ours.letters_aside == pytest.approx(
        0.45 * 1.0 / (1 - 0.3), rel=1e-9
    )  # each one lasts a busy period of calls
