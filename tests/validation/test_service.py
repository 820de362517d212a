"""Simulated agents against closed forms and Markov chains.

Service laws and priorities, interruptions, several contacts at once, work and breaks after contacts, shifts, absence,
lateness, agents who differ, and a closed loop. Tests also say what the likely mistakes would give.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.numerics.intervals import united
from sim.theory import erlang_a, erlang_c, gims, mds, mg1, mmsn, priority_mg1, priority_mms
from sim.theory.chain import Distribution, Transition, explore
from sim.theory.models import Blend, blend, breaks, chats, interrupted, unequal_agents, wrap_up
from sim.theory.models.contacts import ABANDON, AT_ONCE, WAIT
from tests.support.confidence import assert_mean
from tests.support.simulated_days import SEED, days, scenario, simulate
from tests.support.steady_state import (
    HOUR,
    MINUTE,
    Steady,
    Sums,
    Truths,
    agrees,
    between,
    comes,
    contact,
    exponential,
    steady,
)

pytestmark = pytest.mark.statistical


def _one_queue(rate: float, step: dict[str, Any], agents: dict[str, Any], **more: Any) -> Steady:
    return steady(agents={"desk": {"serves": ["calls"], **agents}}, intents={"call": comes(rate, step, **more)})


def _waits(ours: Steady, queue: str = "calls") -> Sums:
    return ours.sums(queue, lambda rows: rows.waited)


def _delayed(ours: Steady, queue: str = "calls") -> Sums:
    return ours.sums(queue, lambda rows: rows.delayed)


def _values(truths: Truths) -> dict[str, float]:
    return {name: value for name, (value, _) in truths.items()}


# Laws of service and of arrivals ------------------------------------------------------------------

FAST, SLOW = 0.25, 2.0
LAWS: dict[str, tuple[dict[str, Any], float, float, float]] = {  # law, mean, E[S^2], E[S^3] in minutes
    "uniform": ({"law": "uniform", "low": 0.0, "high": 60.0}, 1 / 2, 1 / 3, 1 / 4),
    "erlang": ({"law": "erlang", "stages": 3, "mean": 30.0}, 0.5, 0.25 * 4 / 3, 0.125 * 20 / 9),
    "lognormal": ({"law": "lognormal", "mean": 30.0, "cv": 0.4}, 0.5, 0.25 * 1.16, 0.125 * 1.16**3),
    "hyperexponential": (
        {"law": "hyperexponential", "phases": [{"share": 0.9, "mean": 15.0}, {"share": 0.1, "mean": 120.0}]},
        0.9 * FAST + 0.1 * SLOW,
        2 * (0.9 * FAST**2 + 0.1 * SLOW**2),
        6 * (0.9 * FAST**3 + 0.1 * SLOW**3),
    ),
}


@pytest.mark.parametrize("name", LAWS)
def test_one_agent_whose_service_has_any_law(name: str) -> None:
    law, mean, square, cube = LAWS[name]
    rate = 0.6 / mean
    cv = sqrt(square / mean**2 - 1)
    exact = mg1(arrival_rate=rate, service_mean=mean, service_cv=cv, service_cube=cube)
    ours = _one_queue(rate, contact("calls", law), {"staff": 1})
    truths = {
        "p_wait": (exact.p_wait, _delayed(ours)),
        "mean_wait": (exact.mean_wait, _waits(ours)),
        "E[W^2]": (exact.var_wait + exact.mean_wait**2, ours.sums("calls", lambda rows: rows.waited**2)),
        "busy": (exact.occupancy, ours.per_minute("desk")),
    }
    exponentially = mg1(arrival_rate=rate, service_mean=mean, service_cv=1).mean_wait
    agrees(truths, resolution=0.9, unlike=[{"mean_wait": exponentially}])


def test_agents_whose_service_is_constant() -> None:
    rate, time, agents = 2.0, 1.0, 3
    exact = mds(arrival_rate=rate, service_time=time, servers=agents)
    ours = _one_queue(rate, contact("calls", {"law": "fixed", "value": time * MINUTE}), {"staff": agents})
    truths = {
        "p_wait": (exact.p_wait, _delayed(ours)),
        "mean_wait": (exact.mean_wait, _waits(ours)),
        "within 6 s": (exact.service_level(0.1).of_offered, ours.sums("calls", lambda rows: rows.waited <= 0.1)),
        "within 20 s": (exact.service_level(1 / 3).of_offered, ours.sums("calls", lambda rows: rows.waited <= 1 / 3)),
    }
    other = erlang_c(arrival_rate=rate, service_mean=time, servers=agents)
    agrees(truths, resolution=0.2, unlike=[{"mean_wait": other.mean_wait}])


def test_arrivals_on_schedule() -> None:
    rate, talk, agents = 1.5, 1.6, 3
    exact = gims(arrival_rate=rate, transform=lambda z: exp(-z / rate), service_mean=talk, servers=agents)
    ours = _one_queue(rate, contact("calls", talk), {"staff": agents}, arrivals="scheduled")
    truths = {
        "p_wait": (exact.p_wait, _delayed(ours)),
        "mean_wait": (exact.mean_wait, _waits(ours)),
        "within 1 min": (exact.service_level(1.0).of_offered, ours.sums("calls", lambda rows: rows.waited <= 1.0)),
    }
    other = erlang_c(arrival_rate=rate, service_mean=talk, servers=agents)
    agrees(truths, resolution=0.4, unlike=[{"mean_wait": other.mean_wait}, {"p_wait": other.p_wait}])


@pytest.mark.parametrize("cv", [0.5, 1.5])
def test_times_between_arrivals_of_any_law(cv: float) -> None:
    rate, talk, agents, stages = 1.5, 1.6, 3, cv**-2
    exact = gims(
        arrival_rate=rate,
        transform=lambda z: (1 + z / (rate * stages)) ** -stages,
        service_mean=talk,
        servers=agents,
    )
    law = {"law": "gamma", "mean": "1 min", "cv": cv}
    ours = _one_queue(rate, contact("calls", talk), {"staff": agents}, arrivals={"renewal": law})
    truths = {"p_wait": (exact.p_wait, _delayed(ours)), "mean_wait": (exact.mean_wait, _waits(ours))}
    other = erlang_c(arrival_rate=rate, service_mean=talk, servers=agents)
    agrees(truths, resolution=0.6, unlike=[{"mean_wait": other.mean_wait}, {"p_wait": other.p_wait}])


# Priorities and interruptions ---------------------------------------------------------------------


def _urgent_first(rates: tuple[float, float], talks: tuple[Any, Any], agents: int, *, interrupts: bool) -> Steady:
    """Simulate calls that come before letters."""
    serves = {"calls": {"rank": 0, "interrupts": interrupts}, "letters": {"rank": 1}}
    return steady(
        agents={"desk": {"serves": serves, "staff": agents}},
        intents={
            "call": comes(rates[0], contact("calls", talks[0])),
            "write": comes(rates[1], contact("letters", talks[1], channel="email")),
        },
    )


def _in_system(ours: Steady, classes: Any) -> Truths:
    """Return the mean times from coming to leaving, interruptions included."""
    return {
        queue: (priority_class.mean_wait + priority_class.service_mean, ours.sums(queue, lambda rows: rows.stayed))
        for queue, priority_class in zip(("calls", "letters"), classes, strict=True)
    }


@pytest.mark.parametrize("interrupts", [False, True])
def test_priorities_of_one_agent_whose_services_have_any_law(interrupts: bool) -> None:
    rates, means, cvs = (1.0, 0.5), (0.3, 0.7), (1 / sqrt(3), 0.8)
    talks = (
        {"law": "uniform", "low": 0.0, "high": 0.6 * MINUTE},
        {"law": "lognormal", "mean": 0.7 * MINUTE, "cv": 0.8},
    )
    ours = _urgent_first(rates, talks, 1, interrupts=interrupts)

    def exact(preemptive: bool, order: int = 1) -> Any:
        arguments = {"arrival_rates": rates, "service_means": means, "service_cvs": cvs}
        arguments = {name: values[::order] for name, values in arguments.items()}
        return priority_mg1(**arguments, preemptive=preemptive)[::order]

    truths = _in_system(ours, exact(interrupts))
    unlike = [_in_system(ours, exact(not interrupts)), _in_system(ours, exact(interrupts, order=-1))]
    agrees(truths, resolution=0.25, unlike=map(_values, unlike))


@pytest.mark.parametrize("interrupts", [False, True])
def test_priorities_of_several_agents(interrupts: bool) -> None:
    rates, mean, agents = (1.0, 1.2), 1.0, 3
    ours = _urgent_first(rates, (mean, mean), agents, interrupts=interrupts)

    def exact(preemptive: bool) -> Truths:
        classes = priority_mms(arrival_rates=rates, service_mean=mean, servers=agents, preemptive=preemptive)
        return _in_system(ours, classes)

    agrees(exact(interrupts), resolution=0.3, unlike=[_values(exact(not interrupts))])


def test_calls_that_interrupt_letters_of_several_agents() -> None:
    """KPIs of time beside the exact ones: letters change hands, and what lies aside is neither handled nor busy."""
    rates, means, agents = (1.2, 0.6), (0.8, 1.5), 3
    exact = interrupted(arrival_rates=rates, service_means=means, servers=agents)
    serves = {"calls": {"rank": 0, "interrupts": True}, "letters": {"rank": 1}}
    measured = simulate(
        scenario(
            run={"hours": "00:00-16:00", "interval": HOUR},
            agents={"desk": {"serves": serves, "staff": agents, "stay_until_empty": True}},
            intents={
                "call": comes(rates[0], contact("calls", means[0])),
                "write": comes(rates[1], contact("letters", means[1], channel="email")),
            },
        ),
        days(60),
    )

    def sums(kpi: str, key: str, unit: float = MINUTE) -> Sums:
        by = "group_interval" if key == "desk" else "queue_interval"
        num, den = measured.sums(kpi, by, key, range(2, 15))
        return num / unit, den

    truths = {
        "occupancy": (exact.occupancy, sums("occupancy", "desk", 1.0)),
        "AHT of calls": (means[0], sums("aht", "calls")),
        "AHT of letters": (means[1], sums("aht", "letters")),
        "wait of calls": (exact.calls_wait, sums("mean_wait", "calls")),
        "wait of letters": (exact.letters_wait, sums("mean_wait", "letters")),
        "letters aside": (exact.letters_aside, sums("interrupted_time", "letters")),
    }
    begin_to_end = {
        "AHT of letters": means[1] + exact.letters_aside,
        "occupancy": exact.occupancy + exact.letters_aside * rates[1] / agents,
    }
    agrees(truths, resolution=0.4, unlike=[begin_to_end, {"AHT of letters": begin_to_end["AHT of letters"]}])


# Several contacts at once -------------------------------------------------------------------------


def _chats(assign: str, rate: float, agents: int, talk: float, slower: list[float], patience: float) -> Steady:
    desk = {"at_once": len(slower), "slower": slower, "assign": assign, "staff": agents}
    return _one_queue(rate, contact("calls", talk, patience, channel="chat"), desk)


def _active(ours: Steady) -> Sums:
    """Return the agent-minutes with any contact, and minutes."""
    sums = []
    for day in ours.logs:
        mine = ~np.isnan(day.ended) & (day.group >= 0)
        spans = (np.clip(instants[mine], ours.begin, ours.until) for instants in (day.started, day.freed))
        agent, begin, end = day.agent[mine].astype(np.int64), *spans
        order = np.argsort(begin, kind="stable")
        _, first, last = united(agent[order], begin[order], end[order], int(agent.max(initial=-1)) + 1)
        sums.append(float((last - first).sum()))
    return np.array(sums), np.full(len(sums), ours.until - ours.begin)


def _chat_truths(ours: Steady, exact: dict[str, float], agents: int) -> Truths:
    queue, _ = _delayed(ours)
    assert queue.sum() > 0
    active, minutes = _active(ours)
    return {
        "P_wait": (exact["P_wait"], _delayed(ours)),
        "P_ab": (exact["P_ab"], ours.sums("calls", lambda rows: rows.abandoned)),
        "E_W": (exact["E_W"], _waits(ours)),
        "E_chats_in_service": (exact["E_chats_in_service"], ours.per_minute("desk")),
        "E_chat_duration": (
            exact["E_chat_duration"],
            ours.sums("calls", lambda rows: rows.served, lambda rows: rows.answered),
        ),
        "frac_agents_active": (exact["frac_agents_active"], (active, minutes * agents)),
    }


def _chat_values(exact: Blend) -> dict[str, float]:
    return {
        "P_wait": exact.chats.p_wait,
        "P_ab": exact.chats.p_abandon,
        "E_W": exact.chats.mean_wait,
        "E_chats_in_service": exact.chats_in_service,
        "E_chat_duration": exact.chat_duration,
        "frac_agents_active": exact.active,
    }


@pytest.mark.parametrize("assign", ["least_loaded", "fill_up"])
def test_chats_at_once_with_agents_who_slow_down(shared: Path, assign: str) -> None:
    """The least-loaded agent as in a case with exact values; filling up as a chain that gives those values too."""
    cases = json.loads((shared / "truth" / "exact_cases.json").read_text())["cases"]
    case = next(case for case in cases if case["id"] == "CH1")
    params, rates = case["params"], list(case["params"]["per_chat_completion_rate_when_agent_holds_k"].values())
    assert (params["routing"], len(rates)) == ("least-loaded agent first", params["max_concurrent"])
    model = {
        "arrival_rate": params["arrival_rate"],
        "agents": params["agents"],
        "ends": rates,
        "patience_mean": params["mean_patience"],
    }
    exact = {how: _chat_values(chats(**model, routing=how)) for how in ("spread", "fill")}
    exact["spread"] |= {name: case["expected"][name] for name in exact["spread"]}
    ours = _chats(
        assign,
        params["arrival_rate"],
        params["agents"],
        1 / rates[0],
        [rates[0] / r for r in rates],
        params["mean_patience"],
    )
    right, wrong = ("spread", "fill") if assign == "least_loaded" else ("fill", "spread")
    at_one_speed = _chat_values(chats(**{**model, "ends": rates[:1] * len(rates)}))
    agrees(_chat_truths(ours, exact[right], params["agents"]), resolution=0.6, unlike=[exact[wrong], at_one_speed])


def test_calls_that_take_a_whole_agent_beside_chats() -> None:
    rates, means, patience, agents, slower = (0.5, 1.0), (4.0, 4.0), (4.0, 3.0), 4, [1.0, 1.4, 2.0]

    def exact(**more: Any) -> Blend:
        return blend(
            call_rate=rates[0],
            call_mean=means[0],
            call_patience_mean=patience[0],
            chat_rate=rates[1],
            chat_ends=[1 / means[1] / factor for factor in slower],
            chat_patience_mean=patience[1],
            agents=agents,
            **more,
        )

    ours = steady(
        replications=30,
        agents={
            "desk": {
                "serves": {"calls": {"rank": 0, "takes": len(slower)}, "chats": {"rank": 1}},
                "staff": agents,
                "at_once": len(slower),
                "slower": slower,
            }
        },
        intents={
            "call": comes(rates[0], contact("calls", means[0], patience[0])),
            "type": comes(rates[1], contact("chats", means[1], patience[1], channel="chat")),
        },
    )

    def truths_of(model: Blend) -> Truths:
        active, minutes = _active(ours)
        held = {
            name: ours.sums(name, lambda rows: rows.served, lambda rows: rows.answered) for name in ("calls", "chats")
        }
        assert model.calls
        return {
            **ours.same("calls", model.calls),
            **ours.same("chats", model.chats),
            "call": (model.calls_in_service / model.calls.answered_rate, held["calls"]),
            "chat": (model.chat_duration, held["chats"]),
            "active": (model.active, (active, minutes * agents)),
        }

    unlike = [_values(truths_of(model)) for model in (exact(routing="fill"), exact(refill=False))]
    agrees(truths_of(exact()), resolution=0.5, unlike=unlike)


# After contacts -----------------------------------------------------------------------------------


def test_work_after_calls() -> None:
    rate, talk, wrap, agents, patience = 1.5, 1.2, 0.8, 3, 1.5
    exact = wrap_up(arrival_rate=rate, talk_mean=talk, wrap_mean=wrap, servers=agents, patience_mean=patience)
    ours = _one_queue(rate, contact("calls", talk, patience, wrap_up=exponential(wrap)), {"staff": agents})
    truths = {
        **ours.same("calls", exact.calls),
        "talking": (exact.talking, ours.per_minute("desk", talking=True)),
        "busy": (exact.talking + exact.wrapping, ours.per_minute("desk")),
    }
    free_at_once = wrap_up(arrival_rate=rate, talk_mean=talk, wrap_mean=0, servers=agents, patience_mean=patience)
    agrees(truths, resolution=0.3, unlike=[_values(ours.same("calls", free_at_once.calls))])


def test_breaks_after_contacts() -> None:
    rate, talk, agents, patience, share, rest = 1.2, 2.0, 4, 1.5, 0.15, 6.0
    exact = breaks(
        arrival_rate=rate, service_mean=talk, servers=agents, break_mean=rest, p_break=share, patience_mean=patience
    )
    ours = _one_queue(
        rate,
        contact("calls", talk, patience),
        {"staff": agents, "breaks": {"probability": share, "time": exponential(rest)}},
    )
    truths = {**ours.same("calls", exact.contacts), "busy": (exact.busy, ours.per_minute("desk"))}
    never = erlang_a(arrival_rate=rate, service_mean=talk, servers=agents, patience_mean=patience)
    agrees(truths, resolution=0.4, unlike=[{"calls p_abandon": never.p_abandon}])


# Shifts -------------------------------------------------------------------------------------------

OFF = 0  # the agent with an hour off; the other one is there all the time
_State = tuple[tuple[int, ...], str, int]  # idle agents, longest first; where the one with the hour off is; waiting


def _with_two(now: _State, rate: float, talk: float, patience: float) -> Iterator[Transition[_State]]:
    """Yield what may happen within an hour; who is to go off ends the contact first."""
    idle, off, waiting = now
    if idle:
        yield (idle[1:], off, 0), rate, AT_ONCE
    elif waiting < 40:
        yield (idle, off, waiting + 1), rate, WAIT
    yield (idle, off, waiting - 1), waiting / patience, ABANDON
    busy = [agent for agent in (OFF, 1) if agent not in idle and (agent != OFF or off == "on")]
    for agent in busy:
        yield ((idle, off, waiting - 1) if waiting else ((*idle, agent), off, 0)), 1 / talk
    yield (idle, "away", waiting), (off == "ending") / talk


def _leaves(now: _State) -> _State:
    idle, _, waiting = now
    return tuple(agent for agent in idle if agent != OFF), "away" if OFF in idle else "ending", waiting


def _returns(now: _State) -> _State:
    idle, off, waiting = now
    if off == "ending":
        return idle, "on", waiting
    return (idle, "on", waiting - 1) if waiting else ((*idle, OFF), "on", 0)


def _hours_of_two(rate: float, talk: float, patience: float) -> Iterator[Distribution[_State]]:
    """Solve three hours from empty, of which one agent is off in the second."""
    there = (OFF, 1), "on", 0
    away = [((1,), "away", 0), ((1,), "ending", 0)]
    chain = explore(there, lambda now: _with_two(now, rate, talk, patience), also=away)
    law: dict[_State, float] = {there: 1.0}
    for change in (_leaves, _returns, lambda now: now):
        yield chain.average(60.0, law)
        then: dict[_State, float] = {}
        for state, probability in chain.transient(60.0, law).as_mapping().items():
            then[change(state)] = then.get(change(state), 0.0) + probability
        law = then


def test_a_shift_with_an_hour_off() -> None:
    rate, talk, patience = 0.5, 4.0, 5.0
    ours = steady(
        replications=400,
        hours=3,
        agents={
            "desk": {
                "serves": ["calls"],
                "stay_until_empty": False,
                "shifts": [
                    {"agents": 1, "hours": "00:00-03:00", "off": [{"kind": "lunch", "hours": "01:00-02:00"}]},
                    {"agents": 1, "hours": "00:00-03:00"},
                ],
            }
        },
        intents={"call": comes(rate, contact("calls", talk, patience))},
    )
    truths: dict[str, Any] = {}
    for hour, law in enumerate(_hours_of_two(rate, talk, patience)):
        then = replace(ours, begin=hour * HOUR, until=(hour + 1) * HOUR)
        truths |= {
            f"delayed, hour {hour}": (law.rate(WAIT) / rate, _delayed(then)),
            f"busy, hour {hour}": (
                law.mean(lambda state: 2 - len(state[0]) - (state[1] == "away")),
                then.per_minute("desk"),
            ),
            f"who is off, hour {hour}": (
                law.mean(lambda state: OFF not in state[0] and state[1] != "away"),
                _of_agent(then, OFF),
            ),
        }
    agrees(truths, resolution=0.6, unlike=[{"busy, hour 1": truths["busy, hour 2"][0]}])


def _of_agent(ours: Steady, agent: int) -> Sums:
    sums = []
    for day in ours.logs:
        mine = day.agent == agent
        begin, until = (np.clip(instants[mine], ours.begin, ours.until) for instants in (day.started, day.freed))
        sums.append(float((until - begin).sum()))
    return np.array(sums), np.full(len(sums), ours.until - ours.begin)


def test_absence_and_lateness() -> None:
    """With work enough for everybody, agents on duty are always busy, so their time on duty is seen in the log."""
    agents, absence, late = 6, 0.25, 5.0
    ours = steady(
        replications=100,
        hours=4,
        agents={
            "desk": {
                "serves": ["calls"],
                "stay_until_empty": False,
                "shifts": [{"agents": agents, "hours": "01:00-04:00", "off": [{"hours": "02:00-03:00"}]}],
                "absence": absence,
                "lateness": exponential(late),
            }
        },
        intents={
            "call": {
                "demand": [400, 0, 0, 0],
                "arrivals": "fixed",
                "start": "call",
                "steps": {"call": contact("calls", {"law": "fixed", "value": 120.0})},
            }
        },
    )
    there, first = [], [[], []]  # type: tuple[list[int], list[list[float]]]
    for day in ours.logs:
        who = np.unique(day.agent[day.started < ours.until])
        there.append(len(who))
        for part, begins in enumerate((HOUR, 3 * HOUR)):
            starts = [day.started[(day.agent == agent) & (day.started >= begins)].min() for agent in who]
            first[part] += [(start - begins) / MINUTE for start in starts]
    options = {"seed": SEED, "measures": 7}
    assert_mean(agents * (1 - absence), there, name="agents", resolution=0.2, **options)
    present = np.array(there, dtype=float) - agents * (1 - absence)
    assert_mean(agents * absence * (1 - absence), present**2, name="variance of agents", resolution=0.9, **options)
    for part in (0, 1):
        assert_mean(late, first[part], name=f"lateness in part {part}", resolution=0.3, **options)
    assert_mean(
        late**2, np.prod(first, axis=0), name="both latenesses, which are independent", resolution=0.7, **options
    )
    on_duty = agents * (1 - absence) * (60 - late * (1 - exp(-60 / late)))
    for part, begins in enumerate((HOUR, 3 * HOUR)):
        minutes = replace(ours, begin=begins, until=begins + HOUR).per_minute("desk")[0] / MINUTE
        assert_mean(on_duty, minutes, name=f"minutes on duty in part {part}", resolution=0.2, **options)


# Agents who differ --------------------------------------------------------------------------------


def _factors(agents: int, cv: float, replications: int = 10) -> list[np.ndarray]:
    """Return each agent's factor in each replication, seen in contacts that take a minute."""
    desk = {"serves": ["calls"], "staff": agents, "speed_cv": cv}
    step = contact("calls", {"law": "fixed", "value": MINUTE})
    ours = steady(
        replications=replications,
        hours=4,
        agents={"desk": desk},
        intents={"call": {**comes(0, step), "demand": [2 * agents, 0, 0, 0], "arrivals": "scheduled"}},
    )
    factors = []
    for day in ours.logs[:replications]:
        times = np.full(agents, np.nan)
        times[day.agent] = (day.ended - day.started) / MINUTE
        assert np.allclose(times[day.agent], (day.ended - day.started) / MINUTE), "an agent always has the same factor"
        factors.append(times)
    return factors


def test_agents_have_lognormal_factors_of_their_own() -> None:
    agents, cv = 3000, 0.4
    first, *others = _factors(agents, cv, 2)
    assert all(np.allclose(first, factors, rtol=1e-9) for factors in others), "the same people in every replication"
    options = {"seed": SEED, "measures": 4}
    variance = log(1 + cv**2)
    assert_mean(1.0, first, name="factor", resolution=0.1, **options)
    assert_mean(cv**2, (first - 1) ** 2, name="variance of factors", resolution=0.4, **options)
    assert_mean(-variance / 2, np.log(first), name="logarithm", resolution=0.6, **options)
    assert_mean(variance, (np.log(first) + variance / 2) ** 2, name="variance of logarithms", resolution=0.2, **options)


def test_a_queue_whose_agents_differ() -> None:
    rate, talk, patience, agents, cv = 1.0, 3.0, 3.0, 4, 0.8
    factors = _factors(agents, cv, 1)[0]
    exact = unequal_agents(
        arrival_rate=rate, service_means=(talk * factors).tolist(), patience_mean=patience, routing="longest_idle"
    )
    ours = _one_queue(rate, contact("calls", talk, patience), {"staff": agents, "speed_cv": cv})
    each = {f"agent {i}": (busy, _of_agent(ours, i)) for i, busy in enumerate(exact.occupancies)}
    alike = erlang_a(arrival_rate=rate, service_mean=talk, servers=agents, patience_mean=patience)
    unlike = {f"agent {i}": alike.occupancy for i in range(agents)}
    agrees({**ours.same("calls", exact.contacts), **each}, resolution=0.4, unlike=[unlike])


# A closed loop ------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", ["exponential", "uniform"])
def test_a_closed_loop(shared: Path, law: str) -> None:
    """Users who think, ask, and begin anew; the law of the thinking does not matter."""
    cases = json.loads((shared / "truth" / "exact_cases.json").read_text())["cases"]
    case = next(case for case in cases if case["id"] == "CL1")
    params, expected = case["params"], case["expected"]
    assert params["unit"] == "seconds"
    think, service, servers = params["think_mean"], params["service_mean"], params["servers"]
    exact = mmsn(users=params["users"], think_mean=think, service_mean=service, servers=servers)
    laws = {"exponential": {"law": law, "mean": think}, "uniform": {"law": law, "low": 0.0, "high": 2 * think}}
    steps = {
        "think": {"channel": "pause", "time": laws[law], "next": "ask"},
        "ask": contact("requests", service / MINUTE, next="resolved"),
    }
    ours = between(
        20.0,
        110.0,
        replications=20,
        run={"hours": "00:00-00:02", "interval": 120, "drain": 0.0, "start_with": {"loop.think": params["users"]}},
        agents={"server": {"serves": ["requests"], "staff": servers}},
        intents={"loop": {"endless": True, "start": "think", "steps": steps}},
    )
    ended = [
        float(np.sum(_asked(ours, day) & (ours.begin <= day.ended) & (day.ended < ours.until))) for day in ours.logs
    ]
    seconds = np.full(len(ended), ours.until - ours.begin)
    responses = ours.sums("requests", lambda rows: rows.stayed)
    truths = {
        "throughput": (expected["throughput_X"], (np.array(ended), seconds)),
        "response": (expected["E_response_R"] / MINUTE, responses),
        "p_wait": (exact.p_wait, _delayed(ours, "requests")),
        "busy": (expected["utilisation"] * servers, ours.per_minute("server")),
    }
    agrees(truths, resolution=0.2)


def _asked(ours: Steady, day: Any) -> Any:
    return ours.plan.step_queue[day.step] >= 0
