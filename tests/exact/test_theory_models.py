"""Models of contact centres against exact results of others, and against closed forms in special cases."""

from __future__ import annotations

import json
from itertools import permutations
from math import exp, factorial, inf, prod
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.theory import Node, SteadyState, erlang_a, erlang_b, erlang_c, jackson, mmsk
from sim.theory.models import (
    Contacts,
    Group,
    Line,
    Tier,
    blend,
    breaks,
    callback,
    chats,
    modulated,
    multi_skill,
    redial,
    transfer,
    trunk_lines,
    unequal_agents,
    wrap_up,
)

if TYPE_CHECKING:
    from pathlib import Path

REL = 1e-9
CALLS = {"arrival_rate": 4.2, "service_mean": 2.0, "patience_mean": 1.0}


def _case(shared: Path, name: str) -> dict[str, Any]:
    """Return an exact case."""
    cases = json.loads((shared / "truth" / "exact_cases.json").read_text(encoding="utf-8"))["cases"]
    return next(case for case in cases if case["id"] == name)


def _same(ours: Contacts, theirs: SteadyState | Contacts, rel: float = REL) -> None:
    """Compare what becomes of contacts."""
    names = ("p_wait", "p_block", "p_abandon", "mean_wait", "queue_length", "p_answered")
    for name in names:
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=rel, abs=1e-13), name


# The exact cases of others


def test_the_n_design(shared: Path) -> None:
    case = _case(shared, "N1")
    given_ = case["params"]
    lines = {
        k: Line(
            arrival_rate=rate,
            patience_mean=given_["mean_patience"][k],
            asks=given_["arrival_preference"][k],
            room=given_["queue_caps"][k],
        )
        for k, rate in given_["arrival_rates"].items()
    }
    groups = {
        x: Group(
            agents=agents,
            serves={str(k): given_["mean_service"][f"class{k}@{x}"] for k in given_["pool_priority_when_freed"][x]},
        )
        for x, agents in given_["pools"].items()
    }
    exact = multi_skill(lines=lines, groups=groups)
    found = {f"occ_{x}": exact.occupancy[x] for x in groups}
    for k, line in exact.lines.items():
        found |= {
            f"P_wait_{k}": line.p_wait,
            f"E_Q_{k}": line.queue_length,
            f"E_W_{k}": line.mean_wait,
            f"P_ab_{k}": line.p_abandon,
        }
    found |= {f"frac_1_by_{x}": exact.shares["1", x] for x in groups}
    assert found == pytest.approx(case["expected"], rel=REL, abs=0.0)
    assert exact.shares["2", "B"] == pytest.approx(1.0)


def test_chats_to_the_least_loaded(shared: Path) -> None:
    case = _case(shared, "CH1")
    given_ = case["params"]
    exact = chats(
        arrival_rate=given_["arrival_rate"],
        agents=given_["agents"],
        ends=list(given_["per_chat_completion_rate_when_agent_holds_k"].values()),
        patience_mean=given_["mean_patience"],
    )
    found = {
        "P_wait": exact.chats.p_wait,
        "P_ab": exact.chats.p_abandon,
        "E_Q": exact.chats.queue_length,
        "E_W": exact.chats.mean_wait,
        "E_chats_in_service": exact.chats_in_service,
        "E_chat_duration": exact.chat_duration,
        "frac_agents_active": exact.active,
        "frac_agents_full": exact.full,
        "slot_occupancy": exact.slots_taken,
    }
    assert found == pytest.approx(case["expected"], rel=REL, abs=0.0)


# Lines and groups


@given(rate=st.floats(0.1, 8.0), agents=st.integers(1, 8), patience=st.floats(0.2, 4.0))
@settings(max_examples=30)
def test_one_line_and_one_group_are_erlang_a(rate: float, agents: int, patience: float) -> None:
    exact = multi_skill(
        lines={"a": Line(arrival_rate=rate, patience_mean=patience, asks=["g"])},
        groups={"g": Group(agents=agents, serves={"a": 1.3})},
    )
    known = erlang_a(arrival_rate=rate, service_mean=1.3, patience_mean=patience, servers=agents)
    _same(exact.lines["a"], known)
    assert exact.occupancy["g"] == pytest.approx(known.occupancy, rel=REL)


def test_lines_that_only_differ_in_rank_add_up_to_one_queue() -> None:
    lines = {k: Line(arrival_rate=rate, patience_mean=1.0, asks=["x", "y"]) for k, rate in (("a", 1.2), ("b", 3.0))}
    groups = {
        "x": Group(agents=4, serves={"a": 2.0, "b": 2.0}),
        "y": Group(agents=5, serves={"b": 2.0, "a": 2.0}),
    }
    exact = multi_skill(lines=lines, groups=groups)
    known = erlang_a(**CALLS, servers=9)
    assert sum(line.queue_length for line in exact.lines.values()) == pytest.approx(known.queue_length, rel=REL)
    busy = sum(exact.occupancy[x] * groups[x].agents for x in groups)
    assert busy == pytest.approx(known.occupancy * 9, rel=REL)
    assert exact.lines["a"].p_wait == pytest.approx(known.p_wait, rel=REL)  # arrivals see time averages


def test_reserved_agents_are_a_birth_death_chain() -> None:
    """Trunk reservation without queues: the second line is taken only where two are idle afterwards."""
    exact = multi_skill(
        lines={
            "a": Line(arrival_rate=2.0, asks=["g"], room=0),
            "b": Line(arrival_rate=3.0, asks=["g"], room=0),
        },
        groups={"g": Group(agents=7, serves={"a": 1.0, "b": 1.0}, reserved={"b": 2})},
    )
    rates = [5.0 if n < 5 else 2.0 for n in range(7)]
    weights = np.array([prod(rates[:n]) / factorial(n) for n in range(8)])
    law = weights / weights.sum()
    assert exact.lines["a"].p_block == pytest.approx(law[7], rel=REL)
    assert exact.lines["b"].p_block == pytest.approx(law[5:].sum(), rel=REL)


def test_reserved_agents_take_who_waits_when_more_are_idle() -> None:
    """One line alone, with one of two agents kept back from it: as if there were one."""
    exact = multi_skill(
        lines={"b": Line(arrival_rate=0.8, patience_mean=2.0, asks=["g"])},
        groups={"g": Group(agents=2, serves={"b": 1.0}, reserved={"b": 1})},
    )
    _same(exact.lines["b"], erlang_a(arrival_rate=0.8, service_mean=1.0, patience_mean=2.0, servers=1))


def test_balking_thins_the_arrivals_of_a_busy_queue() -> None:
    exact = multi_skill(
        lines={"a": Line(arrival_rate=3.0, asks=["g"], balking=0.25, room=400)},
        groups={"g": Group(agents=3, serves={"a": 0.9})},
    )
    below = np.array([2.7**n / factorial(n) for n in range(3)])
    ratio = 0.75 * 2.7 / 3
    busy = 2.7**3 / factorial(3) / (1.0 - ratio)
    p_busy = busy / (below.sum() + busy)
    line = exact.lines["a"]
    assert line.p_balk == pytest.approx(0.25 * p_busy, rel=REL)
    assert line.p_wait == pytest.approx(0.75 * p_busy, rel=REL)
    assert line.queue_length == pytest.approx(p_busy * ratio / (1.0 - ratio), rel=REL)


def test_groups_of_different_speed_are_agents_of_different_speed() -> None:
    exact = multi_skill(
        lines={"a": Line(arrival_rate=2.0, patience_mean=1.0, asks=["quick", "slow"])},
        groups={"quick": Group(agents=2, serves={"a": 1.0}), "slow": Group(agents=2, serves={"a": 3.0})},
    )
    agents = unequal_agents(arrival_rate=2.0, service_means=[3, 1, 1, 3], patience_mean=1.0, routing="fastest")
    _same(agents.contacts, exact.lines["a"])
    assert agents.shares[1] + agents.shares[2] == pytest.approx(exact.shares["a", "quick"], rel=REL)
    assert sum(agents.shares) == pytest.approx(1.0, rel=REL)


# Agents of unequal speed


@pytest.mark.parametrize("routing", ["fastest", "slowest", "random", "longest_idle"])
def test_equal_agents_are_erlang_a_whoever_is_asked(routing: Any) -> None:
    found = unequal_agents(arrival_rate=4.2, service_means=[2.0] * 4, patience_mean=1.0, routing=routing)
    _same(found.contacts, erlang_a(**CALLS, servers=4))


@pytest.mark.parametrize("routing", ["random", "longest_idle"])
def test_unequal_agents_have_a_product_form(routing: Any) -> None:
    """The list of the idle, in order, weighs the product of rate over arrival rate of those in it."""
    rate, means, patience = 2.0, (0.7, 1.5, 4.0), 0.8
    speeds = [1.0 / mean for mean in means]
    idle = np.zeros(3)
    total = 0.0
    for size in range(1, 4):
        for chosen in permutations(range(3), size):
            weight = prod(speeds[agent] / rate for agent in chosen)
            total += weight
            idle[list(chosen)] += weight
    queue = [prod(rate / (sum(speeds) + i / patience) for i in range(1, j + 1)) for j in range(60)]
    total += sum(queue)
    found = unequal_agents(arrival_rate=rate, service_means=means, patience_mean=patience, routing=routing)
    assert found.occupancies == pytest.approx(1.0 - idle / total, rel=REL)
    assert found.contacts.p_wait == pytest.approx(sum(queue) / total, rel=REL)
    assert found.contacts.queue_length == pytest.approx(sum(j * w for j, w in enumerate(queue)) / total, rel=REL)


def test_the_fastest_first_loses_fewest() -> None:
    lost = [
        unequal_agents(arrival_rate=2.0, service_means=[1, 2, 5], patience_mean=1.0, routing=routing).contacts.p_abandon
        for routing in ("fastest", "random", "slowest")
    ]
    assert lost == sorted(lost)
    assert lost[0] < lost[2]


# Chats and calls


@pytest.mark.parametrize("routing", ["spread", "fill"])
def test_chats_that_do_not_slow_each_other_are_erlang_a_with_all_slots(routing: Any) -> None:
    found = chats(arrival_rate=4.2, agents=3, ends=[0.5, 0.5, 0.5], patience_mean=1.0, routing=routing)
    _same(found.chats, erlang_a(**CALLS, servers=9))
    assert found.chat_duration == pytest.approx(2.0, rel=REL)


def test_calls_and_single_chats_are_two_lines_of_one_group() -> None:
    found = blend(
        call_rate=1.5,
        call_mean=2.0,
        chat_rate=0.8,
        chat_ends=[0.25],
        agents=6,
        call_patience_mean=1.0,
        chat_patience_mean=5.0,
    )
    exact = multi_skill(
        lines={
            "calls": Line(arrival_rate=1.5, patience_mean=1.0, asks=["g"]),
            "chats": Line(arrival_rate=0.8, patience_mean=5.0, asks=["g"]),
        },
        groups={"g": Group(agents=6, serves={"calls": 2.0, "chats": 4.0})},
    )
    assert found.calls is not None
    _same(found.calls, exact.lines["calls"])
    _same(found.chats, exact.lines["chats"])
    assert found.active == pytest.approx(exact.occupancy["g"], rel=REL)


def test_a_limit_on_agents_who_chat_is_a_truncated_product_form() -> None:
    found = blend(
        call_rate=2.0, call_mean=1.0, chat_rate=1.0, chat_ends=[0.5], agents=5, call_room=0, chat_room=0, chat_agents=2
    )
    law = {(i, j): 2.0**i / factorial(i) * 2.0**j / factorial(j) for i in range(6) for j in range(3) if i + j <= 5}
    total = sum(law.values())
    assert found.calls is not None
    assert found.calls.p_block == pytest.approx(sum(w for (i, j), w in law.items() if i + j == 5) / total, rel=REL)
    full = sum(w for (i, j), w in law.items() if i + j == 5 or j == 2) / total
    assert found.chats.p_block == pytest.approx(full, rel=REL)
    assert found.calls_in_service == pytest.approx(sum(i * w for (i, _), w in law.items()) / total, rel=REL)


def test_agents_who_drain_while_calls_wait() -> None:
    """In an overload, calls get nobody unless agents stop taking chats; where they hold one chat it is the same."""

    def wait(ends: list[float], *, refill: bool) -> tuple[float, float]:
        found = blend(
            call_rate=1.0,
            call_mean=1.0,
            chat_rate=3.0,
            chat_ends=ends,
            agents=3,
            call_patience_mean=2.0,
            chat_patience_mean=2.0,
            refill=refill,
        )
        assert found.calls is not None
        assert found.chats_in_service * ends[0] == pytest.approx(found.chats.answered_rate, rel=REL)  # one rate for all
        assert found.calls_in_service == pytest.approx(found.calls.answered_rate, rel=REL)
        return found.calls.p_abandon, found.chats.p_abandon

    assert wait([0.5], refill=True) == pytest.approx(wait([0.5], refill=False), rel=REL)
    calls, chat = wait([0.5] * 3, refill=True)
    calls_drained, chat_drained = wait([0.5] * 3, refill=False)
    assert calls_drained < 0.8 * calls
    assert chat_drained > chat


# Callbacks


@given(servers=st.integers(3, 12), idle_needed=st.integers(0, 2))
@settings(max_examples=15)
def test_nobody_who_accepts_is_erlang_a(servers: int, idle_needed: int) -> None:
    found = callback(**CALLS, servers=servers, p_accept=0.0, idle_needed=idle_needed)
    known = erlang_a(**CALLS, servers=servers)
    _same(found.calls, known)
    assert (found.callbacks_rate, found.callbacks, found.mean_delay) == (0.0, 0.0, 0.0)
    assert found.offered == pytest.approx(known.p_wait, rel=REL)


def test_everybody_who_accepts_is_erlang_c() -> None:
    found = callback(**CALLS, servers=10, p_accept=1.0)
    known = erlang_c(arrival_rate=4.2, service_mean=2.0, servers=10)
    assert found.callbacks == pytest.approx(known.queue_length, rel=REL)
    assert found.offered == pytest.approx(known.p_wait, rel=REL)
    assert found.mean_delay * known.p_wait == pytest.approx(known.mean_wait, rel=REL)
    assert found.calls.queue_length == pytest.approx(0.0, abs=1e-15)
    assert found.occupancy == pytest.approx(known.occupancy, rel=REL)


@pytest.mark.parametrize("load", [0.3, 0.9, 1.2])
def test_callbacks_that_leave_one_of_two_agents_idle(load: float) -> None:
    """Cuts between 0, 1 and 2 busy agents, and through the number due, give P(both busy) = load^2 / (2 (1 + load))."""
    found = callback(arrival_rate=load, service_mean=1.0, servers=2, p_accept=1.0, idle_needed=1, room=0)
    assert found.offered == pytest.approx(load**2 / (2.0 * (1.0 + load)), rel=REL)
    assert found.occupancy * 2 == pytest.approx(load, rel=REL)


@pytest.mark.parametrize("first", [False, True])
def test_callbacks_told_apart_are_callbacks_all_the_same(first: bool) -> None:
    rules = {"servers": 9, "p_accept": 0.5, "offer_from": 1, "idle_needed": 1, "callbacks_first": first}
    same, apart = callback(**CALLS, **rules), callback(**CALLS, **rules, callback_mean=2.0 * (1.0 + 1e-12))  # type: ignore[arg-type]
    _same(same.calls, apart.calls)
    assert same.mean_delay == pytest.approx(apart.mean_delay, rel=REL)
    served = same.calls.answered_rate + same.callbacks_rate
    assert served * 2.0 == pytest.approx(same.occupancy * 9, rel=REL)


# Two tiers


def test_cold_transfers_without_patience_are_jacksons_network() -> None:
    found = transfer(
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
    for ours, node in ((found.first, network.nodes["first"]), (found.second, network.nodes["second"])):
        assert node.queue is not None
        _same(ours, node.queue)


def test_the_first_tier_does_not_feel_cold_transfers() -> None:
    found = transfer(
        arrival_rate=4.2,
        first=Tier(agents=8, service_mean=2.0, patience_mean=1.0),
        second=Tier(agents=2, service_mean=5.0, patience_mean=2.0),
        p=0.3,
    )
    _same(found.first, erlang_a(**CALLS, servers=8))
    assert found.held == 0.0
    second = found.second
    assert second.arrival_rate == pytest.approx(0.3 * found.first.answered_rate, rel=REL)
    assert second.answered_rate * 5.0 == pytest.approx(2 * found.second_occupancy, rel=REL)
    assert second.p_abandon * second.arrival_rate == pytest.approx(second.queue_length / 2.0, rel=REL)


def test_warm_transfers_to_a_tier_that_always_answers_cost_nothing() -> None:
    found = transfer(
        arrival_rate=4.2,
        first=Tier(agents=8, service_mean=2.0, patience_mean=1.0),
        second=Tier(agents=25, service_mean=1.0, patience_mean=2.0),
        p=0.5,
        warm=True,
    )
    _same(found.first, erlang_a(**CALLS, servers=8))
    assert found.held == pytest.approx(0.0, abs=1e-14)


def test_warm_transfers_between_two_agents_are_blocking_in_series() -> None:
    """No queue before the first: nobody, first, second, both, and first held while second talks, by hand."""
    rate, one, two = 0.8, 1.0, 0.6
    moves = np.zeros((5, 5))
    for begin, end, speed in (
        (0, 1, rate), (1, 2, one), (2, 0, two), (2, 3, rate), (3, 1, two), (3, 4, one), (4, 2, two)
    ):  # fmt: skip
        moves[begin, end] += speed
        moves[begin, begin] -= speed
    law = np.linalg.solve(np.vstack([moves.T[:-1], np.ones(5)]), np.array([0.0, 0.0, 0.0, 0.0, 1.0]))
    first, second = Tier(agents=1, service_mean=1 / one), Tier(agents=1, service_mean=1 / two)
    found = transfer(arrival_rate=rate, first=first, second=second, p=1.0, warm=True, room=0)
    assert found.first.p_block == pytest.approx(law[1] + law[3] + law[4], rel=REL)
    assert found.held == pytest.approx(law[4], rel=REL)
    assert found.first_occupancy == pytest.approx(law[1] + law[3] + law[4], rel=REL)


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
    found = redial(arrival_rate=load, service_mean=1.0, servers=1, capacity=1, delay_mean=delay, p_blocked=1.0)
    assert found.occupancy == pytest.approx(load, rel=REL)
    assert found.p_served == pytest.approx(1.0, rel=REL)
    assert found.orbit == pytest.approx(load**2 * (1.0 + delay) / (1.0 - load), rel=REL)


def test_callers_are_served_or_gone_for_good() -> None:
    found = redial(**CALLS, servers=7, capacity=10, delay_mean=4.0, p_abandoned=0.6, p_blocked=0.9)
    attempts = found.attempts
    again = attempts.arrival_rate * (0.6 * attempts.p_abandon + 0.9 * attempts.p_block)
    assert found.orbit == pytest.approx(again * 4.0, rel=REL)  # Little
    assert attempts.arrival_rate == pytest.approx(4.2 + again, rel=REL)
    assert found.occupancy * 7 == pytest.approx(attempts.answered_rate * 2.0, rel=REL)
    assert found.attempts_per_caller > 1.0


def test_very_late_calls_are_poisson_again() -> None:
    found = redial(arrival_rate=1.0, service_mean=1.0, servers=2, capacity=2, delay_mean=200.0, p_blocked=0.5)
    rate = 1.0
    for _ in range(200):
        rate = 1.0 + 0.5 * rate * erlang_b(rate, 2)
    assert found.attempts.arrival_rate == pytest.approx(rate, rel=2e-3)


# Lines and work after calls, breaks


def test_no_work_after_calls_is_erlang_a() -> None:
    found = wrap_up(arrival_rate=4.2, talk_mean=2.0, wrap_mean=0.0, servers=9, patience_mean=1.0)
    _same(found.calls, erlang_a(**CALLS, servers=9))
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
    found = trunk_lines(
        arrival_rate=rate, lines=lines, self_service_mean=browse, p_agent=p, talk_mean=talk, servers=servers
    )
    assert found.p_engaged == pytest.approx(sum(w for (i, j), w in law.items() if i + j == lines) / total, rel=REL)
    assert found.in_self_service == pytest.approx(sum(i * w for (i, _), w in law.items()) / total, rel=REL)
    waiting = sum(max(0, j - servers) * w for (_, j), w in law.items()) / total
    assert found.calls.queue_length == pytest.approx(waiting, rel=REL)
    assert found.calls.arrival_rate == pytest.approx(rate * (1.0 - found.p_engaged) * p, rel=REL)
    assert found.lines_used == pytest.approx(found.in_self_service + found.talking + waiting, rel=REL)


def test_breaks_after_contacts_lose_what_erlang_b_does() -> None:
    """Without a queue only the mean time matters until an agent is there again."""
    found = breaks(arrival_rate=4.0, service_mean=1.0, servers=6, break_mean=2.0, p_break=0.25, room=0)
    assert found.contacts.p_block == pytest.approx(erlang_b(4.0 * 1.5, 6), rel=REL)


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
    found = breaks(**CALLS, servers=9, break_mean=1.0)
    known = erlang_a(**CALLS, servers=9)
    _same(found.contacts, known)
    assert found.occupancy == pytest.approx(known.occupancy, rel=REL)


# Bursts: interrupted arrivals are compared with GI/M/s elsewhere


def test_levels_that_do_not_differ_are_erlang_a() -> None:
    found = modulated(
        arrival_rates=[4.2] * 3,
        switches=[[0, 1, 2], [0.1, 0, 0.3], [5, 0, 0]],
        service_mean=2.0,
        servers=9,
        patience_mean=1.0,
    )
    _same(found.contacts, erlang_a(**CALLS, servers=9))


def test_levels_that_stay_for_ages_are_a_mixture() -> None:
    found = modulated(
        arrival_rates=[3.0, 6.0],
        switches=[[0, 1e-7], [3e-7, 0]],
        service_mean=2.0,
        servers=9,
        patience_mean=1.0,
    )
    calm, busy = (
        erlang_a(arrival_rate=rate, service_mean=2.0, patience_mean=1.0, servers=9).queue_length for rate in (3.0, 6.0)
    )
    assert found.contacts.queue_length == pytest.approx(0.75 * calm + 0.25 * busy, rel=1e-5)
    assert found.mean_rate == pytest.approx(3.75, rel=REL)


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
