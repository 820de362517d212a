"""Skill routing and concurrent contacts against published results and closed forms."""

from __future__ import annotations

import json
from itertools import permutations
from math import factorial, prod
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.theory import SteadyState, erlang_a
from sim.theory.models import (
    Contacts,
    Group,
    Line,
    blend,
    chats,
    multi_skill,
    unequal_agents,
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
    measures = {f"occ_{x}": exact.occupancy[x] for x in groups}
    for k, line in exact.lines.items():
        measures |= {
            f"P_wait_{k}": line.p_wait,
            f"E_Q_{k}": line.queue_length,
            f"E_W_{k}": line.mean_wait,
            f"P_ab_{k}": line.p_abandon,
        }
    measures |= {f"frac_1_by_{x}": exact.shares["1", x] for x in groups}
    assert measures == pytest.approx(case["expected"], rel=REL, abs=0.0)
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
    measures = {
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
    assert measures == pytest.approx(case["expected"], rel=REL, abs=0.0)


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
    result = unequal_agents(arrival_rate=4.2, service_means=[2.0] * 4, patience_mean=1.0, routing=routing)
    _same(result.contacts, erlang_a(**CALLS, servers=4))


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
    result = unequal_agents(arrival_rate=rate, service_means=means, patience_mean=patience, routing=routing)
    assert result.occupancies == pytest.approx(1.0 - idle / total, rel=REL)
    assert result.contacts.p_wait == pytest.approx(sum(queue) / total, rel=REL)
    assert result.contacts.queue_length == pytest.approx(sum(j * w for j, w in enumerate(queue)) / total, rel=REL)


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
    result = chats(arrival_rate=4.2, agents=3, ends=[0.5, 0.5, 0.5], patience_mean=1.0, routing=routing)
    _same(result.chats, erlang_a(**CALLS, servers=9))
    assert result.chat_duration == pytest.approx(2.0, rel=REL)


def test_calls_and_single_chats_are_two_lines_of_one_group() -> None:
    result = blend(
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
    assert result.calls is not None
    _same(result.calls, exact.lines["calls"])
    _same(result.chats, exact.lines["chats"])
    assert result.active == pytest.approx(exact.occupancy["g"], rel=REL)


def test_a_limit_on_agents_who_chat_is_a_truncated_product_form() -> None:
    result = blend(
        call_rate=2.0, call_mean=1.0, chat_rate=1.0, chat_ends=[0.5], agents=5, call_room=0, chat_room=0, chat_agents=2
    )
    law = {(i, j): 2.0**i / factorial(i) * 2.0**j / factorial(j) for i in range(6) for j in range(3) if i + j <= 5}
    total = sum(law.values())
    assert result.calls is not None
    assert result.calls.p_block == pytest.approx(sum(w for (i, j), w in law.items() if i + j == 5) / total, rel=REL)
    full = sum(w for (i, j), w in law.items() if i + j == 5 or j == 2) / total
    assert result.chats.p_block == pytest.approx(full, rel=REL)
    assert result.calls_in_service == pytest.approx(sum(i * w for (i, _), w in law.items()) / total, rel=REL)


@pytest.mark.slow
def test_agents_who_drain_while_calls_wait() -> None:
    """In an overload, calls get nobody unless agents stop taking chats; where they hold one chat it is the same."""

    def wait(ends: list[float], *, refill: bool) -> tuple[float, float]:
        result = blend(
            call_rate=1.0,
            call_mean=1.0,
            chat_rate=3.0,
            chat_ends=ends,
            agents=3,
            call_patience_mean=2.0,
            chat_patience_mean=2.0,
            refill=refill,
        )
        assert result.calls is not None
        assert result.chats_in_service * ends[0] == pytest.approx(
            result.chats.answered_rate, rel=REL
        )  # one rate for all
        assert result.calls_in_service == pytest.approx(result.calls.answered_rate, rel=REL)
        return result.calls.p_abandon, result.chats.p_abandon

    assert wait([0.5], refill=True) == pytest.approx(wait([0.5], refill=False), rel=REL)
    calls, chat = wait([0.5] * 3, refill=True)
    calls_drained, chat_drained = wait([0.5] * 3, refill=False)
    assert calls_drained < 0.8 * calls
    assert chat_drained > chat
